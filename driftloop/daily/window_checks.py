"""Checks of a window shorter than a day, so that broken data is found before the day is over.

The share of its records that are broken (missing, never seen before, far out of range, in
disagreement with the clock) must be more than chance makes of the largest share that a day may
have. A single value must last for more records than ever before.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from driftloop.daily.broken_records import BrokenRecords, hour_correlation
from driftloop.daily.checks import Finding, clock_shares
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


def check_window_clock(
    layout: HourlyLayout, window: Day, limits: Mapping[str, float], alpha: float
) -> list[Finding]:
    """Columns of a window that disagree with the clock; ``limits`` are those of a day."""
    broken = {name: BrokenRecords(*n) for name, n in clock_shares(layout, window).items()}
    return [
        Finding(name, "clock", one.share, limits[name])
        for name, one in broken.items()
        if one.exceed(limits[name], alpha)
    ]


def check_window_constants(
    layout: HourlyLayout, records: NDArray[np.int64], most: NDArray[np.int64]
) -> list[Finding]:
    """Columns whose single value lasts up to the end of a window for more records than usual.

    Args:
        layout: What was counted.
        records: int64[columns], the records that had this single value up to the end.
        most: int64[columns], the records of the longest usual run.
    """
    limits = np.maximum(MIN_CONSTANT_RECORDS, CONSTANT_FACTOR * most)
    return [
        Finding(column.name, "constant", own, limit)
        for column, own, limit in zip(
            layout.compared, records.tolist(), limits.tolist(), strict=True
        )
        if own >= limit
    ]
