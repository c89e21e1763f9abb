"""The population stability index less its own bias.

Without any drift PSI is about (b - 1)(1/n + 1/m) on b bins (Yurdakul and Naranjo, "Statistical
properties of the population stability index", J. Risk Model Validation 14 (2020)): at 200 records
on ten bins that is 0.09 of nothing. What remains is clipped at 0.
"""

import numpy as np

from driftloop.profile.pair import BinnedCounts

EMPTY = 0.5


def psi_corrected(bins: BinnedCounts) -> float | None:
    """PSI (half a record for an empty bin) less its expectation; None where a side is empty."""
    used = (bins.reference + bins.current) > 0
    old, new = bins.reference[used], bins.current[used]
    n, m = int(old.sum()), int(new.sum())
    if not n or not m:
        return None
    p, q = np.maximum(old, EMPTY) / n, np.maximum(new, EMPTY) / m
    raw = float(np.sum((q - p) * np.log(q / p)))
    return max(0.0, raw - (len(old) - 1) * (1 / n + 1 / m))
