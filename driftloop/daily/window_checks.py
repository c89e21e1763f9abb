"""Checks of a window shorter than a day, so that broken data is found before the day is over.

The share of its records that are broken (missing, never seen before, far out of range, in
disagreement with the clock) must be more than chance makes of the largest share that a day may
have. A single value must last for more records than ever before.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from driftloop.daily.accepted_change import AcceptedChange
from driftloop.daily.broken_records import BrokenRecords, hour_correlation
from driftloop.daily.checks import Finding
from driftloop.daily.clock_check import ClockLimits, accepted_share_limit, clock_shares
from driftloop.daily.column_day import angle
from driftloop.daily.day import Day
from driftloop.daily.limits import Limit
from driftloop.profile.hourly.layout import CountedColumn, HourlyLayout

SHARES = ("missing", "unseen", "out_of_range")
"""Statistics of a day whose shares are checked in each window."""

MIN_CONSTANT_RECORDS, CONSTANT_FACTOR = 20, 2
"""A single value lasts too long in a window from this many records on, if they are this many times
the most so far. Of independent records, that is as unlikely as the longest run so far, squared."""


def share_limit(name: str, limit: Limit, usual_missing_share: float) -> float:
    """The share of broken records at which a statistic of a day reaches its limit."""
    usual = limit.usual + (angle(usual_missing_share) if name == "missing" else 0.0)
    return float(np.sin(np.clip(usual + limit.limit, 0, np.pi) / 2) ** 2)


def check_shares(
    column: CountedColumn,
    broken: Mapping[str, BrokenRecords],
    limits: Mapping[str, float],
    alpha: float,
    reference: Sequence[Day],
) -> list[Finding]:
    """Shares of a column of a window.

    Args:
        column: The column.
        broken: Broken records of the window by statistic.
        limits: The largest share of a day by statistic; one without history has none.
        alpha: The false alarm rate of one check.
        reference: The reference days.
    """
    suspected = [name for name in SHARES if name in limits and name in broken]
    suspected = [name for name in suspected if broken[name].may_exceed(limits[name])]
    if not suspected:
        return []
    correlation = hour_correlation(column, reference)
    return [
        Finding(column.name, name, broken[name].share, limits[name])
        for name in suspected
        if broken[name].exceed(limits[name], alpha, correlation)
    ]


def accepted_in_window(changes: Sequence[AcceptedChange], check: str) -> dict[str, float]:
    """By column, the largest value of a check of windows that a person accepted."""
    found: dict[str, float] = {}
    for one in changes:
        if one.name == check and one.in_window:
            found[one.column] = max(found.get(one.column, 0.0), one.in_window)
    return found


def check_window_clock(
    layout: HourlyLayout,
    window: Day,
    limits: ClockLimits,
    alpha: float,
    accepted: Mapping[str, float] = MappingProxyType({}),
) -> list[Finding]:
    """Columns of a window that disagree with the clock.

    Args:
        layout: What was counted.
        window: The window.
        limits: The limits of a day.
        alpha: The false alarm rate of one check.
        accepted: By column, the largest share of a window that a person accepted.
    """
    found = []
    for name, counts in clock_shares(layout, window, limits.offsets).items():
        broken = BrokenRecords(*counts)
        limit = max(limits.shares[name], accepted_share_limit(accepted.get(name, 0.0)))
        if broken.exceed(limit, alpha):
            found.append(Finding(name, "clock", broken.share, limit))
    return found


def check_window_constants(
    layout: HourlyLayout,
    records: NDArray[np.int64],
    most: NDArray[np.int64],
    accepted: Mapping[str, float] = MappingProxyType({}),
) -> list[Finding]:
    """Columns whose single value lasts up to the end of a window for more records than usual.

    Args:
        layout: What was counted.
        records: int64[columns], the records that had this single value up to the end.
        most: int64[columns], the records of the longest usual run.
        accepted: By column, the records of the longest run that a person accepted.
    """
    longest = np.array([accepted.get(column.name, 0.0) for column in layout.compared])
    limits = np.maximum(MIN_CONSTANT_RECORDS, CONSTANT_FACTOR * np.maximum(most, longest))
    return [
        Finding(column.name, "constant", own, limit)
        for column, own, limit in zip(
            layout.compared, records.tolist(), limits.tolist(), strict=True
        )
        if own >= limit
    ]
