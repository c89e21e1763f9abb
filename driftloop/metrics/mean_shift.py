"""A Kolmogorov-Smirnov distance as the mean shift that would cause it: d = 2 Phi^-1((1 + D) / 2).

Two normal distributions of one variance, whose means are d standard deviations apart, have
D = 2 Phi(d / 2) - 1 (the distance is largest half-way between the means).
"""

from scipy.special import ndtri


def mean_shift(distance: float, n: int, m: int) -> float:
    """d >= 0 in standard deviations.

    Args:
        distance: D in [0, 1]. Within half a record of 1 it is read as 1 less half a record of the
            smaller side, so that d stays finite and means "at least".
        n: Records of the reference.
        m: Records of the window.
    """
    largest = 1 - 0.5 / min(n, m)
    return float(2 * ndtri((1 + min(distance, largest)) / 2))
