"""A column of the baseline as a population to draw from: counts are drawn, never records."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

NEW_CATEGORY = "\x00 an unseen category"
"""Name of the new category; no captured category can begin with a null character."""

_LEADING_CELLS = 2
"""Cells before those of values: missing, then invalid (numeric) or not distinguished (categories).
"""


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Shares float64[c] of the cells of a column.

    Cells of a numeric column: missing, invalid, then in turn the gaps between split points and the
    split points. Cells of a categorical column: missing, not distinguished, the binning's
    categories and groups, other categories by name, and one new category, whose share is 0 until
    :func:`with_new_category` sets it.
    """

    binning: Binning
    counts: ColumnCounts
    shares: Floats

    @classmethod
    def from_counts(cls, binning: Binning, counts: ColumnCounts) -> "Population":
        """The population that counts of a column describe."""
        if isinstance(counts, NumericCounts):
            cells = _numeric_cells(counts)
        else:
            cells = _categorical_cells(counts)
        total = max(int(cells.sum()), 1)
        shares = np.asarray(cells / total, dtype=np.float64)
        if not cells.sum():
            shares[0] = 1.0
        return cls(binning, counts, shares)

    def draw(self, random: np.random.Generator, records: int) -> ColumnCounts:
        """Counts of independent records; moments, which no test uses, are not drawn."""
        cells = random.multinomial(records, self.shares / self.shares.sum())
        return self._to_counts(cells.astype(np.int64))

    def expected(self) -> ColumnCounts:
        """Counts of as many records as were counted, each cell rounded to a whole record."""
        return self._to_counts(
            np.rint(self.counts.rows * self.shares / self.shares.sum()).astype(np.int64)
        )

    def _to_counts(self, cells: Counts) -> ColumnCounts:
        if isinstance(self.counts, NumericCounts):
            return _numeric_counts(self.counts, cells)
        return _categorical_counts(self.counts, cells)


def shifted_by(population: Population, shift: float) -> Population:
    """A numeric column whose normal scores are shifted by ``shift`` standard deviations.

    Each cell's share p becomes p exp(shift z), where z is the normal score of its middle rank. Of
    all changes that move the mean score so far it is the nearest to the baseline (exponential
    tilting, Kullback 1959). For a normal column it is a shift of the mean, for a log-normal one a
    factor. It needs no value that the baseline lacks, and outliers do not influence it.
    """
    values = population.shares[_LEADING_CELLS:]
    present = float(values.sum())
    ranks = (np.cumsum(values) - values / 2) / (present or 1.0)
    scores = np.where(values > 0, ndtri(np.clip(ranks, 1e-12, 1 - 1e-12)), 0.0)
    weights = values * np.exp(shift * scores)
    shares = population.shares.copy()
    shares[_LEADING_CELLS:] = weights * (present / (float(weights.sum()) or 1.0))
    return replace(population, shares=shares)


def trimmed_mean(population: Population) -> float | None:
    """The mean of a numeric column, values clipped to its trimmed range (0.1% to 99.9%)."""
    binning, values = population.binning, population.shares[_LEADING_CELLS:]
    if not isinstance(binning, NumericBinning) or binning.trimmed_range is None or not values.sum():
        return None
    split_points = np.clip(binning.split_points, *binning.trimmed_range)
    ends = np.concatenate([[binning.trimmed_range[0]], split_points, [binning.trimmed_range[1]]])
    positions = np.empty(2 * len(split_points) + 1)
    positions[1::2] = split_points
    positions[::2] = ends[:-1] / 2 + ends[1:] / 2
    return float(np.average(positions, weights=values))


def with_moved_share(population: Population, share: float) -> Population:
    """A categorical column where ``share`` of the values moved between its two largest categories.

    They move from the most frequent category to the second.

    Raises:
        ValueError: There are not two categories, or the most frequent one has a smaller share.
    """
    first, second = most_frequent(population)
    shares = population.shares.copy()
    moved = share * float(1 - shares[0])
    if moved > shares[first]:
        raise ValueError("a share larger than that of the most frequent category can't be moved")
    shares[first] -= moved
    shares[second] += moved
    return replace(population, shares=shares)


def with_new_category(population: Population, share: float) -> Population:
    """A categorical column where ``share`` of the values is an unseen category.

    Where the column has groups the category counts in the last one.
    """
    binning, shares = population.binning, population.shares.copy()
    cell = len(shares) - 1
    if isinstance(binning, CategoricalBinning) and not binning.is_exhaustive:
        cell = _LEADING_CELLS + len(binning.labels) - 1
    shares[1:] *= 1 - share
    shares[cell] += share * (1 - shares[0])
    return replace(population, shares=shares)


def most_frequent(population: Population) -> tuple[int, int]:
    """Cells of the two most frequent categories; raises ValueError where there are not two."""
    categories = population.shares[_LEADING_CELLS:-1]
    if np.count_nonzero(categories) < 2:
        raise ValueError("a column of one category has no second one to move to")
    order = np.argsort(-categories, kind="stable")
    return int(order[0]) + _LEADING_CELLS, int(order[1]) + _LEADING_CELLS


def category_name(population: Population, cell: int) -> str:
    """The name of a categorical column's cell."""
    binning, counts = population.binning, population.counts
    if not isinstance(binning, CategoricalBinning) or not isinstance(counts, CategoricalCounts):
        raise TypeError("a numeric column has no categories")
    return (*binning.labels, *counts.new)[cell - _LEADING_CELLS]


def _numeric_cells(counts: NumericCounts) -> Counts:
    cells = np.empty(
        len(counts.counts_at) + len(counts.counts_between) + _LEADING_CELLS, dtype=np.int64
    )
    cells[:_LEADING_CELLS] = counts.missing, counts.invalid
    cells[_LEADING_CELLS::2] = counts.counts_between
    cells[_LEADING_CELLS + 1 :: 2] = counts.counts_at
    return cells


def _numeric_counts(counts: NumericCounts, cells: Counts) -> NumericCounts:
    return replace(
        counts,
        rows=int(cells.sum()),
        missing=int(cells[0]),
        invalid=int(cells[1]),
        infinite=0,
        counts_at=cells[_LEADING_CELLS + 1 :: 2],
        counts_between=cells[_LEADING_CELLS::2],
    )


def _categorical_cells(counts: CategoricalCounts) -> Counts:
    new = np.array(list(counts.new.values()), dtype=np.int64)
    return np.concatenate([[counts.missing, counts.other], counts.known, new, [0]])


def _categorical_counts(counts: CategoricalCounts, cells: Counts) -> CategoricalCounts:
    known = len(counts.known)
    names = (*counts.new, NEW_CATEGORY)
    new = cells[_LEADING_CELLS + known :].tolist()
    return CategoricalCounts(
        rows=int(cells.sum()),
        missing=int(cells[0]),
        known=cells[_LEADING_CELLS : _LEADING_CELLS + known],
        new={name: count for name, count in zip(names, new, strict=True) if count},
        other=int(cells[1]),
    )
