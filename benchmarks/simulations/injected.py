"""Injected drift: how often the changed feature is detected, and an unchanged one."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from benchmarks.simulations import traffic
from benchmarks.simulations.detection import reference, share, verdict, with_column
from benchmarks.simulations.scope import Scope
from docs.generator.markdown import table
from driftloop.detection import Verdict
from driftloop.detection.verdict import ColumnStatus
from driftloop.profile import Baseline
from driftloop.profile.record_counts import count_batch

CHANGES = (
    ("mean + 0.3 sigma", "n0", traffic.mean_shift(0.3)),
    ("log-normal x 1.3", "n9", traffic.factor(1.3)),
    ("new category of 1%", "c1", traffic.new_category(0.01)),
    ("flattened Zipf mix", "c2", traffic.flattened(0.8)),
    ("mean + 0.05 sigma", "n0", traffic.mean_shift(0.05)),
    ("mean + 0.1 sigma (KS 0.04)", "n0", traffic.mean_shift(0.1)),
)
SMALL = (1000, 10_000)
"""Windows that are also compared with a reference of 1,000 records."""


def injected(scope: Scope) -> str:
    """The table, first against 100,000 records, then against 1,000."""
    large, small = reference(100_000), reference(1000)
    found = {size: _runs(large, size, scope.runs_of(size)) for size in scope.sizes}
    rows = list(_rows("100,000", found, scope))
    found = {size: _runs(small, size, scope.runs_of(size)) for size in scope.sizes if size in SMALL}
    rows += _rows("1,000", found, scope)
    head = [
        "change",
        "reference",
        "records",
        "drifted",
        "drifted or minor change",
        "another feature",
    ]
    caption = (
        f"{scope.runs} runs each ({scope.runs // 10} of 1,000,000 records); 20 features, of which"
        " one is changed."
    )
    return f"{caption}\n\n{table(head, rows)}"


def _rows(
    reference_records: str, found: dict[int, list[Counter[str]]], scope: Scope
) -> Iterator[list[str]]:
    for position, (name, _, _) in enumerate(CHANGES):
        for size, counts in found.items():
            one = counts[position]
            either = one[ColumnStatus.DRIFTED] + one[ColumnStatus.MINOR_CHANGE]
            shares = [
                share(hits, scope.runs_of(size))
                for hits in (one[ColumnStatus.DRIFTED], either, one["another"])
            ]
            yield [name, reference_records, f"{size:,}", *shares]


def _runs(baseline: Baseline, size: int, runs: int) -> list[Counter[str]]:
    """For each change: runs by status of its feature, and runs with another significant one."""
    counts: list[Counter[str]] = [Counter() for _ in CHANGES]
    for run in range(runs):
        batch = traffic.batch(np.random.default_rng([1, run, size]), size)
        unchanged = count_batch(baseline.binnings, batch)
        for position, (_, feature, change) in enumerate(CHANGES):
            random = np.random.default_rng([1, run, size, position])
            cells = change(traffic.to_cells(batch.columns[feature]), random)
            one = verdict(baseline, with_column(baseline, unchanged, feature, cells))
            counts[position][one.features[feature].status] += 1
            counts[position]["another"] += _has_significant_change_beside(one, feature)
    return counts


def _has_significant_change_beside(one: Verdict, feature: str) -> bool:
    statuses = (column.status for name, column in one.features.items() if name != feature)
    return any(status.is_significant for status in statuses)
