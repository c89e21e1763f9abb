"""A numeric column of one side: how many values lie below any point, and which point has a share.

At knots counts are exact. Between two knots, which lie close within the reference's range and far
apart beyond it, the side's kept sample says where the values are.
"""

import math

import numpy as np

from driftloop.profile.column_pair import cumulative_counts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.profile.numeric.precision import Floats, round_to_resolution

MIN_SAMPLED = 20
"""Sampled values that an interval must hold to say more than that its values lie evenly."""

NOTHING_SAMPLED: Floats = np.empty(0)


class ColumnQuantiles:
    """Counts on a grid, with ``sampled`` float64[k] of the same column (NaN where missing)."""

    def __init__(
        self, binning: NumericBinning, counts: NumericCounts, sampled: Floats = NOTHING_SAMPLED
    ) -> None:
        self.counts = counts
        self._split_points = binning.split_points
        self._left, self._up_to = cumulative_counts(counts)
        finite = sampled[np.isfinite(sampled)]
        self._sampled = np.sort(round_to_resolution(finite, resolution=binning.resolution))

    def count_below(self, point: float) -> float:
        """Values at or below ``point``."""
        if not len(self._split_points):
            return 0.0
        place = int(np.searchsorted(self._split_points, point, side="right"))
        start = float(self._up_to[place - 1]) if place else 0.0
        if place and self._split_points[place - 1] == point:
            return start
        inside = int(self.counts.counts_between[place])
        low, high = self._interval(place)
        if not inside or point <= low:
            return start
        if point >= high:
            return start + inside
        among = self._among(place)
        if len(among) >= MIN_SAMPLED:
            part = float(np.searchsorted(among, point, side="right")) / len(among)
        else:
            part = (point - low) / (high - low)
        return start + inside * part

    def quantile(self, share: float) -> float | None:
        """The value that ``share`` of the values don't exceed; None where there is no value."""
        if not self.counts.present or not len(self._split_points):
            return None
        wanted = max(1.0, share * self.counts.present)
        place = int(np.searchsorted(self._up_to, wanted - 1e-9))
        if place < len(self._up_to) and self._left[place] < wanted:
            return float(self._split_points[place])
        start = int(self._up_to[place - 1]) if place else 0
        part = (wanted - start) / max(int(self.counts.counts_between[place]), 1)
        low, high = self._interval(place)
        among = self._among(place)
        if len(among) >= MIN_SAMPLED:
            found = float(np.quantile(among, min(part, 1.0)))
        else:
            found = low + (high - low) * part
        return found if math.isfinite(found) else None

    def _interval(self, place: int) -> tuple[float, float]:
        """The ends of the interval before knot ``place``, no wider than the side's extremes."""
        low = float(self._split_points[place - 1]) if place else self.counts.minimum
        high = (
            float(self._split_points[place])
            if place < len(self._split_points)
            else self.counts.maximum
        )
        return max(low, self.counts.minimum), min(high, self.counts.maximum)

    def _among(self, place: int) -> Floats:
        """Sampled values before knot ``place`` and after the one before it."""
        first, last = 0, len(self._sampled)
        if place:
            first = int(np.searchsorted(self._sampled, self._split_points[place - 1], side="right"))
        if place < len(self._split_points):
            last = int(np.searchsorted(self._sampled, self._split_points[place], side="left"))
        return self._sampled[first:last]
