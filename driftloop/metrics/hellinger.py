"""The Hellinger distance: H = sqrt(1 - sum sqrt(p q)) = sqrt(sum (sqrt p - sqrt q)^2 / 2).

Source: Hellinger, J. reine angew. Math. 136 (1909). Convention: divided by sqrt 2, so that it lies
in [0, 1]; bins are deciles of the reference, or categories.
"""

import numpy as np

from driftloop.profile.column_pair import BinnedCounts


def hellinger(bins: BinnedCounts) -> float | None:
    """H in [0, 1]; None where a side has no record."""
    shares = bins.shares()
    if shares is None:
        return None
    p, q = shares
    # unlike 1 - sum sqrt(p q), the sum of squares keeps its digits where p and q are near
    squares = np.sum((np.sqrt(p) - np.sqrt(q)) ** 2)
    return float(min(1.0, np.sqrt(squares / 2)))
