"""The hypergeometric test of each level by itself.

If the c records of a level are dealt at random to n and m records, the number k among the m is
hypergeometric. A level that one side alone has is tested exactly, by C(m, c) / C(n + m, c) for a
new one; others by Hoeffding's bound of the tail, which never errs towards drift:
P <= exp(-c KL(k / c || m / (n + m))) and P <= exp(-m KL(k / m || c / (n + m))) (J. Am. Stat. Assoc.
58, 1963, theorem 1 and section 6). So a level is seen that was too rare in the reference for a
chi-square test; and the summed share of many rare new levels, which is high where nothing has
changed, is never asked for.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, rel_entr

from driftloop.profile.column_pair import BinnedCounts

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


def category_p_values(bins: BinnedCounts, design_effect: float = 1.0) -> Floats:
    """p float64[b], two-sided and times the number of levels (Bonferroni).

    Dependent records count as all counts divided by their design effect, and rounded. 1 where a
    side has no record.
    """
    sides = (bins.reference, bins.current)
    n, m = (round(int(side.sum()) / design_effect) for side in sides)
    if not n or not m:
        return np.ones(len(bins.reference))
    old, now = (np.rint(side / design_effect).astype(np.int64) for side in sides)
    new, vanished = bins.reference == 0, bins.current == 0
    logs = _bound(old, now, n, m)
    logs[new] = _all_on(m, n, now[new])
    logs[vanished] = _all_on(n, m, old[vanished])
    categories = int(np.count_nonzero(bins.reference + bins.current))
    return np.asarray(np.minimum(1.0, np.exp(logs) * 2 * max(categories, 1)), dtype=np.float64)


def _bound(old: Counts, now: Counts, n: int, m: int) -> Floats:
    """The logarithm of the smaller of both bounds."""
    count, total = np.minimum(old + now, n + m), n + m
    now = np.minimum(now, np.minimum(count, m))
    by_category = count * _divergence(now / np.maximum(count, 1), np.full(len(now), m / total))
    by_window = m * _divergence(now / m, count / total)
    return np.asarray(-np.maximum(by_category, by_window), dtype=np.float64)


def _divergence(share: Floats, expected: Floats) -> Floats:
    """Kullback and Leibler's, of one share from another."""
    return np.asarray(
        rel_entr(share, expected) + rel_entr(1 - share, 1 - expected), dtype=np.float64
    )


def _all_on(own: int, other: int, count: Counts) -> Floats:
    """The logarithm of C(own, count) / C(own + other, count)."""
    total = own + other
    count = np.minimum(count, own)  # rounding may have added one
    logs = (
        gammaln(own + 1.0)
        - gammaln(own - count + 1.0)
        - gammaln(total + 1.0)
        + gammaln(total - count + 1.0)
    )
    return np.asarray(np.minimum(logs, 0.0), dtype=np.float64)
