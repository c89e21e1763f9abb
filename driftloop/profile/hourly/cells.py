"""The cells on which the records of an hour are counted: fewer than the bins of a baseline.

A numeric column with few distinct values has a cell for each of them, and for what is between them.
With more values, cells are bounded by split points with about equal counts of the training data.
Beyond the training data, where a season goes, the cells are about as fine as within it, up to half
of its range; further split points give far values cells of their own. A categorical column has a
cell for each frequent category, one for the other categories of the training data, and one for new
ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, NumericColumn
from driftloop.errors import InputError
from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.profile.numeric.precision import (
    MAX_FLOAT,
    Floats,
    round_to_resolution,
    rounding_intervals,
)

Codes = NDArray[np.int64]

MAX_CELL_POINTS, MIN_CELL_POINTS = 256, 32
"""Split points of a numeric column, and categories with a cell of their own. With many columns each
has fewer."""

MAX_TOTAL_CELL_POINTS = 8_192
"""Split points of all columns together, without those beyond the training data, which are at most a
quarter of them: bounds the memory of 28 days."""

OUTER_RANGE, MAX_OUTER_PART = 0.5, 0.125
"""Beyond each end of the training data, cells are fine over this part of its range, with at most
this part of the column's split points."""

MIN_POINTS_WITH_DISTANCE = 3
"""Split points from which their median distance is usual."""

GROUPS = 6
"""Rows and columns of the table of a pair of columns: quintiles of the training data, or the five
most frequent categories and the rest."""

_QUINTILES = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True, slots=True, eq=False)
class NumericCells:
    """Cells of a numeric column: before, at, and between K split points, 2 K + 1 in all.

    Attributes:
        low: float64[K], begin of the numbers that a split point stands for.
        high: float64[K], end of these numbers.
        groups: int64[2 K + 1], the group of each cell.
    """

    low: Floats
    high: Floats
    groups: Codes

    @property
    def count(self) -> int:
        """Number of cells."""
        return 2 * len(self.low) + 1

    def codes(self, column: Column) -> Codes:
        """int64[n]: the cell of each value; -1 where there is no number."""
        if not isinstance(column, NumericColumn):
            raise InputError("a numeric column of the baseline has categories in the records")
        values = np.clip(column.values, -MAX_FLOAT, MAX_FLOAT)
        point = np.searchsorted(self.high, values, side="right")
        is_at = np.append(self.low, np.inf)[point] <= values
        return np.where(np.isnan(values), -1, 2 * point + is_at)

    def cell(self, value: float) -> int:
        """The cell of a number."""
        return int(self.codes(NumericColumn(np.array([value])))[0])

    def first_above(self, bound: float) -> int:
        """The first of the cells that hold only numbers above a bound."""
        return 2 * int(np.searchsorted(self.low, bound, side="right")) + 1

    def last_below(self, bound: float) -> int:
        """The last of the cells that hold only numbers below a bound; -1 for none."""
        return 2 * int(np.searchsorted(self.high, bound, side="right")) - 1


@dataclass(frozen=True, slots=True, eq=False)
class CategoryCells:
    """Cells of a categorical column: K frequent categories, other known ones, new ones.

    Attributes:
        index: Cell of each category with a cell of its own.
        binning: All categories of the training data.
        groups: int64[K + 2], the group of each cell.
    """

    index: Mapping[str, int]
    binning: CategoricalBinning
    groups: Codes

    @property
    def count(self) -> int:
        """Number of cells."""
        return len(self.index) + 2

    def codes(self, column: Column) -> Codes:
        """int64[n]: the cell of each value; -1 where it is missing."""
        if not isinstance(column, CategoricalColumn):
            raise InputError("a categorical column of the baseline has numbers in the records")
        table = [self._cell(category) for category in column.categories]
        return np.array([*table, -1], dtype=np.int64)[column.codes]

    def _cell(self, category: str) -> int:
        own = self.index.get(category)
        if own is not None:
            return own
        return len(self.index) + (self.binning.find_code(category) is None)


Cells = NumericCells | CategoryCells


