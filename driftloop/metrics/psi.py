"""The population stability index: sum (q - p) ln(q / p) over bins.

Siddiqi, "Credit Risk Scorecards" (2006); it is Jeffreys' divergence (Lin 1991). Convention: natural
logarithm, deciles of the reference (or levels), and an empty bin counts as half a record.
"""

import numpy as np

from driftloop.profile.pair import BinnedCounts

EMPTY = 0.5


def psi(bins: BinnedCounts) -> float | None:
    """PSI >= 0; None where a side has no record."""
    used = (bins.reference + bins.current) > 0
    old, new = bins.reference[used], bins.current[used]
    if not old.sum() or not new.sum():
        return None
    p = np.maximum(old, EMPTY) / old.sum()
    q = np.maximum(new, EMPTY) / new.sum()
    return float(np.sum((q - p) * np.log(q / p)))
