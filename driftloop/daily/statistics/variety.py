"""Variety within the hour: the share of pairs of values of one hour that differ.

Of two values of one hour, drawn without replacement, the probability that they are alike is
sum n (n - 1) / (m (m - 1)): Simpson, "Measurement of Diversity", Nature 163 (1949). Its mean does
not depend on the number m of values, so that days of different traffic are comparable. Values that
all records of an hour share, such as the weather, have no variety. It does not depend on the level.
"""

import numpy as np

from driftloop.daily.column_day import ColumnDay, angle
from driftloop.daily.day import Counts


def variety(day: ColumnDay) -> float | None:
    """2 asin sqrt(1 - the share of pairs that are alike); None where no hour has two values."""
    alike = alike_share(day.current)
    return None if alike is None else angle(1 - alike)


def alike_share(counts: Counts) -> float | None:
    """The share of pairs of values of one hour that are alike, the hours weighted by their values.

    Args:
        counts: int64[hours, cells].

    Returns:
        The share; None where no hour has two values.
    """
    m = counts.sum(axis=1)
    counts, m = counts[m > 1], m[m > 1]
    if not len(m):
        return None
    alike = (counts * (counts - 1)).sum(axis=1) / (m * (m - 1))
    return float(np.average(alike, weights=m))
