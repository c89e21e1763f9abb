"""The windows and days of a rhythm: sums of its hours, and what each can be compared with."""

from collections.abc import Iterable, Mapping
from functools import reduce

from driftloop.seasonality.hour_of_week import WEEK_HOURS, HourOfWeekProfile
from driftloop.seasonality.hourly_counts import Columns, add_hours

Blocks = Mapping[int, Columns]
"""Counts by column of each block of hours, by the first of its hours since 1970."""


def complete_windows(hours: Mapping[int, Columns], span: range, length: int) -> Blocks:
    """Blocks of ``length`` hours (a divisor of 24, from midnight UTC) that lie within ``span``.

    Blocks of which no hour was counted are left out.
    """
    starts = range(-(-span.start // length) * length, span.stop - length + 1, length)
    sums = {start: _sum(hours, range(start, start + length)) for start in starts}
    return {start: columns for start, columns in sums.items() if columns}


def load_hours(seasonality: HourOfWeekProfile) -> tuple[Mapping[int, Columns], range]:
    """All counts of a rhythm's whole weeks, and the hours that these span."""
    weeks = seasonality.weeks
    span = range(weeks[0].start, weeks[-1].stop)
    every = ((hour, seasonality.columns(hour)) for hour in span)
    return {hour: columns for hour, columns in every if columns is not None}, span


def same_hours_of_other_weeks(blocks: Blocks, start: int) -> list[int]:
    """Blocks of the same hours of other weeks."""
    return [other for other in blocks if other != start and (other - start) % WEEK_HOURS == 0]


def sum_windows(parts: Iterable[Columns]) -> Columns:
    """The sum of blocks, nothing of none."""
    listed = list(parts)
    return reduce(add_hours, listed) if listed else {}


def _sum(hours: Mapping[int, Columns], wanted: Iterable[int]) -> Columns:
    return sum_windows(hours[hour] for hour in wanted if hour in hours)
