"""Checks columns that hold the local hour, weekday or month: against the times of the records, and
for missing values. They have no other check, since the time decides their values."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from driftloop.daily.broken_records import MIN_BROKEN_RECORDS, BrokenRecords
from driftloop.daily.checks import Finding
from driftloop.daily.day import Day
from driftloop.profile.hourly.layout import CountedColumn, HourlyLayout

MIN_DISAGREEING_SHARE = 0.01
"""Share of a day's records that disagree with the clock, from which the data is broken."""

MAX_ACCEPTED_FACTOR = 2.0
"""Times the largest share that a person accepted, from which the data is broken again."""

MIN_MISSING_SHARE = 0.01
"""Share of missing values that is no broken data, also where none was missing before."""

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


class MissingShares(NamedTuple):
    """Missing values of a column that follows the clock.

    Attributes:
        records: The records without a value, of all.
        usual: Their share on the reference days, in the hours in which the day has records.
        limit: The largest usual share.
    """

    records: BrokenRecords
    usual: float
    limit: float


def measure_missing(column: CountedColumn, day: Day, reference: Sequence[Day]) -> MissingShares:
    """The missing values of a column, beside those of the reference days in the same hours."""
    own = slice(column.start, column.stop)
    counts = day.counts[:, own]
    rows = counts.sum(axis=1) > 0
    current = BrokenRecords(int(counts[:, -1].sum()), int(counts.sum()))
    earlier = [
        (int(one[:, -1].sum()), int(one.sum()))
        for one in (each.counts[rows, own] for each in reference)
    ]
    missing, total = (sum(side) for side in zip(*earlier, strict=True)) if earlier else (0, 0)
    largest = max((n / max(all_, 1) for n, all_ in earlier), default=0.0)
    limit = max(MIN_MISSING_SHARE, accepted_share_limit(largest))
    return MissingShares(current, missing / max(total, 1), limit)


def check_missing(
    layout: HourlyLayout,
    day: Day,
    reference: Sequence[Day],
    alpha: float | None = None,
    accepted: Mapping[str, float] = MappingProxyType({}),
) -> list[Finding]:
    """Columns that follow the clock, and lack more values than is usual.

    Args:
        layout: What was counted.
        day: The day, or a shorter window.
        reference: The reference days; without any, nothing is found.
        alpha: Of a shorter window, the false alarm rate of one check.
        accepted: By column, the largest share of a window that a person accepted.
    """
    found = []
    for name, column in layout.columns.items():
        if column.clock is None or not reference:
            continue
        shares = measure_missing(column, day, reference)
        limit = max(shares.limit, accepted_share_limit(accepted.get(name, 0.0)))
        records = shares.records
        if records.may_exceed(limit) if alpha is None else records.exceed(limit, alpha):
            found.append(Finding(name, "missing", shares.records.share, limit))
    return found
