"""Spread of a number within the day: the logarithm of the standard deviation of its scores."""

import numpy as np

from driftloop.daily.column_day import ColumnDay

MIN_DISTINCT_SCORES = 48
"""Different scores that a column must have: the spread of few values says nothing new."""

_MIN_VARIANCE = 1e-4


def spread(day: ColumnDay) -> float | None:
    """ln sqrt(mean(z^2) - mean(z)^2), z as in ``level``."""
    if not day.is_numeric or not day.values or day.distinct_scores <= MIN_DISTINCT_SCORES:
        return None
    square = float((day.current * day.scores**2).sum() / day.values)
    return float(0.5 * np.log(max(square - day.mean_score**2, _MIN_VARIANCE)))
