"""Checks that need no distribution: the clock, the order of two columns, a single value."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.daily.day import Day
from driftloop.profile.hourly.layout import HourlyLayout

MIN_DISAGREEING_SHARE = 0.01
"""Share of a day's records that disagree with the clock, from which the data is broken."""

MAX_CLOCK_FACTOR = 2.0
"""Times the largest share that a person accepted, from which the data is broken again."""

MIN_BROKEN_RECORDS = 3
"""Records that must be broken, so that one odd client is no alarm of a quiet day."""

MIN_DISORDER = 0.2
"""Share of a day's records in the wrong order, from which the data is broken: smaller shares move
with the season."""

MAX_DISORDER_FACTOR = 2.0
"""Times the largest share of any day so far, from which the data is broken."""

RUN_FACTOR, RUN_HOURS, MIN_RUN_HOURS = 1.5, 4, 25
"""A single value lasts too long at this many times the longest run so far, so many hours more than
it, and for more than a day: rain and fog hold a value for most of a day."""


class Finding(NamedTuple):
    """What a check found.

    ``value`` is a share or a number of hours, ``limit`` the largest usual one, ``partner`` the
    other column of an ordered pair.
    """

    column: str
    check: str
    value: float
    limit: float
    partner: str | None = None


def clock_shares(layout: HourlyLayout, day: Day) -> dict[str, tuple[int, int]]:
    """By column that follows the clock: records that disagree, and records with a value."""
    found = {}
    for name, column in layout.columns.items():
        if column.clock is not None:
            counts = day.total(column.values)
            found[name] = int(counts[1:].sum()), int(counts.sum())
    return found


def check_clock(
    layout: HourlyLayout,
    day: Day,
    reference: Sequence[Day] = (),
    accepted: Mapping[str, int] = MappingProxyType({}),
) -> list[Finding]:
    """Columns that disagree with the clock.

    Args:
        layout: What was counted.
        day: The day.
        reference: Its reference days.
        accepted: Columns whose disagreement a person accepted, with the end of the first such day:
            their limit is twice the largest share of the accepted days since then.
    """
    limits = dict.fromkeys(layout.columns, MIN_DISAGREEING_SHARE)
    for one in reference:
        for name, (disagree, total) in clock_shares(layout, one).items():
            if name in accepted and one.end >= accepted[name] and total:
                limits[name] = max(limits[name], MAX_CLOCK_FACTOR * disagree / total)
    return [
        Finding(name, "clock", disagree / total, limits[name])
        for name, (disagree, total) in clock_shares(layout, day).items()
        if disagree >= MIN_BROKEN_RECORDS and disagree / total >= limits[name]
    ]


def disorder_shares(layout: HourlyLayout, day: Day) -> dict[tuple[str, str], tuple[int, float]]:
    """By ordered pair: records in the wrong order, and their share."""
    found = {}
    for pair, where in layout.orders.items():
        wrong, right = (int(n) for n in day.total(where))
        found[pair] = wrong, wrong / max(wrong + right, 1)
    return found


def check_order(
    layout: HourlyLayout,
    day: Day,
    reference: Sequence[Day],
    training: Mapping[tuple[str, str], float],
) -> list[Finding]:
    """Ordered pairs whose order is broken, a finding for each of both columns."""
    usual = dict(training)
    for one in reference:
        for pair, (_, share) in disorder_shares(layout, one).items():
            usual[pair] = max(usual.get(pair, 0.0), share)
    found = []
    for pair, (wrong, share) in disorder_shares(layout, day).items():
        limit = max(MIN_DISORDER, MAX_DISORDER_FACTOR * usual.get(pair, 0.0))
        if wrong >= MIN_BROKEN_RECORDS and share > limit:
            found += [
                Finding(name, "order", share, limit, partner)
                for name, partner in (pair, pair[::-1])
            ]
    return found


class SingleValues(NamedTuple):
    """By hour of some days and compared column: the single value that all records have.

    Attributes:
        present: bool[hours, columns], whether there are values.
        value: float64[hours, columns], the value or cell; NaN where there are several.
    """

    present: NDArray[np.bool_]
    value: NDArray[np.float64]


def single_values(layout: HourlyLayout, day: Day) -> SingleValues:
    """The single values of the hours of a day, in the order of time."""
    columns = layout.compared
    shape = (len(day.hours), len(columns))
    present, value = np.zeros(shape, dtype=np.bool_), np.full(shape, np.nan)
    starts = np.array([column.start for column in columns], dtype=np.int64)
    ends = np.array([column.missing for column in columns], dtype=np.int64)
    for row, hour in enumerate(day.hours.values()):
        first = np.searchsorted(hour.positions, starts)
        last = np.searchsorted(hour.positions, ends)
        present[row] = last > first
        is_single = last == first + 1
        value[row, is_single] = hour.positions[first[is_single]]
        for index, column in enumerate(columns):
            if column.number is not None:
                low, high = hour.low[column.number], hour.high[column.number]
                value[row, index] = low if low == high else np.nan
    return SingleValues(present, value)


def run_lengths(present: NDArray[np.bool_], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """int64[hours]: hours with values in a row that had one single value, up to each hour.

    Hours without values are omitted, and end no run.
    """
    lengths = np.zeros(len(present), dtype=np.int64)
    values = value[present]
    if not len(values):
        return lengths
    starts = np.append(True, values[1:] != values[:-1])  # NaN differs from itself
    index = np.arange(len(values))
    own = index - np.maximum.accumulate(np.where(starts, index, 0)) + 1
    lengths[present] = np.where(np.isnan(values), 0, own)
    return lengths


def longest_runs(parts: Sequence[SingleValues]) -> NDArray[np.int64]:
    """int64[hours, columns]: run lengths over the hours of days in a row."""
    present = np.concatenate([part.present for part in parts])
    value = np.concatenate([part.value for part in parts])
    return np.stack(
        [run_lengths(present[:, i], value[:, i]) for i in range(present.shape[1])], axis=1
    )


def is_constant(run: int, longest: int) -> bool:
    """Whether a run of a single value is longer than usual."""
    return run >= longest_usual_run(longest)


def longest_usual_run(longest: int) -> float:
    """The run from which a single value is an alarm."""
    return max(RUN_FACTOR * longest, longest + RUN_HOURS, MIN_RUN_HOURS)
