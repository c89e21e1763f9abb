"""Numeric and categorical columns behind one interface, and their stored forms."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, NumericColumn
from driftloop.errors import FormatError, InputError
from driftloop.profile.categorical import (
    CategoricalBinning,
    CategoricalCounts,
    count_categorical,
    fit_categorical,
    zero_categorical,
)
from driftloop.profile.numeric.counts import (
    NumericBinning,
    NumericCounts,
    count_numeric,
    zero_numeric,
)
from driftloop.profile.numeric.fit import fit_numeric
from driftloop.profile.serialization import pack, pack_counts, unpack, unpack_counts
from driftloop.schema import Feature, Kind

Binning = NumericBinning | CategoricalBinning
ColumnCounts = NumericCounts | CategoricalCounts


class StoredNumericBinning(msgspec.Struct, tag="numeric", array_like=True):
    """:class:`NumericBinning` as it is stored."""

    split_points: bytes
    bin_edges: bytes
    distinct_count: int
    is_integer: bool
    resolution: float
    is_merged: bytes
    center: float
    scale: float
    trimmed_range: tuple[float, float] | None


class StoredCategoricalBinning(msgspec.Struct, tag="categorical", array_like=True):
    """:class:`CategoricalBinning` as it is stored."""

    categories: tuple[str, ...]
    group_count: int


class StoredNumericCounts(msgspec.Struct, tag="numeric", array_like=True):
    """:class:`NumericCounts` as they are stored; the sums may be longer than 64 bits."""

    rows: int
    missing: int
    invalid: int
    infinite: int
    counts_at: bytes
    counts_between: bytes
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


StoredBinning = StoredNumericBinning | StoredCategoricalBinning
StoredCounts = StoredNumericCounts | StoredCategoricalCounts


def fit_column(feature: Feature, columns: Sequence[Column], *, max_split_points: int) -> Binning:
    """Fit a binning on the parts of a reference column."""
    if feature.kind is Kind.NUMERIC:
        parts = [column.values for column in columns if isinstance(column, NumericColumn)]
        return fit_numeric(
            np.concatenate(parts) if parts else np.empty(0), max_split_points=max_split_points
        )
    return fit_categorical([c for c in columns if isinstance(c, CategoricalColumn)])


def count_column(name: str, binning: Binning, column: Column) -> ColumnCounts:
    """Count a column on a binning; raises InputError if their kinds differ."""
    if isinstance(binning, NumericBinning) and isinstance(column, NumericColumn):
        return count_numeric(binning, column)
    if isinstance(binning, CategoricalBinning) and isinstance(column, CategoricalColumn):
        return count_categorical(binning, column)
    raise InputError(f"{name}: it is numeric in the baseline or in the records, but not in both")


def zero_column(binning: Binning) -> ColumnCounts:
    """Counts of no records."""
    return (
        zero_numeric(binning) if isinstance(binning, NumericBinning) else zero_categorical(binning)
    )


def all_missing_column(binning: Binning, rows: int) -> ColumnCounts:
    """Counts of a column without any values."""
    if isinstance(binning, NumericBinning):
        return count_numeric(binning, NumericColumn(np.full(rows, np.nan)))
    return count_categorical(binning, CategoricalColumn(np.full(rows, -1, dtype=np.int32), ()))


def add_columns(left: ColumnCounts, right: ColumnCounts) -> ColumnCounts:
    """The counts of both; raises InputError if their kinds differ."""
    if isinstance(left, NumericCounts) and isinstance(right, NumericCounts):
        return left + right
    if isinstance(left, CategoricalCounts) and isinstance(right, CategoricalCounts):
        return left + right
    raise InputError("counts of a numeric and of a categorical column don't add up")


def sample_values(
    binning: Binning, column: Column, positions: NDArray[np.intp]
) -> NDArray[np.float32]:
    """float32[k]: the values at some positions; a category is its position in the binning."""
    if isinstance(column, NumericColumn):
        limit = float(np.finfo(np.float32).max)
        return np.clip(column.values[positions], -limit, limit).astype(np.float32)
    index = binning.index if isinstance(binning, CategoricalBinning) else {}
    codes = [index.get(category, len(index)) for category in column.categories]
    code_table = np.array(
        [*codes, np.nan], dtype=np.float32
    )  # code -1 (missing) reads the last entry
    return np.asarray(code_table[column.codes[positions]], dtype=np.float32)


def to_stored_binning(binning: Binning) -> StoredBinning:
    """The stored form of a binning."""
    if isinstance(binning, CategoricalBinning):
        return StoredCategoricalBinning(binning.categories, binning.group_count)
    return StoredNumericBinning(
        split_points=pack(binning.split_points, "<f8"),
        bin_edges=pack_counts(binning.bin_edges),
        distinct_count=binning.distinct_count,
        is_integer=binning.is_integer,
        resolution=binning.resolution,
        is_merged=pack(np.packbits(binning.is_merged), "u1"),
        center=binning.center,
        scale=binning.scale,
        trimmed_range=binning.trimmed_range,
    )


def from_stored_binning(stored: StoredBinning) -> Binning:
    """The inverse of :func:`to_stored_binning`."""
    if isinstance(stored, StoredCategoricalBinning):
        return CategoricalBinning.from_categories(stored.categories, group_count=stored.group_count)
    split_points = unpack(stored.split_points, "<f8")
    return NumericBinning.from_split_points(
        split_points=split_points,
        bin_edges=unpack_counts(stored.bin_edges),
        distinct_count=stored.distinct_count,
        is_integer=stored.is_integer,
        resolution=stored.resolution,
        is_merged=np.unpackbits(unpack(stored.is_merged, "u1"), count=len(split_points)).astype(
            np.bool_
        ),
        center=stored.center,
        scale=stored.scale,
        trimmed_range=stored.trimmed_range,
    )


def to_stored_counts(counts: ColumnCounts) -> StoredCounts:
    """The stored form of counts."""
    if isinstance(counts, CategoricalCounts):
        return StoredCategoricalCounts(
            counts.rows, counts.missing, pack_counts(counts.known), dict(counts.new), counts.other
        )
    return StoredNumericCounts(
        rows=counts.rows,
        missing=counts.missing,
        invalid=counts.invalid,
        infinite=counts.infinite,
        counts_at=pack_counts(counts.counts_at),
        counts_between=pack_counts(counts.counts_between),
        total=str(counts.total),
        squares=str(counts.squares),
        minimum=counts.minimum,
        maximum=counts.maximum,
    )


def from_stored_counts(stored: StoredCounts) -> ColumnCounts:
    """The inverse of :func:`to_stored_counts`; raises FormatError if they are damaged."""
    if isinstance(stored, StoredCategoricalCounts):
        return CategoricalCounts(
            stored.rows, stored.missing, unpack_counts(stored.known), stored.new, stored.other
        )
    try:
        total, squares = int(stored.total), int(stored.squares)
    except ValueError as error:
        raise FormatError("a stored sum is not an integer; the file is damaged") from error
    return NumericCounts(
        rows=stored.rows,
        missing=stored.missing,
        invalid=stored.invalid,
        infinite=stored.infinite,
        counts_at=unpack_counts(stored.counts_at),
        counts_between=unpack_counts(stored.counts_between),
        total=total,
        squares=squares,
        minimum=stored.minimum,
        maximum=stored.maximum,
    )
