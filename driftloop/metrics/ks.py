"""The two-sample Kolmogorov-Smirnov distance, from counts at and between knots.

D = sup |F(x) - G(x)| is reached at, or just left of, a value of the reference: between two of them
F is constant and G monotone. So it is exact where every value of the reference is a knot.
"""

import numpy as np
from scipy.special import kolmogorov

from driftloop.profile.column_pair import CdfPair


def ks(pair: CdfPair) -> float | None:
    """D in [0, 1] over all knots."""
    at = np.abs(pair.reference_at - pair.current_at).max()
    left = np.abs(pair.reference_left - pair.current_left).max()
    return float(max(at, left))


def ks_max_error(pair: CdfPair) -> float:
    """By how much the exact D may exceed :func:`ks`: the reference's largest mass within which
    the functions are not known, between two knots or where one knot stands for several values."""
    starts = np.append(0.0, pair.reference_at)
    ends = np.append(pair.reference_left, 1.0)
    gap = float((ends - starts).max())
    return max(pair.tie_tolerance, gap if gap > np.finfo(np.float64).eps * len(ends) else 0.0)


def ks_p_value(distance: float, n: float, m: float) -> float:
    """P(D >= distance) for two samples of one continuous distribution.

    Stephens, "Use of the Kolmogorov-Smirnov, Cramér-von Mises and related statistics without
    extensive tables", J. R. Stat. Soc. B 32 (1970): with N = nm/(n + m), the limiting
    distribution at D (sqrt N + 0.12 + 0.11 / sqrt N). Conservative where values tie. Dependent
    records count as n and m divided by their design effect.
    """
    root = np.sqrt(n / (n + m) * m)
    return float(kolmogorov(distance * (root + 0.12 + 0.11 / root)))
