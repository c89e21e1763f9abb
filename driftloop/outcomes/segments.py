"""Segments: the levels of a column, by which labeled rows are counted too.

A column of the baseline has its bins as levels: deciles or single values of numbers, frequent
categories and the rest. A declared group has the values that it has. Counts merge by the names of
the levels.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, NumericColumn
from driftloop.errors import FormatError, InputError
from driftloop.outcomes.exact_sums import pack_integer, unpack_integer
from driftloop.outcomes.split_points import Counts
from driftloop.profile import Baseline
from driftloop.profile.categorical import CategoricalBinning
from driftloop.profile.column_pair import value_labels
from driftloop.profile.columns import Binning
from driftloop.profile.numeric.counts import NumericBinning
from driftloop.profile.serialization import pack_counts, unpack_counts

MAX_SEGMENT_COLUMNS = 20
"""Columns of a baseline of which segments are counted."""

MAX_CATEGORIES = 20
"""Categories of a column that are a level of their own."""

OTHERS, MISSING = "(others)", "(missing)"
"""Levels of the other categories, and of missing and invalid values."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentCodes:
    """The level of each row in one column.

    Attributes:
        codes: Integers[n], positions in ``labels``.
        labels: Names of the levels, each once.
    """

    codes: NDArray[np.integer[Any]]
    labels: tuple[str, ...]

    def take(self, rows: slice | NDArray[np.intp]) -> "SegmentCodes":
        """The levels of some rows."""
        return SegmentCodes(self.codes[rows], self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class SegmentColumn:
    """A column of a baseline, and its levels.

    Attributes:
        name: The column.
        labels: Names of the levels; the last one is of missing values.
        binning: The baseline's binning.
    """

    name: str
    labels: tuple[str, ...]
    binning: Binning

    def codes(self, column: Column) -> NDArray[np.uint8]:
        """uint8[n], the position in ``labels`` of each value."""
        last = len(self.labels) - 1
        if isinstance(self.binning, NumericBinning) and isinstance(column, NumericColumn):
            ends = self.binning.high[self.binning.bin_edges]
            levels = np.searchsorted(ends, column.values, side="right")
            codes = np.where(np.isnan(column.values), last, levels)
        elif isinstance(self.binning, CategoricalBinning) and isinstance(column, CategoricalColumn):
            own = {label: position for position, label in enumerate(self.labels[:-2])}
            table = [own.get(category, last - 1) for category in column.categories]
            codes = np.array([*table, last])[column.codes]
        else:
            raise InputError(
                f"{self.name}: it is numeric in the baseline or in the records, but not in both"
            )
        return codes.astype(np.uint8)

    def segments(self, column: Column) -> SegmentCodes:
        """The levels of the values of a column."""
        return SegmentCodes(self.codes(column), self.labels)


def segment_columns(baseline: Baseline) -> tuple[SegmentColumn, ...]:
    """The first ``MAX_SEGMENT_COLUMNS`` columns of a baseline that can be compared."""
    names = [name for name in baseline.binnings.features if name not in baseline.excluded_features]
    return tuple(
        segment_column(name, baseline.binnings.features[name])
        for name in names[:MAX_SEGMENT_COLUMNS]
    )


def segment_column(name: str, binning: Binning) -> SegmentColumn:
    """The levels of one column of a baseline."""
    if isinstance(binning, CategoricalBinning):
        own = [name for name in binning.categories if name not in (OTHERS, MISSING)]
        labels = [*own[:MAX_CATEGORIES], OTHERS]
    else:
        ends = value_labels(binning.split_points[binning.bin_edges])
        between = [f"({a}, {b}]" for a, b in itertools.pairwise(ends)]
        labels = [f"<= {ends[0]}", *between, f"> {ends[-1]}"] if ends else ["(any)"]
        if len(set(labels)) < len(labels):  # the values of a narrow column may look the same
            labels = [f"{number}: {label}" for number, label in enumerate(labels, start=1)]
    return SegmentColumn(name, (*labels, MISSING), binning)


class StoredSegments(msgspec.Struct, array_like=True):
    """:class:`SegmentCounts` as they are stored."""

    levels: tuple[str, ...]
    cells: int
    counts: bytes
    sums: bytes | list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True, eq=False)
