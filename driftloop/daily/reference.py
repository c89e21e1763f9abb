"""What a baseline keeps for the daily rule, and the reference of a column on a day."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np

from driftloop.daily.column_day import ColumnDay, TablePair
from driftloop.daily.day import (
    DAY_HOURS,
    Counts,
    Day,
    Extremes,
    local_hours,
    make_days,
    no_extremes,
    widen,
)
from driftloop.daily.history import (
    MAX_REFERENCE_AGE_DAYS,
    MIN_REFERENCE_DAYS,
    REFERENCE_DAYS,
    DayRecord,
)
from driftloop.profile.date_parts import HOUR_SECONDS
from driftloop.profile.hourly.cells import GROUPS, NumericCells
from driftloop.profile.hourly.counts import Hours
from driftloop.profile.hourly.layout import CountedColumn, HourlyLayout

WEEK_DAYS = 7

Rows = slice | list[int]
"""Local hours of a day that are compared."""

_ALL: Rows = slice(None)

RANGE_MARGIN = 0.5
"""Share of the range so far by which a number must be beyond it to be out of range."""


class MonthCounts(NamedTuple):
    """The training days of a calendar month, of all years.

    Attributes:
        days: How many they are.
        counts: int64[k], the layout's vector without its tables and orders.
    """

    days: int
    counts: Counts


@dataclass(frozen=True, eq=False)
class TrainingDays:
    """What the training data shows about days.

    Attributes:
        layout: What is counted of each hour.
        hours: Counts of the hours of the last ``REFERENCE_DAYS`` training days.
        records: The training days with their statistics, oldest first.
        weekly: Columns that are compared with the same weekday.
        longest_runs: By column, the most hours in a row that had one single value.
        disorder: By ordered pair, the largest share of a day's records in the wrong order.
        extremes: By numeric column, the smallest and the largest number.
        months: By calendar month, 1 to 12, the counts of all training days.
        are_live: Whether these are the first live days of a version, as its training data has no
            times. The training data is then the one entry 0 of ``months``.
    """

    layout: HourlyLayout
    hours: Hours
    records: Sequence[DayRecord]
    weekly: frozenset[str] = frozenset()
    longest_runs: Mapping[str, int] = field(default_factory=dict)
    disorder: Mapping[tuple[str, str], float] = field(default_factory=dict)
    extremes: Mapping[str, Extremes] = field(default_factory=dict)
    months: Mapping[int, MonthCounts] = field(default_factory=dict)
    are_live: bool = False

    @cached_property
    def days(self) -> list[Day]:
        """The last training days with their counts."""
        ends = [record.end for record in self.records[-REFERENCE_DAYS:]]
        return make_days(self.layout, self.hours, ends)

    def new_within(self, column: str) -> Extremes | None:
        """The range in which a number without a step can be a new value; None for the range so far.

        Training data without times has the values within its range. What lies between its range
        and a first warm day is new, and no fault.
        """
        return self.extremes.get(column, no_extremes()) if self.are_live else None

    @property
    def last_live_end(self) -> int:
        """The end of the last of these days that is a live one; 0 without any."""
        return self.records[-1].end if self.are_live else 0

    def new_values(self, column: str) -> set[str]:
        """Values of a column that first live days had, and the training data did not."""
        return {value for one in self.records for value in one.new_values.get(column, ())}


def month_of(end: int) -> int:
    """The calendar month of the day that ends at an hour: that of its middle, in UTC."""
    middle = datetime.fromtimestamp(end * HOUR_SECONDS, UTC) - timedelta(hours=DAY_HOURS / 2)
    return middle.month


def count_months(layout: HourlyLayout, days: Iterable[Day]) -> Mapping[int, MonthCounts]:
    """The counts of the days that have records by calendar month, in order."""
    stop = max((column.stop for column in layout.columns.values()), default=0)
    months: dict[int, MonthCounts] = {}
    for day in days:
        if not day.hours:
            continue
        month = month_of(day.end)
        before = months.get(month, MonthCounts(0, np.zeros(stop, dtype=np.int64)))
        months[month] = MonthCounts(before.days + 1, before.counts + day.total(slice(0, stop)))
    return dict(sorted(months.items()))


def reference_days(days: Sequence[Day], accepted: set[int], end: int) -> list[Day]:
    """The last accepted days before the day that ends at ``end``.

    Those of the last ``MAX_REFERENCE_AGE_DAYS`` days; if these are fewer than
    ``MIN_REFERENCE_DAYS``, of any age: a version whose training data ended long ago, or that serves
    again.

    Args:
        days: Days with their counts, oldest first.
        accepted: Ends of the accepted ones.
        end: End of the analyzed day, whose hours no reference day has.
    """
    oldest, latest = end - MAX_REFERENCE_AGE_DAYS * DAY_HOURS, end - DAY_HOURS
    earlier = [day for day in days if day.end <= latest and day.end in accepted]
    recent = [day for day in earlier if day.end >= oldest]
    chosen = recent if len(recent) >= MIN_REFERENCE_DAYS else earlier
    return chosen[-REFERENCE_DAYS:]


def pair_column(
    layout: HourlyLayout,
    column: CountedColumn,
    day: Day,
    reference: Sequence[Day],
    *,
    is_weekly: bool,
    extremes: Extremes,
    known: Collection[str] = (),
    new_within: Extremes | None = None,
) -> ColumnDay:
    """A column of a day beside its reference.

    Args:
        layout: What was counted.
        column: The column.
        day: The day.
        reference: Its reference days.
        is_weekly: Whether only the same hours of the week are compared.
        extremes: The range of the training data's numbers.
        known: Values that accepted days were the first to have.
        new_within: The range in which a number without a step can be a new value; None for the
            range so far.
    """
    compared = (
        _same_weekdays(layout, day, reference) if is_weekly else [(one, _ALL) for one in reference]
    )
    own = slice(column.start, column.stop)
    counts = np.zeros((DAY_HOURS, column.stop - column.start), np.int64)
    for one, rows in compared:
        counts[rows] += one.counts[rows, own]
    for one in reference:
        extremes = widen(extremes, one.extremes(column))
    current = day.counts[:, column.values]
    new_values = find_new_values(column, day, known, new_within or extremes)
    return ColumnDay(
        is_numeric=column.number is not None,
        reference=counts[:, :-1],
        current=current,
        reference_missing=counts[:, -1],
        current_missing_by_hour=day.counts[:, column.missing],
        unseen=new_values.total if column.is_known else None,
        new_values=new_values.names,
        out_of_range=_far_values(column, day, extremes),
        tables=_table_pairs(layout, column, day, reference),
    )


def _table_pairs(
    layout: HourlyLayout, column: CountedColumn, day: Day, reference: Sequence[Day]
) -> list[TablePair]:
    """The tables of a column with its partners, of pairs that vary within most reference days.

    Of a column that has one value a day, such as a holiday, the 24 hours of two days show the
    difference between the days, and nothing of its association.
    """
    found = []
    for pair in layout.pairs_of(column.name):
        where = layout.tables[pair]
        tables = np.array([one.total(where) for one in reference], dtype=np.int64)
        tables = tables.reshape(len(reference), GROUPS, GROUPS)
        groups = [np.count_nonzero(tables.sum(axis=axis), axis=1) for axis in (1, 2)]
        varies = np.minimum(*groups) > 1
        if 2 * np.count_nonzero(varies) > len(reference):
            current = day.total(where).reshape(GROUPS, GROUPS)
            found.append(TablePair(tables.sum(axis=0), current))
    return found


def _same_weekdays(
    layout: HourlyLayout, day: Day, reference: Sequence[Day]
) -> list[tuple[Day, Rows]]:
    """Reference days with the local hours in which both are in the same hour of the week.

    A day that does not end with a reference day has hours of two weekdays.
    """
    local = local_hours(layout, range(day.end - DAY_HOURS, day.end))
    week = WEEK_DAYS * DAY_HOURS
    found: list[tuple[Day, Rows]] = []
    for one in reference:
        later = (day.end - one.end) % week
        rows = local[: max(DAY_HOURS - later, 0)] + local[week - later :]
        if not later:
            found.append((one, _ALL))
        elif rows:
            found.append((one, sorted({*rows})))
    return found


def _far_values(column: CountedColumn, day: Day, extremes: Extremes) -> int | None:
    """Values beyond the widened range.

    A cell that the end of the widened range divides counts if all of it is beyond the range so far
    and the day has a number beyond the end.
    """
    low, high = extremes
    cells = column.cells
    if column.number is None or not isinstance(cells, NumericCells):
        return None
    if not low <= high:
        return 0
    margin = RANGE_MARGIN * (high - low)
    counts = day.total(column.values)
    smallest, largest = day.extremes(column)
    total = 0
    if largest > high + margin:
        total += int(counts[max(cells.cell(high + margin), cells.first_above(high)) :].sum())
    if smallest < low - margin:
        total += int(counts[: min(cells.cell(low - margin), cells.last_below(low)) + 1].sum())
    return total


class NewValues(NamedTuple):
    """Values of a day that no accepted day had: how many, and those that are known by name."""

    total: float
    names: tuple[str, ...]


def find_new_values(
    column: CountedColumn, day: Day, known: Collection[str], extremes: Extremes
) -> NewValues:
    """Values that neither the training data nor an accepted day had.

    Of a number without a step, only those within the range so far count: a season goes beyond it.
    If only a part of the unseen values is known by name, it stands for all.
    """
    found = day.unseen.get(column.name)
    if found is None:
        return NewValues(0.0, ())
    new = {value: n for value, n in found.by_value.items() if value not in known}
    has_order = column.number is not None and column.step is None
    low, high = extremes
    counted = sum(n for value, n in new.items() if not has_order or low < float(value) < high)
    named = sum(found.by_value.values())
    total = counted * found.total / named if named else float(found.total)
    return NewValues(total, tuple(sorted(new)))
