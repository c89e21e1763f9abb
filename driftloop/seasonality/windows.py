"""Windows and days of hourly counts: sums of hours, and the windows that they are compared with."""

from collections.abc import Iterable, Mapping
from functools import reduce

from driftloop.seasonality.hour_of_week import WEEK_HOURS, HourOfWeekProfile
from driftloop.seasonality.hourly_counts import Columns, add_hours

Blocks = Mapping[int, Columns]
"""Counts by column of each window, by its first hour since 1970 (UTC)."""


def complete_windows(hours: Mapping[int, Columns], span: range, length: int) -> Blocks:
    """Windows of ``length`` hours that are completely within ``span``.

    Windows without any counted hour are omitted.

    Args:
        hours: Counts by column of each hour since 1970 (UTC).
        span: Hours since 1970.
        length: Hours of a window, a divisor of 24; windows are aligned with midnight UTC.
    """
    starts = range(-(-span.start // length) * length, span.stop - length + 1, length)
    sums = {start: _sum_hours(hours, range(start, start + length)) for start in starts}
    return {start: columns for start, columns in sums.items() if columns}


def load_hours(seasonality: HourOfWeekProfile) -> tuple[Mapping[int, Columns], range]:
    """The counts of all complete weeks by hour since 1970, and the hours that the weeks span."""
    weeks = seasonality.weeks
    span = range(weeks[0].start, weeks[-1].stop)
    columns_by_hour = ((hour, seasonality.columns(hour)) for hour in span)
    return {hour: columns for hour, columns in columns_by_hour if columns is not None}, span


def same_hours_of_other_weeks(blocks: Blocks, start: int) -> list[int]:
    """Windows of the same hours of other weeks."""
    return [other for other in blocks if other != start and (other - start) % WEEK_HOURS == 0]


def sum_windows(parts: Iterable[Columns]) -> Columns:
    """The sum of counts by column; empty without any."""
    all_parts = list(parts)
    return reduce(add_hours, all_parts) if all_parts else {}


def _sum_hours(hours: Mapping[int, Columns], selected: Iterable[int]) -> Columns:
    return sum_windows(hours[hour] for hour in selected if hour in hours)
