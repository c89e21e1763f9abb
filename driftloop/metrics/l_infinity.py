"""The largest difference between the shares of a bin.

The distance that SageMaker Model Monitor names L-infinity for categorical columns; here also on
the deciles of the reference.
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
