"""The chi-square test of two samples, both of which vary.

Pearson's statistic on the 2 x b table (Agresti, "Categorical Data Analysis", 3.2). Convention: bins
with an expected count under 5 on either side are pooled into one (Cochran 1954); a one-sample test
would take the reference as exact and reject without drift. Where records depend on each other the
statistic is divided by their design effect (Rao and Scott, J. Am. Stat. Assoc. 76, 1981).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from driftloop.profile.pair import Bins

LEAST_EXPECTED = 5


class ChiSquare(NamedTuple):
    """The statistic, its degrees of freedom, and P(a larger one) without drift."""

    statistic: float
    freedom: int
    p_value: float


def chi_square_test(bins: Bins, design_effect: float = 1.0) -> ChiSquare | None:
    """The test; None where a side has no record or only one bin is left.

    ``statistic`` is as it was found, ``p_value`` that of its ``design_effect``-th part.
    """
    table = _pooled(np.array([bins.reference, bins.current]))
    total = int(table.sum())
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return None
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    statistic = float(np.sum((table - expected) ** 2 / expected))
    freedom = table.shape[1] - 1
    return ChiSquare(statistic, freedom, float(chdtrc(freedom, statistic / design_effect)))


def chi_square(bins: Bins) -> float | None:
    """The statistic alone, 0 where all records are in one bin; None where a side is empty."""
    if not bins.reference.sum() or not bins.current.sum():
        return None
    test = chi_square_test(bins)
    return 0.0 if test is None else test.statistic


def _pooled(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """The table with rare bins in one; where that is rare too, it joins the smallest other."""
    columns = table.sum(axis=0)
    smaller = int(table.sum(axis=1).min())
    total = max(int(table.sum()), 1)
    rare = columns * smaller < LEAST_EXPECTED * total
    pooled = table[:, rare].sum(axis=1)
    kept = table[:, ~rare]
    if not pooled.sum():
        return kept
    if kept.shape[1] and pooled.sum() * smaller < LEAST_EXPECTED * total:
        kept = kept.copy()
        kept[:, int(np.argmin(kept.sum(axis=0)))] += pooled
        return kept
    return np.column_stack([kept, pooled])
