"""Rows counted by class on the cells of split points.

The rows of one cell between two split points may have one value or several. Which of both is kept,
since rows of one value tie: nothing about their order is unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.errors import FormatError
from driftloop.outcomes.split_points import Counts, Floats, SplitPoints
from driftloop.profile.serialization import pack, pack_counts, unpack, unpack_counts

Bools = NDArray[np.bool_]

BLOCK_ROWS = 1 << 17
"""Rows that are counted at a time: their sums are exact in float64, and fit a processor's cache."""


class StoredScoreCounts(msgspec.Struct, array_like=True):
    """:class:`ScoreCounts` as they are stored."""

    classes: int
    counts: bytes
    has_several: bytes
    single_values: bytes


@dataclass(frozen=True, slots=True, eq=False)
class ScoreCounts:
    """Mergeable counts on 2 K + 1 cells.

    Attributes:
        counts: int64[classes, 2 K + 1], rows by class and cell.
        has_several: bool[K + 1], whether the rows before, between or after the split points have
            several values.
        single_values: float64[K + 1], the value of these rows where it is one, else NaN.
    """

    counts: Counts
    has_several: Bools
    single_values: Floats

    def __add__(self, other: "ScoreCounts") -> "ScoreCounts":
        here, there = ~np.isnan(self.single_values), ~np.isnan(other.single_values)
        has_several = (
            self.has_several
            | other.has_several
            | (here & there & (self.single_values != other.single_values))
        )
        single = np.where(here, self.single_values, other.single_values)
        return ScoreCounts(
            self.counts + other.counts, has_several, np.where(has_several, np.nan, single)
        )

    @property
    def spread(self) -> Bools:
        """bool[cells]: cells whose rows have several values."""
        spread = np.zeros(self.counts.shape[1], dtype=np.bool_)
        spread[::2] = self.has_several
        return spread

    def to_stored(self) -> StoredScoreCounts:
        """The stored form."""
        is_single = ~np.isnan(self.single_values)
        return StoredScoreCounts(
            len(self.counts),
            pack_counts(self.counts.ravel()),
            pack(np.packbits(self.has_several), "u1"),
            pack(self.single_values[is_single], "<f8"),
        )

    @classmethod
    def from_stored(cls, stored: StoredScoreCounts) -> "ScoreCounts":
        """The inverse of :meth:`to_stored`; raises FormatError if they are damaged."""
        counts = unpack_counts(stored.counts).reshape(stored.classes, -1)
        between = (counts.shape[1] + 1) // 2
        has_several = np.unpackbits(unpack(stored.has_several, "u1"), count=between).astype(
            np.bool_
        )
        is_single = ~has_several & (counts[:, ::2].sum(axis=0) > 0)
        values = unpack(stored.single_values, "<f8")
        if len(values) != np.count_nonzero(is_single):
            raise FormatError("the values of single cells do not fit the counts; write it again")
        single_values = np.full(between, np.nan)
        single_values[is_single] = values
        return cls(counts, has_several, single_values)


def zero_scores(split_points: SplitPoints, classes: int) -> ScoreCounts:
    """Counts of no rows."""
    between = len(split_points.points) + 1
    return ScoreCounts(
        np.zeros((classes, split_points.cells), dtype=np.int64),
        np.zeros(between, dtype=np.bool_),
        np.full(between, np.nan),
    )


def count_scores(
    split_points: SplitPoints, values: Floats, cells: Counts, codes: Counts, classes: int
) -> ScoreCounts:
    """Count rows by class and cell.

    Args:
        split_points: What the cells were made by.
        values: float64[n] without NaN.
        cells: int64[n], the cell of each value.
        codes: int64[n], the class of each row, from 0.
        classes: Number of classes.
    """
    size = split_points.cells
    counts = np.bincount(codes * size + cells, minlength=classes * size)
    some_value = np.full(size, np.nan)
    some_value[cells] = values + 0.0  # -0.0 equals 0.0, but has other bytes
    spread = np.zeros(size, dtype=np.bool_)
    spread[cells[some_value[cells] != values]] = True
    has_several = spread[::2]
    single_values = np.where(has_several, np.nan, some_value[::2])
    return ScoreCounts(counts.reshape(classes, size).astype(np.int64), has_several, single_values)


def blocks(rows: int) -> Iterator[slice]:
    """Slices of at most ``BLOCK_ROWS`` rows; one of no rows if there are none."""
    for start in range(0, max(rows, 1), BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, rows))
