"""Checks that need no distribution: the order of two columns, a single value."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftloop.daily.broken_records import MIN_BROKEN_RECORDS
from driftloop.daily.day import Day
from driftloop.profile.hourly.counts import HourCounts, Hours
from driftloop.profile.hourly.layout import HourlyLayout

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
    """By hour and compared column: the values, and the single one that all records have.

    Attributes:
        records: int64[hours, columns], records with a value.
        value: float64[hours, columns], the value or cell; NaN where there are several.
    """

    records: NDArray[np.int64]
    value: NDArray[np.float64]


def single_values(layout: HourlyLayout, hours: Sequence[HourCounts]) -> SingleValues:
    """The single values of some hours with records."""
    shape = len(hours), len(layout.compared)
    if not all(shape):
        return SingleValues(np.zeros(shape, np.int64), np.zeros(shape))
    rows = layout.size * np.arange(len(hours))[:, None]
    positions = np.concatenate([hour.positions for hour in hours])
    lengths = np.array([len(hour.positions) for hour in hours])
    positions = positions + layout.size * np.repeat(np.arange(len(hours)), lengths)
    starts = np.array([column.start for column in layout.compared])
    first = np.searchsorted(positions, rows + starts)
    last = np.searchsorted(positions, rows + [column.missing for column in layout.compared])
    total = np.append(0, np.cumsum(np.concatenate([hour.counts for hour in hours])))
    cell = np.append(positions, 0)[first] - rows
    value = np.where(last == first + 1, cell, np.nan).astype(np.float64)
    low, high = (np.stack([getattr(hour, end) for hour in hours]) for end in ("low", "high"))
    numeric = [index for index, column in enumerate(layout.compared) if column.number is not None]
    value[:, numeric] = np.where(low == high, low, np.nan)
    _name_new_values(layout, hours, value)
    return SingleValues(total[last] - total[first], value)


def _name_new_values(
    layout: HourlyLayout, hours: Sequence[HourCounts], value: NDArray[np.float64]
) -> None:
    """Replace the cells of a category that stand for several values: other known and new ones.

    A new value that is the only one of its hour gets a negative number of its own.
    """
    numbers: dict[str, int] = {}
    for index, column in enumerate(layout.compared):
        if column.number is not None:
            continue
        other = column.start + column.cells.count - 2
        for row in np.flatnonzero(value[:, index] >= other).tolist():
            unseen = hours[row].unseen.get(column.name)
            is_one = (
                value[row, index] > other
                and unseen is not None
                and len(unseen.by_value) == 1
                and not unseen.others
            )
            names = [*unseen.by_value] if unseen is not None and is_one else []
            value[row, index] = -1 - numbers.setdefault(names[0], len(numbers)) if names else np.nan


class Runs(NamedTuple):
    """How long a single value lasted up to each hour.

    Attributes:
        rows: Position of each hour, an hour since 1970 (UTC).
        hours: int64[hours, columns], hours with values in a row that had one single value.
        records: int64[hours, columns], the records of these hours.
    """

    rows: Mapping[int, int]
    hours: NDArray[np.int64]
    records: NDArray[np.int64]

    def longest(self, hours: Iterable[int]) -> "Runs":
        """The longest runs up to one of some hours, one row."""
        rows = [self.rows[hour] for hour in hours]
        longest = (
            own[rows].max(axis=0, keepdims=True, initial=0) for own in (self.hours, self.records)
        )
        return Runs({}, *longest)


def find_runs(layout: HourlyLayout, hours: Hours) -> Runs:
    """Runs of a single value; hours without values of a column are omitted, and end no run.

    Args:
        layout: What was counted.
        hours: Counts of hours in their order.
    """
    values = single_values(layout, list(hours.values()))
    lengths, records = np.zeros_like(values.records), np.zeros_like(values.records)
    for column, (own, value) in enumerate(zip(values.records.T, values.value.T, strict=True)):
        present = own > 0
        kept, n = value[present], own[present]
        if not len(kept):
            continue
        is_start = np.append(True, kept[1:] != kept[:-1])  # NaN differs from itself
        position = np.arange(len(kept))
        start = np.maximum.accumulate(np.where(is_start, position, 0))
        total = np.cumsum(n)
        is_single = ~np.isnan(kept)
        lengths[present, column] = np.where(is_single, position - start + 1, 0)
        records[present, column] = np.where(is_single, total - (total - n)[start], 0)
    return Runs({hour: index for index, hour in enumerate(hours)}, lengths, records)


def is_constant(run: int, longest: int) -> bool:
    """Whether a run of a single value is longer than usual."""
    return run >= longest_usual_run(longest)


def longest_usual_run(longest: int) -> float:
    """The run from which a single value is an alarm."""
    return max(RUN_FACTOR * longest, longest + RUN_HOURS, MIN_RUN_HOURS)
