"""The windows and days of a rhythm: sums of its hours, and what each can be compared with."""

from collections.abc import Iterable, Mapping
from functools import reduce

from driftloop.profile.hours import Columns, added
from driftloop.profile.rhythm import WEEK_HOURS, Rhythm

Blocks = Mapping[int, Columns]
"""Counts by column of each block of hours, by the first of its hours since 1970."""


def whole_blocks(hours: Mapping[int, Columns], span: range, length: int) -> Blocks:
    """Blocks of ``length`` hours (a divisor of 24, from midnight UTC) that lie within ``span``.

    Blocks of which no hour was counted are left out.
    """
    starts = range(-(-span.start // length) * length, span.stop - length + 1, length)
    sums = {start: _sum(hours, range(start, start + length)) for start in starts}
    return {start: columns for start, columns in sums.items() if columns}


def read_hours(rhythm: Rhythm) -> tuple[Mapping[int, Columns], range]:
    """All counts of a rhythm's whole weeks, and the hours that these span."""
    weeks = rhythm.weeks
    span = range(weeks[0].start, weeks[-1].stop)
    every = ((hour, rhythm.columns(hour)) for hour in span)
    return {hour: columns for hour, columns in every if columns is not None}, span


def peers(blocks: Blocks, start: int) -> list[int]:
    """Blocks of the same hours of other weeks."""
    return [other for other in blocks if other != start and (other - start) % WEEK_HOURS == 0]


def total(parts: Iterable[Columns]) -> Columns:
    """The sum of blocks, nothing of none."""
    listed = list(parts)
    return reduce(added, listed) if listed else {}


def _sum(hours: Mapping[int, Columns], wanted: Iterable[int]) -> Columns:
    return total(hours[hour] for hour in wanted if hour in hours)
