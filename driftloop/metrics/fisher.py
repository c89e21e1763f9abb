"""Fisher's exact test of the 2 x 2 table, two-sided: all tables at most as likely as this one.

Fisher, "The logic of inductive inference", J. R. Stat. Soc. 98 (1935). The hypergeometric
probabilities fall off on both sides of their mode, so each tail is summed from where it begins.
"""

import math
from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from driftloop.profile.column_pair import MissingCounts

_SLACK = 1e-7  # equal probabilities may differ in their last bits
_TAIL = 1000


def fisher_exact(missing_counts: MissingCounts, design_effect: float = 1.0) -> float | None:
    """The p-value of a change in the missing share; None where a side has no record.

    Dependent records count as all four numbers divided by their design effect, and rounded.
    """
    n, m, before, now = (
        round(count / design_effect)
        for count in (
            missing_counts.reference_records,
            missing_counts.current_records,
            missing_counts.reference_missing,
            missing_counts.current_missing,
        )
    )
    if not missing_counts.reference_records or not missing_counts.current_records:
        return None
    if before + now in (0, n + m):
        return 1.0
    return _two_sided(now, n, m, before + now)


def _two_sided(seen: int, n: int, m: int, absent: int) -> float:
    """P over k of the window's ``absent`` among m, given ``absent`` among n + m."""
    lowest, highest = max(0, absent - n), min(m, absent)
    mode = min(max((m + 1) * (absent + 1) // (n + m + 2), lowest), highest)

    def log_mass(k: NDArray[np.int64] | int) -> NDArray[np.float64]:
        return _log_choose(m, k) + _log_choose(n, absent - np.asarray(k)) - whole

    whole = _log_choose(n + m, absent)
    limit = float(log_mass(seen)) + _SLACK
    below = range(lowest, mode)
    above = range(mode, highest + 1)
    lower = bisect_right(below, limit, key=lambda k: float(log_mass(k))) + lowest - 1
    upper = bisect_left(above, -limit, key=lambda k: -float(log_mass(k))) + mode
    std = math.sqrt(m * (absent / (n + m)) * (1 - absent / (n + m))) + 1
    length = _TAIL + int(40 * std)
    tails = [
        np.arange(max(lowest, lower - length), lower + 1),
        np.arange(upper, min(highest, upper + length) + 1),
    ]
    total = sum(float(np.exp(log_mass(k)).sum()) for k in tails)
    return min(1.0, total)


def _log_choose(n: int, k: NDArray[np.int64] | int) -> NDArray[np.float64]:
    size = np.asarray(k, dtype=np.float64)
    return np.asarray(gammaln(n + 1.0) - gammaln(size + 1) - gammaln(n - size + 1))
