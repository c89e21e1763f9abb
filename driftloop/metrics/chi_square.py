"""The chi-square test of two samples: X^2 = sum (O - E)^2 / E on the 2 x k table.

Source: Pearson's statistic, Agresti, "Categorical Data Analysis", section 3.2. Both samples vary; a
one-sample test would take the reference as exact and reject without drift. Dependent records: X^2
is divided by their design effect (Rao and Scott, J. Am. Stat. Assoc. 76, 1981).

Convention: bins that expect fewer than 20 records on either side are pooled (see
:mod:`driftloop.profile.pooled_bins`). Fewer, such as Cochran's 5 (1954), are not enough for the
small p-values that a test of many features needs: with two bins of which one expects 5 of 300
records, the exact sum of P(p <= 1.7e-4) is five times 1.7e-4.

``scipy.stats.chi2_contingency`` gives the same numbers for the pooled table (a test holds this to
it). It is not used here because the Lambda function ``detect`` imports this module, and importing
``scipy.stats`` would add 0.4 s to its cold start.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from driftloop.profile.column_pair import BinnedCounts

Counts = NDArray[np.int64]

MIN_EXPECTED = 20
"""Expected records on either side below which bins are pooled; the module says why not 5."""


class ChiSquare(NamedTuple):
    """The statistic, its degrees of freedom, and P(at least this statistic) without drift.

    ``table`` int64[2, dof + 1] holds the pooled counts, the reference's first.
    """

    statistic: float
    dof: int
    p_value: float
    table: Counts


def chi_square_test(bins: BinnedCounts, design_effect: float = 1.0) -> ChiSquare | None:
    """Test whether both sides have the same distribution over the bins.

    Args:
        bins: Counts of both sides.
        design_effect: By how much dependence of records inflates variance, 1 or more. The p-value
            is of ``statistic / design_effect``, and bins must expect as many times more records.

    Returns:
        The test; None where a side has no record or only one bin is left.
    """
    table = bins.pooled_table(MIN_EXPECTED * design_effect)
    total = int(table.sum())
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return None
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    statistic = float(np.sum((table - expected) ** 2 / expected))
    dof = table.shape[1] - 1
    p_value = float(chdtrc(dof, statistic / design_effect))
    return ChiSquare(statistic, dof, p_value, table)


def chi_square(bins: BinnedCounts) -> float | None:
    """X^2 >= 0, 0 where all records are in one bin; None where a side has no record."""
    if not bins.reference.sum() or not bins.current.sum():
        return None
    test = chi_square_test(bins)
    return 0.0 if test is None else test.statistic
