"""The correlation test: how often it detects drift without and with a change."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulations.detection import share
from benchmarks.simulations.scope import Scope
from docs.generator.markdown import table
from driftloop.comparison import Comparison, CorrelationDrift
from driftloop.comparison.correlation import Quintiles, quintile_table
from driftloop.detection import DriftPolicy, detect_drift
from driftloop.metrics.correlation_change import correlation_change
from driftloop.profile.bottom_k_sample import SAMPLE_SIZE
from driftloop.quality import QualityResult

Rows = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Rows]
SIZES = (300, 1000, SAMPLE_SIZE)


def normal(columns: int, correlation: float = 0.0) -> Draw:
    """Normal columns, independent except for the first two."""

    def draw(random: np.random.Generator, rows: int) -> Rows:
        values = random.normal(size=(rows, columns))
        own = np.sqrt(1 - correlation**2) * values[:, 1]
        values[:, 1] = correlation * values[:, 0] + own
        return values

    return draw


def zero_one(columns: int, rate: float) -> Draw:
    """Independent columns of zeros and ones."""
    return lambda random, rows: (random.random((rows, columns)) < rate).astype(np.float64)


def zero_inflated(columns: int, rate: float) -> Draw:
    """Independent amounts, nearly all of them zero."""

    def draw(random: np.random.Generator, rows: int) -> Rows:
        amounts = random.lognormal(size=(rows, columns))
        return np.where(random.random((rows, columns)) < rate, amounts, 0.0)

    return draw


def heavy(columns: int) -> Draw:
    """Student's t with two degrees of freedom, one divisor for all columns of a record."""

    def draw(random: np.random.Generator, rows: int) -> Rows:
        return random.normal(size=(rows, columns)) / np.sqrt(random.chisquare(2, (rows, 1)) / 2)

    return draw


CASES: tuple[tuple[str, Draw, Draw], ...] = (
    ("none: 20 normal", normal(20), normal(20)),
    ("none: 20 heavy-tailed together", heavy(20), heavy(20)),
    ("none: 50 of ones in 0.5%", zero_one(50, 0.005), zero_one(50, 0.005)),
    ("none: 100 of ones in 12%", zero_one(100, 0.12), zero_one(100, 0.12)),
    ("none: 50 amounts in 1%", zero_inflated(50, 0.01), zero_inflated(50, 0.01)),
    ("+0.5 to -0.5 in one of 190 pairs", normal(20, 0.5), normal(20, -0.5)),
    ("+0.1 to +0.5 in one of 190 pairs", normal(20, 0.1), normal(20, 0.5)),
    ("+0.5 to +0.4 in one of 190 pairs", normal(20, 0.5), normal(20, 0.4)),
)


def correlations(scope: Scope) -> str:
    """The table."""
    rows = []
    for name, reference, current in CASES:
        drifted = [
            sum(_has_drifted(reference, current, run, size) for run in range(scope.runs))
            for size in SIZES
        ]
        rows.append([name, *(share(runs, scope.runs) for runs in drifted)])
    head = ["change", *(f"{size:,} records" for size in SIZES)]
    caption = (
        f"Share of windows that drifted by a correlation in {scope.runs} runs each, compared with"
        f" {SAMPLE_SIZE:,} sampled records of a reference."
    )
    return f"{caption}\n\n{table(head, rows)}"


def _has_drifted(reference: Draw, current: Draw, run: int, rows: int) -> bool:
    random = np.random.default_rng([4, run, rows])
    samples = reference(random, SAMPLE_SIZE), current(random, rows)
    found = correlation_change(*samples)
    if found is None:
        return False
    tables = Quintiles(
        reference=quintile_table(*samples[0][:, :2].T), current=quintile_table(*samples[1][:, :2].T)
    )
    change = CorrelationDrift(("a", "b"), found.reference, found.current, found.p_value, tables)
    comparison = Comparison(rows, SAMPLE_SIZE, {}, None, change)
    quality = QualityResult((), None, 0, {})
    return bool(detect_drift(comparison, quality, DriftPolicy()).multivariate)