def make_cells(binning: Binning, reference: ColumnCounts, columns: int) -> Cells:
    """The cells of a column; the same binning and reference give the same cells.

    Args:
        binning: The baseline's binning of the column.
        reference: Counts of the training data on it.
        columns: Number of columns, which share ``MAX_TOTAL_CELL_POINTS``.
    """
    count = max(MIN_CELL_POINTS, min(MAX_CELL_POINTS, MAX_TOTAL_CELL_POINTS // max(columns, 1)))
    if isinstance(binning, CategoricalBinning) and isinstance(reference, CategoricalCounts):
        names = binning.categories[:count]
        groups = [min(position, GROUPS - 1) for position in range(len(names))]
        return CategoryCells(
            {name: position for position, name in enumerate(names)},
            binning,
            np.array([*groups, GROUPS - 1, GROUPS - 1], dtype=np.int64),
        )
    if isinstance(binning, NumericBinning) and isinstance(reference, NumericCounts):
        return _numeric_cells(binning, reference, count)
    raise TypeError("a binning needs counts of its own kind")


def cell_counts(cells: Cells, binning: Binning, counts: ColumnCounts) -> Codes:
    """int64[cells]: counts on a binning as counts on the cells made of it, without missing values.

    Args:
        cells: The cells of the column.
        binning: The binning that they were made of.
        counts: Counts on it.
    """
    found = np.zeros(cells.count, dtype=np.int64)
    if isinstance(cells, NumericCells):
        if not isinstance(binning, NumericBinning) or not isinstance(counts, NumericCounts):
            raise TypeError("cells of numbers need a numeric binning")
        at = np.searchsorted(binning.low, cells.low)
        is_own = np.append(binning.low, np.inf)[at] == cells.low  # others are beyond the reference
        before = np.append(0, np.cumsum(counts.counts_between[:-1] + counts.counts_at))
        up_to = before[at + is_own]
        total = counts.counts_between.sum() + counts.counts_at.sum()
        found[1::2] = np.where(is_own, np.append(counts.counts_at, 0)[at], 0)
        found[::2] = np.append(up_to - found[1::2], total) - np.append(0, up_to)
    elif isinstance(counts, CategoricalCounts):
        own = len(cells.index)
        found[:own] = counts.known[:own]
        found[own:] = counts.known[own:].sum(), counts.unseen_count
    return found


def _numeric_cells(binning: NumericBinning, reference: NumericCounts, count: int) -> NumericCells:
    up_to = np.cumsum(reference.counts_between[:-1] + reference.counts_at)
    points = binning.split_points
    total = int(up_to[-1]) if len(up_to) else 0
    occupied = np.flatnonzero(reference.counts_at)
    if len(occupied) > count:
        targets = np.arange(1, count) / count * total
        spread = np.clip(np.searchsorted(up_to, targets), 0, len(points) - 1)
        occupied = np.unique([*spread, occupied[0], occupied[-1]])
    below, above = _outer_points(binning, points[occupied], int(count * MAX_OUTER_PART))
    is_far = (points < min([*below, reference.minimum])) | (
        points > max([*above, reference.maximum])
    )
    chosen = np.unique(np.concatenate([occupied, np.flatnonzero(is_far)])).astype(np.int64)
    all_points = np.concatenate([points[chosen], below, above])
    up_to_point = np.concatenate([up_to[chosen], np.zeros(len(below)), np.full(len(above), total)])
    at_point = np.append(reference.counts_at[chosen], np.zeros(len(below) + len(above)))
    order = np.argsort(all_points)
    low, high = rounding_intervals(all_points[order], resolution=binning.resolution)
    below_cell = np.zeros(2 * len(order) + 1)
    below_cell[1::2], below_cell[2::2] = (up_to_point - at_point)[order], up_to_point[order]
    groups = np.searchsorted(_QUINTILES, below_cell / max(total, 1), side="right")
    return NumericCells(low, high, groups.astype(np.int64))


def _outer_points(binning: NumericBinning, inner: Floats, count: int) -> tuple[Floats, Floats]:
    """At most ``count`` points below and above ``inner``, with its usual distance or a larger one.

    They go as far as ``OUTER_RANGE`` of the trimmed range of the training data.
    """
    low, high = binning.trimmed_range or (0.0, 0.0)
    reach = OUTER_RANGE * min(high - low, MAX_FLOAT / 4)
    if len(inner) < MIN_POINTS_WITH_DISTANCE or not 0 < reach < np.inf:
        return np.empty(0), np.empty(0)
    number = min(count, int(np.ceil(reach / np.median(np.diff(inner)))))
    distance = reach / number
    if binning.is_integer:
        distance = np.ceil(distance)
    steps = distance * np.arange(1, number + 1)
    below, above = (
        round_to_resolution(np.clip(ends, -MAX_FLOAT, MAX_FLOAT), resolution=binning.resolution)
        for ends in (inner[0] - steps[::-1], inner[-1] + steps)
    )
    return np.unique(below[below < inner[0]]), np.unique(above[above > inner[-1]])
