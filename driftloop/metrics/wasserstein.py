"""The Wasserstein-1 distance: W = integral |F(x) - G(x)| dx / s.

F and G are the distribution functions of the reference and of the window, and s is the standard
deviation of the reference (ddof = 0). Source: Vallender, Theory Probab. Appl. 18 (1974).
Convention: both functions are taken as straight lines between split points, where they are not
known. In the bulk split points are close. The outermost values may be anywhere in a wide interval,
which for a heavy tail, or a number for missing far away, is most of the integral: then there is no
figure rather than a wrong one.
"""

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.column_pair import CdfPair

Floats = NDArray[np.float64]

MAX_TAIL_SHARE = 0.05
"""Share of the distance that the outermost intervals of a tail may hold."""

TAIL_MASS = 0.001
"""Share of the reference beyond which an interval is one of the outermost."""

SMALLEST_MASS = 1e-12
"""Mass in an interval above which it is more than an error of floating-point subtraction."""


def wasserstein(pair: CdfPair) -> float | None:
    """W >= 0 in standard deviations of the reference.

    None where that is 0, W is not finite, or the outermost intervals hold much of it.
    """
    if not pair.reference_std or not np.isfinite([pair.low, pair.high]).all():
        return None
    inside = np.clip(pair.split_points, pair.low, pair.high)
    ends = np.concatenate([[pair.low], inside, [pair.high]])
    start = np.append(0.0, pair.reference_at - pair.current_at)
    stop = np.append(pair.reference_left - pair.current_left, 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        areas = np.diff(ends / pair.reference_std) * _mean_absolute(start, stop)
        area = float(np.sum(areas))
    if not np.isfinite(area) or _tail_area(pair, areas) > MAX_TAIL_SHARE * area:
        return None
    return area


def _tail_area(pair: CdfPair, areas: Floats) -> float:
    """The larger area of the intervals of either tail in which values lie: those beyond nearly all
    of the reference, and the outermost one."""
    known = np.append(0.0, pair.reference_at), np.append(pair.reference_left, 1.0)
    current = np.append(0.0, pair.current_at), np.append(pair.current_left, 1.0)
    inside = (known[1] - known[0]) + (current[1] - current[0])
    occupied = np.flatnonzero(inside > SMALLEST_MASS)
    if not len(occupied):
        return 0.0
    lower = occupied[(known[1][occupied] <= TAIL_MASS) | (occupied == occupied[0])]
    upper = occupied[(1 - known[0][occupied] <= TAIL_MASS) | (occupied == occupied[-1])]
    return float(max(areas[lower].sum(), areas[upper].sum()))


def _mean_absolute(start: Floats, stop: Floats) -> Floats:
    """Mean float64[k] of the absolute value of a straight line from ``start`` to ``stop``."""
    total = np.abs(start) + np.abs(stop)
    crosses_zero = start * stop < 0
    safe = np.where(total > 0, total, 1.0)
    return np.where(crosses_zero, (start**2 + stop**2) / (2 * safe), total / 2)
