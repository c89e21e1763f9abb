"""The hypergeometric test of levels that one side alone has.

If c records of a level are dealt at random to n and m records, all fall among the m with
probability C(m, c) / C(n + m, c). Each level is tested by itself: the summed share of many rare
new levels is high where nothing has changed.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from driftloop.profile.pair import Bins


def absent_level_p_values(bins: Bins, design_effect: float = 1.0) -> NDArray[np.float64]:
    """p float64[b], two-sided and times the number of levels (Bonferroni), 1 where both have it.

    Dependent records count as all counts divided by their design effect, and rounded.
    """
    old, now = (
        np.rint(side / design_effect).astype(np.int64) for side in (bins.reference, bins.current)
    )
    n, m = (round(int(side.sum()) / design_effect) for side in (bins.reference, bins.current))
    new, vanished = bins.reference == 0, bins.current == 0
    levels = int(np.count_nonzero(bins.reference + bins.current))
    single = np.ones(len(bins.reference))
    single[new] = _all_on(m, n, now[new])
    single[vanished] = np.minimum(single[vanished], _all_on(n, m, old[vanished]))
    return np.minimum(1.0, single * 2 * max(levels, 1))


def _all_on(own: int, other: int, count: NDArray[np.int64]) -> NDArray[np.float64]:
    """C(own, count) / C(own + other, count), by logarithms of factorials."""
    total = own + other
    logs = (
        gammaln(own + 1.0)
        - gammaln(own - count + 1.0)
        - gammaln(total + 1.0)
        + gammaln(total - count + 1.0)
    )
    return np.asarray(np.exp(np.minimum(logs, 0.0)), dtype=np.float64)
