"""Variety within the hour: the share of values that differ from the most frequent of their hour.

Values that all records of an hour share, such as the weather, have none. It does not depend on the
level.
"""

from driftloop.daily.column_day import ColumnDay, angle


def variety(day: ColumnDay) -> float | None:
    """2 asin sqrt(1 - sum over hours of max over cells of n / m)."""
    if not day.values:
        return None
    return angle(1 - float(day.current.max(axis=1).sum()) / day.values)
