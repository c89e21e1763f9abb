"""Checks columns that hold the local hour, weekday or month against the times of the records."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from driftloop.daily.broken_records import MIN_BROKEN_RECORDS
from driftloop.daily.checks import Finding
from driftloop.daily.day import Day
from driftloop.profile.hourly.layout import CountedColumn, HourlyLayout

MIN_DISAGREEING_SHARE = 0.01
"""Share of a day's records that disagree with the clock, from which the data is broken."""

MAX_ACCEPTED_FACTOR = 2.0
"""Times the largest share that a person accepted, from which the data is broken again."""

MAIN_PART = 0.5
"""Part of the records that disagree with the clock from which their offset is the accepted one."""


class ClockLimits(NamedTuple):
    """How far columns may disagree with the clock.

    Attributes:
        shares: By column, the share of a day's records that may disagree; 1 where the column is not
            checked.
        offsets: By column, the offsets from the clock that a person accepted: they agree too.
    """

    shares: Mapping[str, float]
    offsets: Mapping[str, Collection[int]] = MappingProxyType({})

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Columns of which a person accepted that no value agrees with the clock."""
        return tuple(name for name, share in self.shares.items() if share >= 1)


def clock_shares(
    layout: HourlyLayout, day: Day, offsets: Mapping[str, Collection[int]] = MappingProxyType({})
) -> dict[str, tuple[int, int]]:
    """By column that follows the clock: records that disagree, and records with a value."""
    found = {}
    for name, column in layout.columns.items():
        if column.clock is not None:
            counts = day.total(column.values)
            agree = counts[[0, *offsets.get(name, ())]].sum()
            found[name] = int(counts.sum() - agree), int(counts.sum())
    return found


def accepted_share_limit(share: float, factor: float = MAX_ACCEPTED_FACTOR) -> float:
    """The limit of a share once a person accepted it: some times the share, and at most half way
    from it to all records, so that the check stays on unless all of them were broken."""
    return min(factor * share, (1 + share) / 2)


def check_clock(
    layout: HourlyLayout,
    day: Day,
    reference: Sequence[Day] = (),
    accepted: Mapping[str, int] = MappingProxyType({}),
) -> list[Finding]:
    """Columns that disagree with the clock; for the arguments see :func:`clock_limits`."""
    limits = clock_limits(layout, reference, accepted)
    return [
        Finding(name, "clock", disagree / total, limits.shares[name])
        for name, (disagree, total) in clock_shares(layout, day, limits.offsets).items()
        if disagree >= MIN_BROKEN_RECORDS and 1 > limits.shares[name] <= disagree / total
    ]


def clock_limits(
    layout: HourlyLayout, reference: Sequence[Day], accepted: Mapping[str, int]
) -> ClockLimits:
    """How far columns may disagree with the clock.

    Once a person accepted it, an offset that most of these records have agrees too, as that of a
    client in another time zone. Of other records the limit is twice the accepted share.

    Args:
        layout: What was counted.
        reference: The reference days.
        accepted: Columns whose disagreement a person accepted, with the end of the first such day.
    """
    limits = dict.fromkeys(layout.columns, MIN_DISAGREEING_SHARE)
    offsets: dict[str, set[int]] = {}
    since = {
        name: [day for day in reference if day.end >= end]
        for name, end in accepted.items()
        if name in layout.columns
    }
    for name, days in since.items():
        offsets[name] = {
            found for day in days if (found := _main_offset(layout.columns[name], day)) is not None
        }
        for day in days:
            disagree, total = clock_shares(layout, day, offsets)[name]
            if total:
                limits[name] = max(limits[name], accepted_share_limit(disagree / total))
    return ClockLimits(limits, offsets)


def _main_offset(column: CountedColumn, day: Day) -> int | None:
    """The offset from the clock of most of a day's records that disagree, if these are too many."""
    counts = day.total(column.values)
    disagree = int(counts[1:].sum())
    if column.clock is None or disagree < max(1.0, MIN_DISAGREEING_SHARE * int(counts.sum())):
        return None
    offset = int(np.argmax(counts[1:])) + 1
    return offset if counts[offset] >= MAIN_PART * disagree else None
