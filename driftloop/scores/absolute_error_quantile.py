"""Quantiles of the absolute error |y - f|, in the target's unit. Less is better.

The quantile of a share s is the ceil(s n)-th smallest value (type 1 of Hyndman and Fan, "Sample
quantiles in statistical packages", Am. Stat. 50, 1996). It is exact where its cell has one value.
In another cell it is placed by its rank between the ends of the cell, which bound the error.

The interval is that of order statistics: the number of values below the quantile is binomial
(David and Nagaraja, "Order Statistics", 2003, section 7.1).
"""

import math
from collections.abc import Callable

import numpy as np

from driftloop.outcomes.score_sums import RegressionSums, ScoreValue

Interval = Callable[[RegressionSums, float, float], tuple[float, float] | None]


def absolute_error_quantile(share: float) -> Callable[[RegressionSums], ScoreValue]:
    """The function that computes the quantile of a share, such as 0.9."""

    def quantile(sums: RegressionSums) -> ScoreValue:
        if not sums.rows > 0:
            return ScoreValue.not_defined("no record has a label")
        return _order_statistic(sums, math.ceil(share * sums.rows - 1e-9))

    return quantile


def order_statistics_interval(share: float) -> Interval:
    """The function that computes the interval of that quantile."""

    def interval(
        sums: RegressionSums, z: float, design_effect: float
    ) -> tuple[float, float] | None:
        if not sums.rows > 1:
            return None
        half = z * (share * (1 - share) * sums.rows * design_effect) ** 0.5
        low = _order_statistic(sums, math.floor(share * sums.rows - half))
        high = _order_statistic(sums, math.ceil(share * sums.rows + half) + 1)
        if low.value is None or high.value is None:
            return None
        return low.value - low.bound, high.value + high.bound

    return interval


def _order_statistic(sums: RegressionSums, rank: int) -> ScoreValue:
    """The value of a rank, which counts from 1 and is moved into the ranks that there are."""
    up_to = np.cumsum(sums.counts)
    found = min(max(rank, 1), round(sums.rows))
    cell = int(np.searchsorted(up_to, found - 0.5))
    count = sums.counts[cell]
    position = (found - (up_to[cell] - count) - 0.5) / count
    low, high = float(sums.low[cell]), float(sums.high[cell])
    value = low + (high - low) * float(position)
    return ScoreValue(value, max(value - low, high - value))
