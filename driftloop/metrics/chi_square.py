"""The chi-square test of two samples, both of which vary.

Pearson's statistic on the 2 x b table (Agresti, "Categorical Data Analysis", 3.2); a one-sample
test would take the reference as exact and reject without drift. Convention: bins that expect fewer
than 20 records on either side are pooled in the order of their counts on both sides together,
those of the same count always together, so that chance does not choose the pools, and levels that
are all new do not end in one pool with old ones. Fewer, such as Cochran's 5 (1954), are not enough
for the small p-values that many features call for: with two bins of which one expects 5 of 300,
exact sums of P(p <= 1.7e-4) are five times that. Where records depend on each other the statistic
is divided by their design effect (Rao and Scott, J. Am. Stat. Assoc. 76, 1981).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from driftloop.profile.column_pair import BinnedCounts

Counts = NDArray[np.int64]

MIN_EXPECTED = 20


class ChiSquare(NamedTuple):
    """The statistic, its degrees of freedom, and P(a larger one) without drift.

    ``table`` int64[2, freedom + 1] are the counts that it was worked out from.
    """

    statistic: float
    dof: int
    p_value: float
    table: Counts


def chi_square_test(bins: BinnedCounts, design_effect: float = 1.0) -> ChiSquare | None:
    """The test; None where a side has no record or only one bin is left.

    ``statistic`` is as it was found, ``p_value`` that of its ``design_effect``-th part.
    """
    table = _pooled(np.array([bins.reference, bins.current]), MIN_EXPECTED * design_effect)
    total = int(table.sum())
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return None
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    statistic = float(np.sum((table - expected) ** 2 / expected))
    dof = table.shape[1] - 1
    p_value = float(chdtrc(dof, statistic / design_effect))
    return ChiSquare(statistic, dof, p_value, table)


def chi_square(bins: BinnedCounts) -> float | None:
    """The statistic alone, 0 where all records are in one bin; None where a side is empty."""
    if not bins.reference.sum() or not bins.current.sum():
        return None
    test = chi_square_test(bins)
    return 0.0 if test is None else test.statistic


def _pooled(table: Counts, expected: float) -> Counts:
    """The table with rare bins pooled; a last pool that is rare still joins the one before it, or
    the smallest other."""
    columns, sides = table.sum(axis=0), table.sum(axis=1)
    least = expected * max(int(table.sum()), 1) / max(int(sides.min()), 1)
    rare = columns < least
    kept = [table[:, ~rare]]
    sizes, place = np.unique(columns[rare], return_inverse=True)
    alike = np.zeros((2, len(sizes)), dtype=np.int64)
    for side in (0, 1):
        np.add.at(alike[side], place, table[side, rare])
    pools = _pools(alike, least)
    if pools and int(pools[-1].sum()) < least:
        left = pools.pop()
        if pools:
            pools[-1] += left
        elif kept[0].shape[1]:
            kept[0] = kept[0].copy()
            kept[0][:, int(np.argmin(kept[0].sum(axis=0)))] += left
        else:
            pools.append(left)
    return np.column_stack([*kept, *pools])


def _pools(alike: Counts, least: float) -> list[Counts]:
    """Neighbours summed until there are enough; the last may have fewer."""
    pools: list[Counts] = []
    for column in alike.T:
        if not pools or int(pools[-1].sum()) >= least:
            pools.append(np.zeros(2, dtype=np.int64))
        pools[-1] += column
    return [pool for pool in pools if pool.any()]
