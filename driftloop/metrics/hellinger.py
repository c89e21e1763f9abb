"""The Hellinger distance: sqrt(1 - sum sqrt(p q)).

Hellinger, J. reine angew. Math. 136 (1909). Convention: divided by sqrt 2, so that it lies in
[0, 1]; deciles of the reference, or levels.
"""

import numpy as np

from driftloop.profile.column_pair import BinnedCounts


def hellinger(bins: BinnedCounts) -> float | None:
    """Distance in [0, 1]; None where a side has no record."""
    shares = bins.shares()
    if shares is None:
        return None
    p, q = shares
    # the sum of squares, unlike 1 - sum sqrt(pq), keeps its digits when p and q are near
    return float(min(1.0, np.sqrt(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2)))
