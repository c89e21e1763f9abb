"""The Wasserstein-1 distance: W = integral |F(x) - G(x)| dx / s.

F and G are the distribution functions of the reference and of the window, and s is the standard
deviation of the reference (ddof = 0). Source: Vallender, Theory Probab. Appl. 18 (1974).
Convention: both functions are taken as straight lines between split points, where they are not
known.
"""

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.column_pair import CdfPair

Floats = NDArray[np.float64]


def wasserstein(pair: CdfPair) -> float | None:
    """W >= 0 in standard deviations of the reference; None where that is 0 or W is not finite."""
    if not pair.reference_std or not np.isfinite([pair.low, pair.high]).all():
        return None
    inside = np.clip(pair.split_points, pair.low, pair.high)
    ends = np.concatenate([[pair.low], inside, [pair.high]])
    start = np.append(0.0, pair.reference_at - pair.current_at)
    stop = np.append(pair.reference_left - pair.current_left, 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        area = float(np.sum(np.diff(ends / pair.reference_std) * _mean_absolute(start, stop)))
    return area if np.isfinite(area) else None


def _mean_absolute(start: Floats, stop: Floats) -> Floats:
    """Mean float64[k] of the absolute value of a straight line from ``start`` to ``stop``."""
    total = np.abs(start) + np.abs(stop)
    crosses_zero = start * stop < 0
    safe = np.where(total > 0, total, 1.0)
    return np.where(crosses_zero, (start**2 + stop**2) / (2 * safe), total / 2)
