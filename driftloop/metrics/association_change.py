"""Whether two columns of any kinds depend on each other as they did in the reference.

The r x c tables of a pair in reference and window have the same association if the 2 x r x c table
has no three-way interaction: E_sij = a_ij b_si c_sj. The margins of either side may differ, so a
shift of a single column is no change of association. E is fitted by raking (Deming and Stephan,
Ann. Math. Stat. 11, 1940) and tested by X^2 = sum (O - E)^2 / E with (r - 1)(c - 1)
degrees of freedom (Bartlett, J. R. Stat. Soc. Suppl. 2, 1935; Agresti, "Categorical Data Analysis",
section 9.2).

In sparse tables X^2, and the likelihood ratio G^2 = 2 sum O ln(O / E), each exceed the chi-square
distribution in cases of their own, so the smaller of both counts.

The effect size is w^2 = (X^2 - dof) (1/n + 1/m), Cohen's w of what changed, less its bias.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from driftloop.profile.column_groups import cramers_v

Floats = NDArray[np.float64]

ITERATIONS = 30
"""Rounds of raking at most."""

TOLERANCE = 1e-3
"""Largest difference of a margin, in records, at which raking ends."""

MIN_PAIR_RECORDS = 300
"""Records with both values that each side must have."""


MIN_OFF_MODE_RECORDS = 30
"""Records of either side that each column must have beside its largest group."""


class AssociationTests(NamedTuple):
    """Results of k pairs, float64[k] each.

    ``reference`` and ``current`` are Cramér's V, 0 to 1. ``p_value`` is 1 where a pair can't be
    tested, and not corrected for the number of pairs.
    """

    reference: Floats
    current: Floats
    effect_size: Floats
    p_value: Floats


def association_change(
    reference: Floats, current: Floats, design_effects: Floats | float = 1.0
) -> AssociationTests:
    """Test whether the association of each pair changed.

    Args:
        reference: Counts float64[k, r, c] of the reference.
        current: Counts float64[k, r, c] of the window, in the same groups.
        design_effects: By how much dependence of records inflates variance, 1 or more; of each pair
            or of all.
    """
    tables = np.stack([reference, current], axis=1)
    n, m = reference.sum(axis=(1, 2)), current.sum(axis=(1, 2))
    expected = _fit_without_interaction(tables)
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = np.where(expected > 0, (tables - expected) ** 2 / expected, 0.0)
        ratios = np.where(tables > 0, 2 * tables * np.log(tables / expected), 0.0)
    statistic = np.minimum(squares.sum(axis=(1, 2, 3)), ratios.sum(axis=(1, 2, 3))) / design_effects
    rows, columns = (
        np.count_nonzero((tables.sum(axis=axis) > 0).all(axis=1), axis=1) for axis in (3, 2)
    )
    dof = (rows - 1) * (columns - 1)
    is_tested = (np.minimum(n, m) >= MIN_PAIR_RECORDS) & (dof > 0) & _are_varied(tables)
    excess = np.maximum(statistic - dof, 0.0) * design_effects
    effect = np.sqrt(excess * (1 / np.maximum(n, 1) + 1 / np.maximum(m, 1)))
    p_value = chdtrc(np.maximum(dof, 1), statistic)
    return AssociationTests(
        cramers_v(reference),
        cramers_v(current),
        np.where(is_tested, effect, 0.0),
        np.where(is_tested, p_value, 1.0),
    )


def _are_varied(tables: Floats) -> NDArray[np.bool_]:
    """bool[k]: whether both columns have enough records beside their largest group on each side."""
    varied = np.ones(len(tables), dtype=np.bool_)
    for axis in (2, 3):
        margin = tables.sum(axis=axis)
        beside = (margin.sum(axis=2) - margin.max(axis=2)).min(axis=1)
        varied &= beside >= MIN_OFF_MODE_RECORDS
    return varied


def _fit_without_interaction(tables: Floats) -> Floats:
    """Expected counts float64[k, 2, r, c] with all margins of two of the three factors."""
    expected = np.ones_like(tables)
    for _ in range(ITERATIONS):
        largest = 0.0
        for axis in (1, 2, 3):
            observed = tables.sum(axis=axis, keepdims=True)
            fitted = expected.sum(axis=axis, keepdims=True)
            largest = max(largest, float(np.abs(observed - fitted).max(initial=0.0)))
            expected *= np.divide(observed, fitted, out=np.zeros_like(fitted), where=fitted > 0)
        if largest <= TOLERANCE:
            break
    return expected
