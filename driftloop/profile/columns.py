"""Numeric and categorical columns behind one face, and their stored forms."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, NumericColumn
from driftloop.errors import FormatError, InputError
from driftloop.profile.categorical import (
    CategoricalCounts,
    CategoricalGrid,
    count_categorical,
    empty_categorical,
    fit_categorical,
)
from driftloop.profile.numeric import (
    NumericCounts,
    NumericGrid,
    count_numeric,
    empty_numeric,
)
from driftloop.profile.numeric_fit import fit_numeric
from driftloop.profile.packing import pack, pack_counts, unpack, unpack_counts
from driftloop.schema import Feature, Kind

Grid = NumericGrid | CategoricalGrid
ColumnCounts = NumericCounts | CategoricalCounts


class StoredNumericGrid(msgspec.Struct, tag="numeric", array_like=True):
    """:class:`NumericGrid` as it is stored."""

    knots: bytes
    edges: bytes
    distinct: int
    integral: bool
    unit: float
    merged: bytes
    centre: float
    scale: float
    core: tuple[float, float] | None


class StoredCategoricalGrid(msgspec.Struct, tag="categorical", array_like=True):
    """:class:`CategoricalGrid` as it is stored."""

    levels: tuple[str, ...]
    groups: int


class StoredNumericCounts(msgspec.Struct, tag="numeric", array_like=True):
    """:class:`NumericCounts` as they are stored; the sums may be longer than 64 bits."""

    rows: int
    missing: int
    wrong: int
    infinite: int
    at: bytes
    between: bytes
    total: str
    squares: str
    minimum: float
    maximum: float


class StoredCategoricalCounts(msgspec.Struct, tag="categorical", array_like=True):
    """:class:`CategoricalCounts` as they are stored."""

    rows: int
    missing: int
    known: bytes
    new: dict[str, int]
    other: int


StoredGrid = StoredNumericGrid | StoredCategoricalGrid
StoredCounts = StoredNumericCounts | StoredCategoricalCounts


def fit_column(feature: Feature, columns: Sequence[Column], *, knots: int) -> Grid:
    """Freeze a grid on the parts of a reference column."""
    if feature.kind is Kind.NUMERIC:
        parts = [column.values for column in columns if isinstance(column, NumericColumn)]
        return fit_numeric(np.concatenate(parts) if parts else np.empty(0), knots=knots)
    return fit_categorical([c for c in columns if isinstance(c, CategoricalColumn)])


def count_column(name: str, grid: Grid, column: Column) -> ColumnCounts:
    """Count a column on a grid of its kind; raises InputError where the kinds differ."""
    if isinstance(grid, NumericGrid) and isinstance(column, NumericColumn):
        return count_numeric(grid, column)
    if isinstance(grid, CategoricalGrid) and isinstance(column, CategoricalColumn):
        return count_categorical(grid, column)
    raise InputError(f"{name}: the baseline and the records disagree on whether it is a number")


def empty_column(grid: Grid) -> ColumnCounts:
    """The neutral element of adding."""
    return empty_numeric(grid) if isinstance(grid, NumericGrid) else empty_categorical(grid)


def absent_column(grid: Grid, rows: int) -> ColumnCounts:
    """A column of which nothing was captured: all missing."""
    if isinstance(grid, NumericGrid):
        return count_numeric(grid, NumericColumn(np.full(rows, np.nan)))
    return count_categorical(grid, CategoricalColumn(np.full(rows, -1, dtype=np.int32), ()))


def add_columns(left: ColumnCounts, right: ColumnCounts) -> ColumnCounts:
    """The counts of both; raises InputError where the kinds differ."""
    if isinstance(left, NumericCounts) and isinstance(right, NumericCounts):
        return left + right
    if isinstance(left, CategoricalCounts) and isinstance(right, CategoricalCounts):
        return left + right
    raise InputError("counts of a numeric and of a categorical column don't add up")


def sampled(grid: Grid, column: Column, places: NDArray[np.intp]) -> NDArray[np.float32]:
    """Values float32[k] of some records: a number, or a level's place in the grid."""
    if isinstance(column, NumericColumn):
        top = float(np.finfo(np.float32).max)
        return np.clip(column.values[places], -top, top).astype(np.float32)
    index = grid.index if isinstance(grid, CategoricalGrid) else {}
    known = [index.get(level, len(index)) for level in column.levels]
    lookup = np.array([*known, np.nan], dtype=np.float32)  # the code -1, missing, reads the last
    return np.asarray(lookup[column.codes[places]], dtype=np.float32)


def store_grid(grid: Grid) -> StoredGrid:
    """The form that is written."""
    if isinstance(grid, CategoricalGrid):
        return StoredCategoricalGrid(grid.levels, grid.groups)
    return StoredNumericGrid(
        knots=pack(grid.knots, "<f8"),
        edges=pack_counts(grid.edges),
        distinct=grid.distinct,
        integral=grid.integral,
        unit=grid.unit,
        merged=pack(np.packbits(grid.merged), "u1"),
        centre=grid.centre,
        scale=grid.scale,
        core=grid.core,
    )


def load_grid(stored: StoredGrid) -> Grid:
    """The inverse of :func:`store_grid`."""
    if isinstance(stored, StoredCategoricalGrid):
        return CategoricalGrid.of(stored.levels, groups=stored.groups)
    knots = unpack(stored.knots, "<f8")
    return NumericGrid.of(
        knots=knots,
        edges=unpack_counts(stored.edges),
        distinct=stored.distinct,
        integral=stored.integral,
        unit=stored.unit,
        merged=np.unpackbits(unpack(stored.merged, "u1"), count=len(knots)).astype(np.bool_),
        centre=stored.centre,
        scale=stored.scale,
        core=stored.core,
    )


def store_counts(counts: ColumnCounts) -> StoredCounts:
    """The form that is written."""
    if isinstance(counts, CategoricalCounts):
        return StoredCategoricalCounts(
            counts.rows, counts.missing, pack_counts(counts.known), dict(counts.new), counts.other
        )
    return StoredNumericCounts(
        rows=counts.rows,
        missing=counts.missing,
        wrong=counts.wrong,
        infinite=counts.infinite,
        at=pack_counts(counts.at),
        between=pack_counts(counts.between),
        total=str(counts.total),
        squares=str(counts.squares),
        minimum=counts.minimum,
        maximum=counts.maximum,
    )


def load_counts(stored: StoredCounts) -> ColumnCounts:
    """The inverse of :func:`store_counts`; raises FormatError on damaged counts."""
    if isinstance(stored, StoredCategoricalCounts):
        return CategoricalCounts(
            stored.rows, stored.missing, unpack_counts(stored.known), stored.new, stored.other
        )
    try:
        total, squares = int(stored.total), int(stored.squares)
    except ValueError as error:
        raise FormatError("a stored sum is no integer; the file is damaged") from error
    return NumericCounts(
        rows=stored.rows,
        missing=stored.missing,
        wrong=stored.wrong,
        infinite=stored.infinite,
        at=unpack_counts(stored.at),
        between=unpack_counts(stored.between),
        total=total,
        squares=squares,
        minimum=stored.minimum,
        maximum=stored.maximum,
    )
