"""The population stability index: sum (q - p) ln(q / p) over bins.

Siddiqi, "Credit Risk Scorecards" (2006); it is Jeffreys' divergence (Lin 1991). Convention: natural
logarithm, deciles of the reference (or levels), and an empty bin counts as half a record.

The population stability index less its own bias.

Without any drift PSI is about (b - 1)(1/n + 1/m) on b bins (Yurdakul and Naranjo, "Statistical
properties of the population stability index", J. Risk Model Validation 14 (2020)): at 200 records
on ten bins that is 0.09 of nothing. What remains is clipped at 0.
"""

import numpy as np

from driftloop.profile.column_pair import BinnedCounts

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
