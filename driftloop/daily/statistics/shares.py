"""Shares of categories: the Hellinger distance, less what chance alone would give.

Hellinger, J. reine angew. Math. 136 (1909). Under the null, 4 m sum (sqrt p - sqrt q)^2 is about
chi-square with k - 1 degrees of freedom (Freeman and Tukey, Ann. Math. Stat. 21, 1950), whose mean
is subtracted.
"""

import numpy as np

from driftloop.daily.column_day import ColumnDay

MIN_EXPECTED_SHARE = 0.001
"""Categories that expect less are one cell."""


def shares(day: ColumnDay) -> float | None:
    """2 sqrt(max(0, 2 - 2 sum sqrt(p q) - (k - 1) / (4 m))), p of the day, q expected."""
    if day.is_numeric or not day.values:
        return None
    is_rare = day.expected < MIN_EXPECTED_SHARE
    q = np.append(day.expected[~is_rare], day.expected[is_rare].sum())
    p = np.append(day.shares[~is_rare], day.shares[is_rare].sum())
    k = int(np.count_nonzero(q))
    distance = 2 - 2 * float(np.sqrt(p * q).sum()) - (k - 1) / 4 / day.values
    return float(2 * np.sqrt(max(0.0, distance)))
