"""Largest increase: by how much the share of one value or cell has grown, as Cohen's h."""

import numpy as np

from driftloop.daily.column_day import ColumnDay


def largest_increase(day: ColumnDay) -> float | None:
    """max over cells of 2 asin sqrt p - 2 asin sqrt q, p of the day, q expected."""
    if not day.values:
        return None
    p, q = np.clip(day.shares, 0, 1), np.clip(day.expected, 0, 1)
    return float(2 * np.max(np.arcsin(np.sqrt(p)) - np.arcsin(np.sqrt(q))))
