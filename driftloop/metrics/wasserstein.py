"""The Wasserstein-1 distance: the area between the distribution functions.

Vallender, Theory Probab. Appl. 18 (1974). Convention: divided by the reference's standard deviation
(ddof = 0). Both functions are taken as straight between knots, where they are not known.
"""

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.column_pair import CdfPair


def wasserstein(pair: CdfPair) -> float | None:
    """Distance >= 0 in standard deviations of the reference; None where that has none."""
    if not pair.reference_std or not np.isfinite([pair.low, pair.high]).all():
        return None
    inside = np.clip(pair.split_points, pair.low, pair.high)
    ends = np.concatenate([[pair.low], inside, [pair.high]])
    start = np.append(0.0, pair.reference_at - pair.current_at)
    stop = np.append(pair.reference_left - pair.current_left, 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        area = float(np.sum(np.diff(ends / pair.reference_std) * _mean_size(start, stop)))
    return area if np.isfinite(area) else None


def _mean_size(
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean of the absolute value of a line from ``start`` to ``stop``."""
    total = np.abs(start) + np.abs(stop)
    crossing = start * stop < 0
    safe = np.where(total > 0, total, 1.0)
    return np.where(crossing, (start**2 + stop**2) / (2 * safe), total / 2)
