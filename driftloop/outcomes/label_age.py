"""How old predictions were when their labels came, as counts of frozen ages."""

import numpy as np

from driftloop.outcomes.split_points import Counts, Floats

HOUR, DAY = 3600, 86_400

AGE_LIMITS = (
    *(hours * HOUR for hours in (6, 12)),
    *(days * DAY for days in (1, 2, 4, 7, 14, 30, 60, 90)),
)
"""Upper limits in seconds, which are part of their interval. One more interval has all older
labels."""

AGES = len(AGE_LIMITS) + 1
"""Number of intervals."""


def age_codes(ages: Floats) -> Counts:
    """int64[n], the interval of each age in seconds; -1 where the age is not known (NaN)."""
    codes = np.searchsorted(AGE_LIMITS, ages)
    return np.where(np.isnan(ages), -1, codes)


def count_ages(codes: Counts, ages: Floats | None, size: int) -> Counts:
    """int64[size, AGES]: labeled rows by code, int64[n] from 0 to ``size`` - 1, and by age.

    Rows whose age is NaN are left away; all are, if ``ages`` is None.
    """
    if ages is None:
        return np.zeros((size, AGES), dtype=np.int64)
    intervals = age_codes(ages)
    known = intervals >= 0
    counts = np.bincount(codes[known] * AGES + intervals[known], minlength=size * AGES)
    return counts.reshape(size, AGES).astype(np.int64)
