"""Changes of a few values of one numeric column, which its distribution as a whole hides."""

from dataclasses import replace

import numpy as np

from benchmarks.simulations import traffic
from benchmarks.simulations.detection import share, verdict
from benchmarks.simulations.scope import Scope
from docs.generator.markdown import table
from driftloop.capture import NumericColumn, RecordBatch
from driftloop.detection.verdict import ColumnStatus
from driftloop.profile import Baseline, fit_baseline
from driftloop.profile.record_counts import count_batch

REFERENCE = 100_000
MAX_SIZE = 10_000
ZERO_SHARE = 0.9


def replaced(by: float, part: float) -> traffic.Change:
    """One value takes ``part`` of a column."""
    return lambda cells, random: np.where(random.random(len(cells)) < part, by, cells)


def multiplied(by: float, part: float) -> traffic.Change:
    """``part`` of the values is in another unit."""
    return lambda cells, random: np.where(random.random(len(cells)) < part, by * cells, cells)


def stuck(part: float) -> traffic.Change:
    """``part`` of the values is the first one."""
    return lambda cells, random: np.where(random.random(len(cells)) < part, cells[0], cells)


CHANGES: tuple[tuple[str, str, traffic.Change], ...] = (
    ("none", "n8", multiplied(1, 0.0)),
    ("none, 90% are 0", "n9", multiplied(1, 0.0)),
    ("-999 in 5%", "n8", replaced(-999, 0.05)),
    ("-999 in 2%", "n8", replaced(-999, 0.02)),
    ("x 100 in 2%", "n8", multiplied(100, 0.02)),
    ("x 1,000 in 1%", "n8", multiplied(1000, 0.01)),
    ("0 in 5%", "n8", replaced(0.0, 0.05)),
    ("one value in 10%", "n0", stuck(0.1)),
    ("the others x 2, 90% are 0", "n9", multiplied(2, 1.0)),
)
"""Of log-normal n8 (sigma 0.7), normal n0, and log-normal n9 of which 90% are 0 here."""


def single_values(scope: Scope) -> str:
    """The table."""
    sizes = [size for size in scope.sizes if size <= MAX_SIZE]
    baseline = fit_baseline(_batch(np.random.default_rng([5, REFERENCE]), REFERENCE))
    rows = []
    for position, (name, feature, change) in enumerate(CHANGES):
        found = [
            [
                _is_found(baseline, feature, change, [5, run, size, position])
                for run in range(scope.runs)
            ]
            for size in sizes
        ]
        rows.append([name, *(share(sum(hits), scope.runs) for hits in found)])
    head = ["change", *(f"{size:,} records" for size in sizes)]
    caption = (
        f"Share of windows in which the feature drifted, in {scope.runs} runs each, compared with a"
        f" reference of {REFERENCE:,} records; 20 features."
    )
    return f"{caption}\n\n{table(head, rows)}"


def _batch(random: np.random.Generator, rows: int) -> RecordBatch:
    batch = traffic.batch(random, rows)
    amounts = np.where(random.random(rows) < ZERO_SHARE, 0.0, traffic.to_cells(batch.columns["n9"]))
    return replace(batch, columns={**batch.columns, "n9": NumericColumn(amounts)})


def _is_found(baseline: Baseline, feature: str, change: traffic.Change, seed: list[int]) -> bool:
    random = np.random.default_rng(seed)
    batch = _batch(random, seed[2])
    cells = change(traffic.to_cells(batch.columns[feature]), random)
    batch = replace(batch, columns={**batch.columns, feature: NumericColumn(cells)})
    found = verdict(baseline, count_batch(baseline.binnings, batch))
    return found.features[feature].status == ColumnStatus.DRIFTED
