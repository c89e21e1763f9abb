"""Values out of range: the share of numbers beyond all earlier ones by half of their range."""

from driftloop.daily.column_day import ColumnDay, angle


def out_of_range(day: ColumnDay) -> float | None:
    """2 asin sqrt of the share."""
    if day.out_of_range is None or not day.values:
        return None
    return angle(day.out_of_range / day.values)
