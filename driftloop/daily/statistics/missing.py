"""Missing values: the change of their share, as Cohen's h with its sign."""

from driftloop.daily.column_day import ColumnDay, angle


def missing(day: ColumnDay) -> float | None:
    """2 asin sqrt p - 2 asin sqrt q, the missing shares of the day and of the reference."""
    rows = day.values + day.current_missing
    if not rows:
        return None
    return angle(day.current_missing / rows) - angle(day.usual_missing_share)
