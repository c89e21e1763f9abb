"""By how much blocks without drift differ more than independent records would: design effects."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, kolmogi

from driftloop.comparison.reference import ComparedColumn
from driftloop.metrics.chi_square import chi_square_test
from driftloop.metrics.ks import ks
from driftloop.profile.column_pair import pair_columns

TAIL = 0.99
"""Quantile over blocks at which variation is compared with that of independent records."""

Effects = Mapping[str, float]
Excess = tuple[float, float, float]
UNKNOWN = (math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True, eq=False)
class DispersionStatistics:
    """``values`` float64[blocks, columns, 3] of :func:`excess`, for blocks in the order of time."""

    starts: tuple[int, ...]
    columns: tuple[str, ...]
    values: NDArray[np.float64]

    def effects(self, but: range | None = None) -> Effects:
        """Design effects by column, of all blocks but those that began in a range of hours.

        The largest of: the mean of X^2 / df (Rao and Scott, J. Am. Stat. Assoc. 76, 1981; Ann.
        Stat. 12, 1984), the ``TAIL`` quantile of X^2 over that of its distribution, the same of
        N D^2 and Kolmogorov's, and 1. The mean alone is too small where dependence moves all
        records one way (a user, a day), since it is spread over all bins; tests decide in the
        tail. A column of which no block can be compared is taken to be as dependent as the most
        dependent of the others.
        """
        kept = [but is None or start not in but for start in self.starts]
        known = {
            name: _effect(self.values[kept, place])
            for place, name in enumerate(self.columns)
            if not np.isnan(self.values[kept, place, 0]).all()
        }
        most = max(known.values(), default=1.0)
        return {name: known.get(name, most) for name in self.columns}


def dispersion_statistics(column: ComparedColumn) -> Excess:
    """X^2 / df, X^2 and N D^2, the latter two over their ``TAIL`` quantiles; 0 for a test that the
    column has not, not a number where a side is empty."""
    if not column.current.present or not column.reference.present:
        return UNKNOWN
    pair = pair_columns(column.binning, column.reference, column.current)
    test = chi_square_test(pair.bins)
    by_mean, by_tail = 0.0, 0.0
    if test is not None:
        by_mean = test.statistic / test.dof
        by_tail = test.statistic / float(chdtri(test.dof, 1 - TAIL))
    both = pair.cdfs
    if both is None:
        return by_mean, by_tail, 0.0
    size = both.n / (both.n + both.m) * both.m
    return by_mean, by_tail, float(size * ((ks(both) or 0.0) / kolmogi(1 - TAIL)) ** 2)


def _effect(values: NDArray[np.float64]) -> float:
    """Of one column, float64[blocks, 3]."""
    there = values[~np.isnan(values[:, 0])]
    tails = np.quantile(there[:, 1:], TAIL, axis=0)
    return float(max(1.0, there[:, 0].mean(), *tails))
