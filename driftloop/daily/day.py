"""A day: the counts of 24 hours by local hour. It may end at any hour.

It has 24 hours also when the clock changes: local hours only say which hours are compared. An hour
of a zone whose offset is no whole number of hours is the local hour in which it begins.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.profile.hourly.clock import utc_offsets
from driftloop.profile.hourly.counts import HourCounts, Hours
from driftloop.profile.hourly.layout import CountedColumn, HourlyLayout
from driftloop.profile.hourly.unseen import UnseenCounts
from driftloop.profile.numeric.precision import Floats

DAY_HOURS = 24

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """The counts of the 24 hours before ``end``.

    Attributes:
        end: Hour since 1970 (UTC).
        counts: int64[24, size], the layout's vector by local hour.
        hours: The counts of each hour that has records, in order.
        unseen: Values that the training data never had, by column.
        low: float64[numeric columns], the smallest number of each; inf without any.
        high: float64[numeric columns], the largest number of each; -inf without any.
    """

    end: int
    counts: Counts
    hours: Mapping[int, HourCounts]
    unseen: Mapping[str, UnseenCounts]
    low: Floats
    high: Floats

    def total(self, where: slice) -> Counts:
        """int64[k]: the day's counts at some positions."""
        return np.asarray(self.counts[:, where].sum(axis=0))

    def records(self, column: CountedColumn) -> int:
        """All records, with missing values of the column."""
        return int(self.counts[:, column.start : column.stop].sum())

    def extremes(self, column: CountedColumn) -> tuple[float, float]:
        """The smallest and the largest number of a numeric column; inf and -inf without any."""
        if column.number is None:
            return no_extremes()
        return float(self.low[column.number]), float(self.high[column.number])


def make_day(layout: HourlyLayout, hours: Hours, end: int, length: int = DAY_HOURS) -> Day:
    """The day of the 24 hours before ``end``; with ``length`` only its last hours."""
    own = {h: hours[h] for h in range(end - length, end) if h in hours}
    counts = np.zeros((DAY_HOURS, layout.size), dtype=np.int64)
    unseen: dict[str, UnseenCounts] = {}
    low = np.full(len(layout.numeric), np.inf)
    high = np.full(len(layout.numeric), -np.inf)
    for local, found in zip(local_hours(layout, own), own.values(), strict=True):
        counts[local, found.positions] += found.counts
        low, high = np.minimum(low, found.low), np.maximum(high, found.high)
        for name, values in found.unseen.items():
            unseen[name] = unseen[name] + values if name in unseen else values
    return Day(end, counts, own, unseen, low, high)


def local_hours(layout: HourlyLayout, hours: Iterable[int]) -> list[int]:
    """The local hour, 0 to 23, of hours since 1970 (UTC)."""
    starts = [hour * HOUR_SECONDS for hour in hours]
    offsets = utc_offsets(np.array(starts, dtype=np.float64), layout.zone)
    return [
        int(start + offset) // HOUR_SECONDS % DAY_HOURS
        for start, offset in zip(starts, offsets.tolist(), strict=True)
    ]


def make_days(layout: HourlyLayout, hours: Hours, ends: Iterable[int]) -> list[Day]:
    """The days that end at some hours and have records."""
    days = (make_day(layout, hours, end) for end in ends)
    return [day for day in days if day.hours]


def day_ends(hours: Iterable[int], end_of_last: int | None = None) -> list[int]:
    """Ends of all days up to the one that ends at ``end_of_last`` (midnight UTC without it)."""
    ordered = sorted(hours)
    if not ordered:
        return []
    last = end_of_last if end_of_last is not None else -(-(ordered[-1] + 1) // 24) * 24
    first = last - (last - ordered[0] - 1) // DAY_HOURS * DAY_HOURS
    return list(range(first, last + 1, DAY_HOURS))


def recorded_ends(hours: Iterable[int]) -> list[int]:
    """Ends of the days from midnight to midnight UTC that have records, ascending."""
    return sorted({(hour // DAY_HOURS + 1) * DAY_HOURS for hour in hours})


Extremes = tuple[float, float]


def widen(one: Extremes, other: Extremes) -> Extremes:
    """The range of both."""
    return min(one[0], other[0]), max(one[1], other[1])


def no_extremes() -> Extremes:
    """The range of no numbers."""
    return np.inf, -np.inf
