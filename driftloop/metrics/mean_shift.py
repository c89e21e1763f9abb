"""A Kolmogorov-Smirnov distance as the mean shift, in standard deviations, that would make it.

Two normal distributions of one variance and means d apart have D = 2 Phi(d / 2) - 1, so
d = 2 Phi^-1((1 + D) / 2).
"""

from scipy.special import ndtri


def mean_shift(distance: float, n: int, m: int) -> float:
    """d >= 0. A distance within half a record of 1 is read as that: d says "at least" there."""
    nearest = 1 - 0.5 / min(n, m)
    return float(2 * ndtri((1 + min(distance, nearest)) / 2))
