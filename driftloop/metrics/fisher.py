"""Fisher's exact test of the 2 x 2 table, two-sided: the sum over tables at most as likely.

Source: Fisher, "The logic of inductive inference", J. R. Stat. Soc. 98 (1935). Given both margins,
the current count k is hypergeometric: P(k) = C(m, k) C(n, K - k) / C(n + m, K). P falls off on both
sides of its mode, so each tail is summed from where P drops to that of the observed table.

``scipy.stats.fisher_exact`` gives the same p-values (a property test holds this to it). It is not
used here because the Lambda function ``detect`` imports this module, and importing ``scipy.stats``
would add 0.4 s to its cold start.
"""

import math
from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from driftloop.profile.column_pair import MissingCounts

_TIE_TOLERANCE = 1e-7
"""Relative difference up to which two probabilities count as equal: last bits may differ."""

_MIN_TAIL_TERMS = 1000
"""Terms of each tail that are summed at least; 40 standard deviations more are always included."""

Floats = NDArray[np.float64]


def fisher_exact(missing_counts: MissingCounts, design_effect: float = 1.0) -> float | None:
    """Test whether the share of missing values changed.

    Args:
        missing_counts: Records without a value, and all records, of both sides.
        design_effect: By how much dependence of records inflates variance, 1 or more. All four
            counts are divided by it and rounded.

    Returns:
        The p-value; None where a side has no record.
    """
    n, m, reference, current = (
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
    if reference + current in (0, n + m):
        return 1.0
    return _two_sided(current, n, m, reference + current)


def _two_sided(observed: int, n: int, m: int, missing: int) -> float:
    """P over k, the missing values among the current m, given ``missing`` among n + m."""
    lowest, highest = max(0, missing - n), min(m, missing)
    mode = min(max((m + 1) * (missing + 1) // (n + m + 2), lowest), highest)
    log_all = _log_choose(n + m, missing)

    def log_mass(k: NDArray[np.int64] | int) -> Floats:
        return _log_choose(m, k) + _log_choose(n, missing - np.asarray(k)) - log_all

    limit = float(log_mass(observed)) + _TIE_TOLERANCE
    below = range(lowest, mode)
    above = range(mode, highest + 1)
    lower = bisect_right(below, limit, key=lambda k: float(log_mass(k))) + lowest - 1
    upper = bisect_left(above, -limit, key=lambda k: -float(log_mass(k))) + mode
    std = math.sqrt(m * (missing / (n + m)) * (1 - missing / (n + m))) + 1
    length = _MIN_TAIL_TERMS + int(40 * std)
    tails = [
        np.arange(max(lowest, lower - length), lower + 1),
        np.arange(upper, min(highest, upper + length) + 1),
    ]
    total = sum(float(np.exp(log_mass(k)).sum()) for k in tails)
    return min(1.0, total)


def _log_choose(n: int, k: NDArray[np.int64] | int) -> Floats:
    size = np.asarray(k, dtype=np.float64)
    return np.asarray(gammaln(n + 1.0) - gammaln(size + 1) - gammaln(n - size + 1))
