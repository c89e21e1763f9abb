"""The population stability index, raw and less its bias: PSI = sum (q - p) ln(q / p) over bins.

Source: Siddiqi, "Credit Risk Scorecards" (2006); it is Jeffreys' divergence (Lin 1991). Convention:
natural logarithm; bins are deciles of the reference, or categories; an empty bin counts as half a
record, and bins that are empty on both sides are left away.

Without drift PSI is about (b - 1)(1/n + 1/m) on b bins (Yurdakul and Naranjo, "Statistical
properties of the population stability index", J. Risk Model Validation 14, 2020): 0.09 at 200
records on ten bins. The corrected index subtracts this and is clipped at 0.
"""

import numpy as np

from driftloop.profile.column_pair import BinnedCounts

EMPTY_BIN_RECORDS = 0.5
"""Records that an empty bin counts as, since ln 0 is not finite."""


def psi(bins: BinnedCounts) -> float | None:
    """PSI >= 0; None where a side has no record."""
    used = (bins.reference + bins.current) > 0
    n, m = int(bins.reference.sum()), int(bins.current.sum())
    if not n or not m:
        return None
    p = np.maximum(bins.reference[used], EMPTY_BIN_RECORDS) / n
    q = np.maximum(bins.current[used], EMPTY_BIN_RECORDS) / m
    return float(np.sum((q - p) * np.log(q / p)))


def psi_corrected(bins: BinnedCounts) -> float | None:
    """PSI less its expectation without drift, >= 0; None where a side has no record."""
    raw = psi(bins)
    if raw is None:
        return None
    b = int(np.count_nonzero(bins.reference + bins.current))
    n, m = int(bins.reference.sum()), int(bins.current.sum())
    return max(0.0, raw - (b - 1) * (1 / n + 1 / m))
