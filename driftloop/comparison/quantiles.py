"""Quantiles of a numeric column on one side, and how many values lie below a point.

Counts are exact at split points. Between two split points, which lie close within the reference's
range and far apart beyond it, the side's kept sample gives the distribution of the values.
"""

import math

import numpy as np

from driftloop.profile.column_pair import cumulative_counts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.profile.numeric.precision import Floats, round_to_resolution

MIN_SAMPLED = 20
"""Sampled values that an interval must hold; with fewer, its values are taken as evenly spread."""

NOTHING_SAMPLED: Floats = np.empty(0)
"""The sample of a side of which none was kept, such as single hours of the training data."""


class ColumnQuantiles:
    """Quantiles from counts and a sample of the same column.

    Args:
        binning: Has the split points.
        counts: Counts of one side on the binning.
        sampled: Values float64[k] of the side's sample, NaN where one is missing.
    """

    def __init__(
        self, binning: NumericBinning, counts: NumericCounts, sampled: Floats = NOTHING_SAMPLED
    ) -> None:
        self.counts = counts
        self._split_points = binning.split_points
        self._left, self._up_to = cumulative_counts(counts)
        finite = sampled[np.isfinite(sampled)]
        self._sampled = np.sort(round_to_resolution(finite, resolution=binning.resolution))

    def count_below(self, point: float) -> float:
        """The number of values at or below ``point``, estimated within an interval."""
        if not len(self._split_points):
            return 0.0
        position = int(np.searchsorted(self._split_points, point, side="right"))
        start = float(self._up_to[position - 1]) if position else 0.0
        if position and self._split_points[position - 1] == point:
            return start
        inside = int(self.counts.counts_between[position])
        low, high = self._interval(position)
        if not inside or point <= low:
            return start
        if point >= high:
            return start + inside
        sampled = self._sampled_between(position)
        if len(sampled) >= MIN_SAMPLED:
            part = float(np.searchsorted(sampled, point, side="right")) / len(sampled)
        else:
            part = (point - low) / (high - low)
        return start + inside * part

    def quantile(self, share: float) -> float | None:
        """The value that a share (0 to 1) of the values do not exceed; None without values."""
        if not self.counts.present or not len(self._split_points):
            return None
        rank = max(1.0, share * self.counts.present)
        position = int(np.searchsorted(self._up_to, rank - 1e-9))
        if position < len(self._up_to) and self._left[position] < rank:
            return float(self._split_points[position])
        start = int(self._up_to[position - 1]) if position else 0
        part = (rank - start) / max(int(self.counts.counts_between[position]), 1)
        low, high = self._interval(position)
        sampled = self._sampled_between(position)
        if len(sampled) >= MIN_SAMPLED:
            value = float(np.quantile(sampled, min(part, 1.0)))
        else:
            value = low + (high - low) * part
        return value if math.isfinite(value) else None

    def _interval(self, position: int) -> tuple[float, float]:
        """The ends of the interval before a split point, no wider than the side's extremes."""
        low = float(self._split_points[position - 1]) if position else self.counts.minimum
        high = (
            float(self._split_points[position])
            if position < len(self._split_points)
            else self.counts.maximum
        )
        return max(low, self.counts.minimum), min(high, self.counts.maximum)

    def _sampled_between(self, position: int) -> Floats:
        """Sampled values before a split point and after the previous one."""
        first, last = 0, len(self._sampled)
        if position:
            previous = self._split_points[position - 1]
            first = int(np.searchsorted(self._sampled, previous, side="right"))
        if position < len(self._split_points):
            last = int(np.searchsorted(self._sampled, self._split_points[position], side="left"))
        return self._sampled[first:last]
