"""Windows without drift: how often any change is significant."""

import numpy as np

from benchmarks.simulations import traffic
from benchmarks.simulations.detection import reference, share, verdict
from benchmarks.simulations.scope import Scope
from docs.generator.markdown import table
from driftloop.calibration.false_alarms import has_significant_change
from driftloop.capture import RecordBatch
from driftloop.detection.verdict import WindowVerdict
from driftloop.profile.record_counts import count_batch

REFERENCES = (1000, 100_000)
REFERENCES_OF_EACH_SIZE = 10
"""So that no single draw decides."""

MAX_SIZE = 100_000
"""Records of the largest window."""


def no_drift(scope: Scope) -> str:
    """The table."""
    rows = []
    for count in REFERENCES:
        baselines = [reference(count, seed) for seed in range(REFERENCES_OF_EACH_SIZE)]
        for size in scope.sizes:
            if size <= MAX_SIZE:
                found = [
                    verdict(baseline, count_batch(baseline.binnings, _batch(run, size)))
                    for run in range(scope.runs)
                    for baseline in [baselines[run % REFERENCES_OF_EACH_SIZE]]
                ]
                significant = sum(map(has_significant_change, found))
                drifted = sum(one.verdict == WindowVerdict.DRIFTED for one in found)
                by_pair = sum(bool(one.multivariate or one.associations) for one in found)
                shares = [share(hits, scope.runs) for hits in (significant, drifted, by_pair)]
                rows.append([f"{count:,}", f"{size:,}", *shares])
    head = ["reference", "records", "any significant change", "verdict drifted", "by a pair"]
    caption = (
        f"{scope.runs} runs each, over {REFERENCES_OF_EACH_SIZE} references of each size;"
        " 20 features."
    )
    return f"{caption}\n\n{table(head, rows)}"


def _batch(run: int, size: int) -> RecordBatch:
    return traffic.batch(np.random.default_rng([2, run, size]), size)