class SegmentCounts:
    """Mergeable counts by the levels of one column: those that have rows, sorted by name.

    Attributes:
        levels: Names of L levels.
        counts: int64[L, rows, cells], counts of the records of each level.
        sums: int64[L, …] or Python integers object[L, …], sums over the records of each level.
    """

    levels: tuple[str, ...]
    counts: Counts
    sums: NDArray[Any]

    def __add__(self, other: "SegmentCounts") -> "SegmentCounts":
        if self.levels == other.levels:
            return SegmentCounts(self.levels, self.counts + other.counts, self.sums + other.sums)
        levels = tuple(sorted({*self.levels, *other.levels}))
        return SegmentCounts(
            levels,
            _spread(self, self.counts, levels) + _spread(other, other.counts, levels),
            _spread(self, self.sums, levels) + _spread(other, other.sums, levels),
        )

    def to_stored(self) -> StoredSegments:
        """The stored form."""
        flat = self.sums.ravel()
        return StoredSegments(
            self.levels,
            self.counts.shape[2],
            pack_counts(self.counts.ravel()),
            [pack_integer(int(one)) for one in flat] if flat.dtype == object else pack_counts(flat),
        )

    @classmethod
    def from_stored(
        cls, stored: StoredSegments, rows: int, sums: tuple[int, ...]
    ) -> "SegmentCounts":
        """The inverse of :meth:`to_stored`; raises FormatError if they are damaged.

        Args:
            stored: The stored form.
            rows: Rows of the counts of one level.
            sums: Shape of the sums of one level.
        """
        if isinstance(stored.sums, bytes):
            found: NDArray[Any] = unpack_counts(stored.sums)
        else:
            found = np.empty(len(stored.sums), dtype=object)
            found[:] = [unpack_integer(zeros, data) for zeros, data in stored.sums]
        size = len(stored.levels)
        return cls(
            stored.levels,
            unpack_counts(stored.counts).reshape(size, rows, stored.cells),
            found.reshape(size, *sums),
        )


def _spread(counted: SegmentCounts, values: NDArray[Any], levels: Sequence[str]) -> NDArray[Any]:
    """The values of each of more levels; 0 where there are none."""
    positions = {level: position for position, level in enumerate(levels)}
    spread = np.zeros((len(levels), *values.shape[1:]), dtype=values.dtype)
    spread[[positions[level] for level in counted.levels]] = values
    return spread


def make_segment_counts(labels: Sequence[str], counts: Counts, sums: NDArray[Any]) -> SegmentCounts:
    """Counts of the levels that have rows, by their names in order."""
    rows = counts.reshape(len(labels), -1).sum(axis=1)
    order = [p for p in sorted(range(len(labels)), key=labels.__getitem__) if rows[p]]
    return SegmentCounts(tuple(labels[p] for p in order), counts[order], sums[order])


def add_segments(
    one: Mapping[str, SegmentCounts], other: Mapping[str, SegmentCounts]
) -> dict[str, SegmentCounts]:
    """The segments of both, by column in order."""
    return {
        name: one[name] + other[name]
        if name in one and name in other
        else one.get(name) or other[name]
        for name in sorted({*one, *other})
    }


def check_segments(segments: Mapping[str, SegmentCodes], rows: int) -> None:
    """Check the length and the codes of each column; raises InputError."""
    for name, segment in segments.items():
        if len(segment.codes) != rows:
            raise InputError(f"segments: {name} has {len(segment.codes)} rows instead of {rows}")
        if len(set(segment.labels)) < len(segment.labels):
            raise InputError(f"segments: {name} has two levels of one name")
        if rows and not 0 <= segment.codes.min() <= segment.codes.max() < len(segment.labels):
            raise InputError(f"segments: {name} has a code without a label")


def load_segments(
    stored: Mapping[str, StoredSegments], rows: int, sums: tuple[int, ...]
) -> dict[str, SegmentCounts]:
    """Stored segments by column; raises FormatError if they are damaged."""
    try:
        return {name: SegmentCounts.from_stored(one, rows, sums) for name, one in stored.items()}
    except ValueError as error:
        raise FormatError(f"stored segments are damaged: {error}") from error
