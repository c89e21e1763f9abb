"""The two-sample Kolmogorov-Smirnov distance D = sup |F(x) - G(x)|, its error bound and p-value.

F and G are the distribution functions of the reference and of the window. They are known at and
just left of each split point. The supremum is reached at a value of the reference or just left of
one, since between two of them F is constant and G monotone. So D is exact where every value of the
reference is a split point.

Source of the p-value: Stephens, "Use of the Kolmogorov-Smirnov, Cramér-von Mises and related
statistics without extensive tables", J. R. Stat. Soc. B 32 (1970).

``scipy.stats.ks_2samp`` needs the samples, which a profile does not keep; and the Lambda function
``detect`` imports this module, so that importing ``scipy.stats`` would add 0.4 s to its cold start.
Tests hold both functions to scipy's.
"""

import numpy as np
from scipy.special import kolmogorov

from driftloop.profile.column_pair import CdfPair


def ks(pair: CdfPair) -> float | None:
    """D in [0, 1] over all split points."""
    at = np.abs(pair.reference_at - pair.current_at).max()
    left = np.abs(pair.reference_left - pair.current_left).max()
    return float(max(at, left))


def ks_max_error(pair: CdfPair) -> float:
    """By how much the exact D may exceed :func:`ks`.

    It is the reference's largest mass within which the functions are not known: between two split
    points, or where one split point stands for several values.
    """
    starts = np.append(0.0, pair.reference_at)
    ends = np.append(pair.reference_left, 1.0)
    gap = float((ends - starts).max())
    return max(pair.tie_tolerance, gap if gap > np.finfo(np.float64).eps * len(ends) else 0.0)


def ks_p_value(distance: float, n: float, m: float) -> float:
    """P(D >= distance) for two samples of one continuous distribution.

    With N = n m / (n + m) it is the limiting distribution at D (sqrt N + 0.12 + 0.11 / sqrt N).
    From 100 records a side on it is within 25% of the exact p-value, and conservative where values
    tie.

    Args:
        distance: D.
        n: Records of the reference; of dependent records, divided by their design effect.
        m: Records of the window, likewise.
    """
    root = np.sqrt(n / (n + m) * m)
    return float(kolmogorov(distance * (root + 0.12 + 0.11 / root)))
