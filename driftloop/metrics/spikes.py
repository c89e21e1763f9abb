"""Single values of a numeric column whose share may have changed: a number for missing, a default,
a stuck sensor.

Each value that both samples together have often enough is one category, and all other values are
one more; they are tested as categories are (:mod:`driftloop.metrics.category_tests`). Values are
chosen by their count on both sides together, on which that test is conditional, so the choice does
not favor either side (Tarone, "A modified Bonferroni method for discrete data", Biometrics 46,
1990). A continuous column has hardly any such values.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.column_pair import BinnedCounts

Floats = NDArray[np.float64]

MIN_COUNT = 5
"""Records of both samples together that a value must have; one of fewer is never significant."""


SAME_DIGITS = 2e-5
"""Relative difference that values with the same six significant digits never exceed."""


class FrequentValues(NamedTuple):
    """Values float64[k] in ascending order, and counts of these and of all others, int64[k + 1]."""

    values: Floats
    bins: BinnedCounts


def has_frequent_values(values: Floats) -> bool:
    """Whether any value may be frequent enough, once values of six equal digits are one."""
    ordered = np.sort(values)
    first, last = ordered[: -(MIN_COUNT - 1)], ordered[MIN_COUNT - 1 :]
    return bool(np.any(last - first <= SAME_DIGITS * np.abs(last)))


def frequent_values(reference: Floats, current: Floats) -> FrequentValues:
    """Count every value that is frequent enough.

    Args:
        reference: Sampled values float64[n] of the reference, without missing ones.
        current: Sampled values float64[m] of the window, likewise.
    """
    values, counts = np.unique(np.concatenate([reference, current]), return_counts=True)
    chosen = values[counts >= MIN_COUNT]
    sides = []
    for side in (np.sort(reference), np.sort(current)):
        single = np.searchsorted(side, chosen, side="right") - np.searchsorted(side, chosen)
        sides.append(np.append(single, len(side) - single.sum()).astype(np.int64))
    return FrequentValues(chosen, BinnedCounts(*sides))
