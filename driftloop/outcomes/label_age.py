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
