"""The hypergeometric test of each category by itself.

If the c records of a category are distributed at random over n reference and m current records,
the number k among the m is hypergeometric. A category that only one side has is tested exactly:
P = C(m, c) / C(n + m, c) for a new one. The others are tested by Hoeffding's bound of the tail,
which never understates the p-value: P <= exp(-c KL(k / c || m / (n + m))) and
P <= exp(-m KL(k / m || c / (n + m))).

Source: Hoeffding, J. Am. Stat. Assoc. 58 (1963), theorem 1 and section 6. Convention: two-sided,
times the number of categories (Bonferroni). So a category is found that is too rare in the
reference for a chi-square test. The summed share of many rare new categories, which is high even
without drift, is not tested here.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, rel_entr

from driftloop.profile.column_pair import BinnedCounts

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


def category_p_values(bins: BinnedCounts, design_effect: float = 1.0) -> Floats:
    """Test each category.

    Args:
        bins: Counts of both sides, one bin for each category.
        design_effect: By how much dependence of records inflates variance, 1 or more. All counts
            are divided by it and rounded.

    Returns:
        p float64[b], times two and times the number of categories; 1 where a side has no record.
    """
    sides = (bins.reference, bins.current)
    n, m = (round(int(side.sum()) / design_effect) for side in sides)
    if not n or not m:
        return np.ones(len(bins.reference))
    reference, current = (np.rint(side / design_effect).astype(np.int64) for side in sides)
    is_new, has_disappeared = bins.reference == 0, bins.current == 0
    log_p = _log_bound(reference, current, n, m)
    log_p[is_new] = _log_one_sided(m, n, current[is_new])
    log_p[has_disappeared] = _log_one_sided(n, m, reference[has_disappeared])
    categories = int(np.count_nonzero(bins.reference + bins.current))
    return np.asarray(np.minimum(1.0, np.exp(log_p) * 2 * max(categories, 1)), dtype=np.float64)


def _log_bound(reference: Counts, current: Counts, n: int, m: int) -> Floats:
    """The logarithm of the smaller of both bounds, float64[b]."""
    c, total = np.minimum(reference + current, n + m), n + m
    k = np.minimum(current, np.minimum(c, m))
    by_category = c * _divergence(k / np.maximum(c, 1), np.full(len(k), m / total))
    by_window = m * _divergence(k / m, c / total)
    return np.asarray(-np.maximum(by_category, by_window), dtype=np.float64)


def _divergence(share: Floats, expected: Floats) -> Floats:
    """KL(share || expected) of two Bernoulli distributions, float64[b]."""
    return np.asarray(
        rel_entr(share, expected) + rel_entr(1 - share, 1 - expected), dtype=np.float64
    )


def _log_one_sided(own: int, other: int, count: Counts) -> Floats:
    """The logarithm of C(own, count) / C(own + other, count), float64[b]."""
    total = own + other
    count = np.minimum(count, own)  # rounding may have added one
    log_p = (
        gammaln(own + 1.0)
        - gammaln(own - count + 1.0)
        - gammaln(total + 1.0)
        + gammaln(total - count + 1.0)
    )
    return np.asarray(np.minimum(log_p, 0.0), dtype=np.float64)
