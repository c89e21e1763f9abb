"""Unseen values: the share of values that neither training data nor accepted days had."""

from driftloop.daily.column_day import ColumnDay, angle


def unseen(day: ColumnDay) -> float | None:
    """2 asin sqrt of the share: off the step of the training values, or new among them."""
    if day.unseen is None or not day.values:
        return None
    return angle(day.unseen / day.values)
