"""Columns of both kinds that no longer belong together, while each is as it was."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulations.detection import share, verdict
from benchmarks.simulations.scope import Scope
from docs.generator.markdown import table
from driftloop.capture import CategoricalColumn, Column, NumericColumn, RecordBatch
from driftloop.profile import Baseline, fit_baseline
from driftloop.profile.bottom_k_sample import SAMPLE_SIZE
from driftloop.profile.record_counts import count_batch
from driftloop.schema import Feature, Kind, ProblemType, Schema

Floats = NDArray[np.float64]
Change = Callable[[Floats, np.random.Generator], None]

COLUMNS = 16
NUMBERS = 8
LEVELS = 6
REFERENCE = 4000
REFERENCES = 10
"""So that no single draw decides."""

SIZES = (300, 1000, SAMPLE_SIZE)
NAMES = tuple(f"x{position}" for position in range(COLUMNS))
SCHEMA = Schema(
    tuple(
        Feature(name, Kind.NUMERIC if position < NUMBERS else Kind.CATEGORICAL)
        for position, name in enumerate(NAMES)
    ),
    "y",
    ProblemType.REGRESSION,
)


def nothing(values: Floats, random: np.random.Generator) -> None:
    """No change."""


def shuffled(column: int) -> Change:
    """One column is shuffled."""

    def change(values: Floats, random: np.random.Generator) -> None:
        values[:, column] = random.permutation(values[:, column])

    return change


def joined_wrongly(part: float) -> Change:
    """In ``part`` of the rows, every second column is of the row before."""

    def change(values: Floats, random: np.random.Generator) -> None:
        rows = random.random(len(values)) < part
        values[rows, ::2] = np.roll(values, 1, axis=0)[rows, ::2]

    return change


CHANGES: tuple[tuple[str, Change], ...] = (
    ("none", nothing),
    ("a category shuffled", shuffled(NUMBERS)),
    ("a number shuffled", shuffled(0)),
    ("half of the columns of another row, in 20%", joined_wrongly(0.2)),
    ("half of the columns of another row, in 50%", joined_wrongly(0.5)),
)


def associations(scope: Scope) -> str:
    """The table."""
    baselines = [
        fit_baseline(_batch(_draw(np.random.default_rng([6, number]), REFERENCE), f"{number}"))
        for number in range(REFERENCES)
    ]
    rows = []
    for position, (name, change) in enumerate(CHANGES):
        drifted = [
            sum(
                _has_drifted(baselines[run % REFERENCES], change, [6, run, size, position])
                for run in range(scope.runs)
            )
            for size in SIZES
        ]
        rows.append([name, *(share(runs, scope.runs) for runs in drifted)])
    head = ["change", *(f"{size:,} records" for size in SIZES)]
    caption = (
        f"Share of windows that drifted by a pair in {scope.runs} runs each, over {REFERENCES}"
        f" references of {REFERENCE:,} records; {NUMBERS} numbers and"
        f" {COLUMNS - NUMBERS} categories of {LEVELS} levels, each correlated by 0.5 with one"
        " hidden factor, so by 0.25 with each other."
    )
    return f"{caption}\n\n{table(head, rows)}"


def _draw(random: np.random.Generator, rows: int) -> Floats:
    """Values float64[rows, columns], standard normal."""
    factor = random.normal(size=(rows, 1))
    own = random.normal(size=(rows, COLUMNS))
    return np.asarray(0.5 * factor + np.sqrt(0.75) * own, dtype=np.float64)


def _batch(values: Floats, event: str) -> RecordBatch:
    levels = tuple(f"level {level}" for level in range(LEVELS))
    edges = np.array([-1.2, -0.5, 0.2, 0.8, 1.6])
    columns: dict[str, Column] = {
        name: NumericColumn(values[:, position])
        if position < NUMBERS
        else CategoricalColumn(np.searchsorted(edges, values[:, position]).astype(np.int32), levels)
        for position, name in enumerate(NAMES)
    }
    count = len(values)
    positions = np.arange(count, dtype=np.int32)
    times = np.full(count, np.nan)
    return RecordBatch(SCHEMA, columns, None, [event] * count, [None] * count, positions, times)


def _has_drifted(baseline: Baseline, change: Change, seed: list[int]) -> bool:
    random = np.random.default_rng(seed)
    values = _draw(random, seed[2])
    change(values, random)
    batch = _batch(values, f"window {seed}")
    found = verdict(baseline, count_batch(baseline.binnings, batch))
    return bool(found.multivariate or found.associations)
