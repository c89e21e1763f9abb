"""A column of the baseline as a population to draw from: counts are drawn, never rows."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

NEW_CATEGORY = "\x00 a level that no one has seen"
"""Stands for a planted level; no captured level can hold a null character and a blank first."""

_APART = 2
"""Cells before those of values: missing, then wrong (numeric) or not told apart (levels)."""


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Shares float64[c] of the cells of a column.

    A numeric column's cells are missing, wrong, then in turn the gaps between knots and the knots;
    a categorical one's missing, not told apart, the grid's levels and groups, other levels by name,
    and one new level, which has no share until one is planted.
    """

    binning: Binning
    counts: ColumnCounts
    shares: Floats

    def draw(self, random: np.random.Generator, rows: int) -> ColumnCounts:
        """Counts of ``rows`` independent records; moments, which no test uses, stay as they are."""
        return self._of(random.multinomial(rows, self.shares / self.shares.sum()).astype(np.int64))

    def expected(self) -> ColumnCounts:
        """As many records as were counted, in their shares to the nearest whole record."""
        return self._of(
            np.rint(self.counts.rows * self.shares / self.shares.sum()).astype(np.int64)
        )

    def _of(self, cells: Counts) -> ColumnCounts:
        rows = int(cells.sum())
        if isinstance(self.counts, NumericCounts):
            return _numeric(self.counts, rows, cells)
        return _categorical(self.counts, rows, cells)


def population_of(binning: Binning, counts: ColumnCounts) -> Population:
    """The population that a column of the baseline describes."""
    cells = _numeric_cells(counts) if isinstance(counts, NumericCounts) else _categories(counts)
    total = max(int(cells.sum()), 1)
    shares = np.asarray(cells / total, dtype=np.float64)
    if not cells.sum():
        shares[0] = 1.0
    return Population(binning, counts, shares)


def shifted_by(population: Population, shift: float) -> Population:
    """A numeric column of which the normal scores have moved by ``shift`` standard deviations.

    Each cell's share p becomes p exp(shift z), where z is the normal score of its middle rank: of
    all changes that move the mean score so far, the one nearest to the baseline (exponential
    tilting, Kullback 1959). For a normal column it is a shift of the mean, for a log-normal one a
    factor; it needs no value that the baseline lacks, and outliers have no hold on it.
    """
    values = population.shares[_APART:]
    present = float(values.sum())
    ranks = (np.cumsum(values) - values / 2) / (present or 1.0)
    scores = np.where(values > 0, ndtri(np.clip(ranks, 1e-12, 1 - 1e-12)), 0.0)
    weights = values * np.exp(shift * scores)
    shares = population.shares.copy()
    shares[_APART:] = weights * (present / (float(weights.sum()) or 1.0))
    return replace(population, shares=shares)


def trimmed_mean(population: Population) -> float | None:
    """The mean of a numeric column, its values held within the core range (0.1% to 99.9%)."""
    binning, values = population.binning, population.shares[_APART:]
    if not isinstance(binning, NumericBinning) or binning.trimmed_range is None or not values.sum():
        return None
    split_points = np.clip(binning.split_points, *binning.trimmed_range)
    ends = np.concatenate([[binning.trimmed_range[0]], split_points, [binning.trimmed_range[1]]])
    places = np.empty(2 * len(split_points) + 1)
    places[1::2] = split_points
    places[::2] = ends[:-1] / 2 + ends[1:] / 2
    return float(np.average(places, weights=values))


def with_moved_share(population: Population, share: float) -> Population:
    """A categorical column where ``share`` of the values went from the commonest level to the next.

    Raises ValueError where there are no two levels, or the commonest has less.
    """
    first, second = most_frequent(population)
    shares = population.shares.copy()
    part = share * float(1 - shares[0])
    if part > shares[first]:
        raise ValueError("more than the commonest level has can't be moved")
    shares[first] -= part
    shares[second] += part
    return replace(population, shares=shares)


def with_new_category(population: Population, share: float) -> Population:
    """A categorical column where ``share`` of the values is a level never seen, in the last group
    where the column has groups."""
    binning, shares = population.binning, population.shares.copy()
    place = len(shares) - 1
    if isinstance(binning, CategoricalBinning) and not binning.is_exhaustive:
        place = _APART + len(binning.labels) - 1
    shares[1:] *= 1 - share
    shares[place] += share * (1 - shares[0])
    return replace(population, shares=shares)


def most_frequent(population: Population) -> tuple[int, int]:
    """Cells of the two commonest levels; raises ValueError where there are no two."""
    categories = population.shares[_APART:-1]
    if np.count_nonzero(categories) < 2:
        raise ValueError("a column of one level has no second to move to")
    order = np.argsort(-categories, kind="stable")
    return int(order[0]) + _APART, int(order[1]) + _APART


def category_name(population: Population, cell: int) -> str:
    """The name of a categorical column's cell."""
    binning, counts = population.binning, population.counts
    if not isinstance(binning, CategoricalBinning) or not isinstance(counts, CategoricalCounts):
        raise TypeError("a numeric column has no levels")
    return (*binning.labels, *counts.new)[cell - _APART]


def _numeric_cells(counts: NumericCounts) -> Counts:
    cells = np.empty(len(counts.counts_at) + len(counts.counts_between) + _APART, dtype=np.int64)
    cells[:_APART] = counts.missing, counts.invalid
    cells[_APART::2] = counts.counts_between
    cells[_APART + 1 :: 2] = counts.counts_at
    return cells


def _numeric(counts: NumericCounts, rows: int, cells: Counts) -> NumericCounts:
    return replace(
        counts,
        rows=rows,
        missing=int(cells[0]),
        invalid=int(cells[1]),
        infinite=0,
        counts_at=cells[_APART + 1 :: 2],
        counts_between=cells[_APART::2],
    )


def _categories(counts: CategoricalCounts) -> Counts:
    new = np.array(list(counts.new.values()), dtype=np.int64)
    return np.concatenate([[counts.missing, counts.other], counts.known, new, [0]])


def _categorical(counts: CategoricalCounts, rows: int, cells: Counts) -> CategoricalCounts:
    known = len(counts.known)
    names = (*counts.new, NEW_CATEGORY)
    fresh = cells[_APART + known :].tolist()
    return CategoricalCounts(
        rows=rows,
        missing=int(cells[0]),
        known=cells[_APART : _APART + known],
        new={name: count for name, count in zip(names, fresh, strict=True) if count},
        other=int(cells[1]),
    )
