"""Windows without drift: how often anything is flagged."""

import numpy as np

from benchmarks.simulations import traffic
from benchmarks.simulations.rule import reference, share, verdict
from benchmarks.simulations.scope import Scope
from docs.generator.markdown import table
from driftloop.calibration.false_alarms import has_significant_change
from driftloop.capture import RecordBatch
from driftloop.detection.verdict import DRIFTED
from driftloop.profile.record_counts import count_batch

REFERENCES = (1000, 100_000)
OF_EACH = 10
"""References of each size: one for all runs would be one throw of the dice."""
LARGEST = 100_000


def quiet(scope: Scope) -> str:
    """The table."""
    rows = []
    for count in REFERENCES:
        baselines = [reference(count, seed) for seed in range(OF_EACH)]
        for size in scope.sizes:
            if size <= LARGEST:
                found = [
                    verdict(baseline, count_batch(baseline.binnings, _batch(run, size)))
                    for run in range(scope.runs)
                    for baseline in [baselines[run % OF_EACH]]
                ]
                flagged = sum(map(has_significant_change, found))
                drifted = sum(one.verdict == DRIFTED for one in found)
                together = sum(bool(one.multivariate) for one in found)
                shares = [share(hits, scope.runs) for hits in (flagged, drifted, together)]
                rows.append([f"{count:,}", f"{size:,}", *shares])
    head = ["reference", "records", "any feature flagged", "verdict drifted", "by correlation"]
    caption = f"{scope.runs} runs each, over {OF_EACH} references of each size; 20 features."
    return f"{caption}\n\n{table(head, rows)}"


def _batch(run: int, size: int) -> RecordBatch:
    return traffic.batch(np.random.default_rng([2, run, size]), size)
