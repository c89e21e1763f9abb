"""Records of known distributions: fifteen numeric and five categorical features, independent."""

from collections.abc import Callable

import numpy as np

from driftloop.capture import Batch, CategoricalColumn, NumericColumn
from driftloop.schema import Feature, Kind, Problem, Schema

Columns = dict[str, np.ndarray]
Change = Callable[[Columns, np.random.Generator], None]

NUMERIC = tuple(f"n{place}" for place in range(15))
LEVELS = (*(f"level {place}" for place in range(10)), "new")
CATEGORICAL = tuple(f"c{place}" for place in range(5))
ZIPF = 1 / np.arange(1, 11) / np.sum(1 / np.arange(1, 11))
SCHEMA = Schema(
    (
        *(Feature(name, Kind.NUMERIC) for name in NUMERIC),
        *(Feature(name, Kind.CATEGORICAL) for name in CATEGORICAL),
    ),
    "y",
    Problem.BINARY_CLASSIFICATION,
)


def nothing(columns: Columns, random: np.random.Generator) -> None:
    """No drift."""


def mean_shift(by: float) -> Change:
    """A standard normal column moved by ``by``."""

    def change(columns: Columns, _: np.random.Generator) -> None:
        columns["n0"] += by

    return change


def factor(by: float) -> Change:
    """A log-normal column (sigma 0.7) multiplied by ``by``."""

    def change(columns: Columns, _: np.random.Generator) -> None:
        columns["n9"] *= by

    return change


def new_level(share: float) -> Change:
    """A level never seen takes ``share`` of a column."""

    def change(columns: Columns, random: np.random.Generator) -> None:
        columns["c1"][random.random(len(columns["c1"])) < share] = 10

    return change


def flattened(exponent: float) -> Change:
    """A mix of ten Zipf levels, its shares raised to ``exponent``."""
    shares = ZIPF**exponent / np.sum(ZIPF**exponent)

    def change(columns: Columns, random: np.random.Generator) -> None:
        columns["c2"][:] = random.choice(10, len(columns["c2"]), p=shares)

    return change


def batch(random: np.random.Generator, rows: int, change: Change = nothing) -> Batch:
    """``rows`` records, changed as asked."""
    columns: Columns = {}
    for place, name in enumerate(NUMERIC):
        if place < 8:
            columns[name] = random.normal(size=rows)
        elif place < 12:
            columns[name] = random.lognormal(0, 0.7, rows)
        else:
            columns[name] = random.poisson(place - 10, rows).astype(np.float64)
    for name in CATEGORICAL:
        columns[name] = random.choice(10, rows, p=ZIPF).astype(np.int32)
    change(columns, random)
    made = {
        name: CategoricalColumn(cells, LEVELS) if name in CATEGORICAL else NumericColumn(cells)
        for name, cells in columns.items()
    }
    # an id for each record: the sample of equal ids would be chosen by value
    events = [f"{number:x}" for number in random.integers(0, 1 << 62, rows).tolist()]
    times = np.full(rows, np.nan)
    return Batch(SCHEMA, made, None, events, [None] * rows, np.zeros(rows, np.int32), times)
