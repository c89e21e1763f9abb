"""The Jensen-Shannon distance: sqrt((KL(p || m) + KL(q || m)) / 2), with m = (p + q) / 2.

Sources: Lin, "Divergence measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37 (1991);
Endres and Schindelin, IEEE Trans. Inf. Theory 49 (2003), for the root being a metric. Convention:
distance (not divergence), logarithm to base 2, so that it lies in [0, 1]; bins are deciles of the
reference, or categories.
"""

import numpy as np
from scipy.special import rel_entr

from driftloop.profile.column_pair import BinnedCounts


def jensen_shannon(bins: BinnedCounts) -> float | None:
    """Distance in [0, 1]; None where a side has no record."""
    shares = bins.shares()
    if shares is None:
        return None
    p, q = shares
    m = (p + q) / 2
    divergence = (rel_entr(p, m).sum() + rel_entr(q, m).sum()) / 2 / np.log(2)
    return float(np.sqrt(np.clip(divergence, 0.0, 1.0)))
