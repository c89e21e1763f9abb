"""Records of known distributions: fifteen numeric and five categorical features, independent."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, NumericColumn, RecordBatch
from driftloop.schema import Feature, Kind, ProblemType, Schema

Cells = NDArray[Any]
Columns = dict[str, Cells]
Change = Callable[[Cells, np.random.Generator], Cells]

NUMERIC = tuple(f"n{position}" for position in range(15))
CATEGORIES = (*(f"category {position}" for position in range(10)), "new")
CATEGORICAL = tuple(f"c{position}" for position in range(5))
ZIPF = 1 / np.arange(1, 11) / np.sum(1 / np.arange(1, 11))
SCHEMA = Schema(
    (
        *(Feature(name, Kind.NUMERIC) for name in NUMERIC),
        *(Feature(name, Kind.CATEGORICAL) for name in CATEGORICAL),
    ),
    "y",
    ProblemType.BINARY_CLASSIFICATION,
)


def mean_shift(by: float) -> Change:
    """A standard normal column shifted by ``by``."""
    return lambda cells, _: cells + by


def factor(by: float) -> Change:
    """A log-normal column (sigma 0.7) multiplied by ``by``."""
    return lambda cells, _: cells * by


def new_category(share: float) -> Change:
    """An unseen category takes ``share`` of a column."""
    return lambda cells, random: np.where(
        random.random(len(cells)) < share, np.int32(10), cells
    ).astype(np.int32)


def flattened(exponent: float) -> Change:
    """Ten categories with Zipf shares, these raised to ``exponent``."""
    shares = ZIPF**exponent / np.sum(ZIPF**exponent)
    return lambda cells, random: random.choice(10, len(cells), p=shares).astype(np.int32)


def batch(random: np.random.Generator, rows: int) -> RecordBatch:
    """``rows`` records without drift."""
    made = {name: as_column(name, cells) for name, cells in draw(random, rows).items()}
    # one request of many records: each has an id of its own, and so a hash
    event_id, positions = f"{random.integers(0, 1 << 62):x}", np.arange(rows, dtype=np.int32)
    times = np.full(rows, np.nan)
    return RecordBatch(SCHEMA, made, None, [event_id] * rows, [None] * rows, positions, times)


def draw(random: np.random.Generator, rows: int) -> Columns:
    """Values float64[rows] of numeric, codes int32[rows] of categorical columns."""
    columns: Columns = {}
    for position, name in enumerate(NUMERIC):
        if position < 8:
            columns[name] = random.normal(size=rows)
        elif position < 12:
            columns[name] = random.lognormal(0, 0.7, rows)
        else:
            columns[name] = random.poisson(position - 10, rows).astype(np.float64)
    for name in CATEGORICAL:
        columns[name] = random.choice(10, rows, p=ZIPF).astype(np.int32)
    return columns


def as_column(name: str, cells: Cells) -> Column:
    """Cells of a feature as a column of a record batch."""
    return CategoricalColumn(cells, CATEGORIES) if name in CATEGORICAL else NumericColumn(cells)


def to_cells(column: Column) -> Cells:
    """The inverse of :func:`as_column`."""
    return column.codes if isinstance(column, CategoricalColumn) else column.values
