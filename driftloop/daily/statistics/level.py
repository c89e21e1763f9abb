"""Level of a number: the mean normal score of the day's values in the same hours before.

Its source is the normal scores test: van der Waerden, Indagationes Mathematicae 14 (1952).
"""

from driftloop.daily.column_day import ColumnDay


def level(day: ColumnDay) -> float | None:
    """mean(z), z the normal score of the mid-rank in the reference's same hour."""
    return day.mean_score if day.is_numeric and day.values else None
