"""The L-infinity distance: max |p - q|, the largest difference between the shares of a bin.

Source: SageMaker Model Monitor's distance of that name for categorical columns. Convention: here
also on numeric columns; bins are deciles of the reference, or categories.
"""

import numpy as np

from driftloop.profile.column_pair import BinnedCounts


def l_infinity(bins: BinnedCounts) -> float | None:
    """Distance in [0, 1]; None where a side has no record."""
    shares = bins.shares()
    if shares is None:
        return None
    p, q = shares
    return float(np.abs(p - q).max())
