"""The first live days of a version whose training data has no times over four weeks.

Such a version is compared with all of its training data at first. Its days are counted all the
same, and once ``FIRST_DAYS`` of them are accepted they take the place of training days: they show
which columns follow the clock, how days differ, and which values beside those of the training data
are usual.

A first day is accepted if it has records and no broken data. A difference from the training data is
no reason against it: a season is one, on every day, and how far the days are from the training data
is a figure of its own. What a person accepted (``driftloop accept``) is usual on the accepted days,
and on those that were decided later. The choice follows from the days in their order, so that a
rebuild gives the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.daily.accepted_change import AcceptedChange
from driftloop.daily.day import Day, Extremes, make_days
from driftloop.daily.history import MAX_REFERENCE_AGE_DAYS, MIN_RECORDS, DayRecord
from driftloop.daily.reference import MonthCounts, TrainingDays, month_of
from driftloop.daily.stored import from_bytes, to_bytes
from driftloop.daily.training import MIN_TRAINING_DAYS, learn_counted_days
from driftloop.profile import Baseline
from driftloop.profile.hourly.cells import GROUPS, cell_counts
from driftloop.profile.hourly.clock import MAX_DISAGREEING_SHARE, ClockCode
from driftloop.profile.hourly.counts import HourCounts, Hours
from driftloop.profile.hourly.fit import MIN_ASSOCIATION, cramers_v
from driftloop.profile.hourly.layout import (
    TABLE_CELLS,
    HourlyLayout,
    StoredLayout,
    make_layout,
)
from driftloop.profile.numeric.counts import NumericCounts
from driftloop.profile.serialization import decode_struct

FIRST_DAYS = MIN_TRAINING_DAYS
"""Accepted live days that take the place of training days."""

MAX_FIRST_DAYS = MAX_REFERENCE_AGE_DAYS
"""Last days among which these are searched: the counts of as many are kept."""

MIN_CLOCK_DAYS_SHARE = 0.9
"""Share of the days on which a column must agree with the clock to follow it."""

MAX_NAMED = 3


class _Stored(msgspec.Struct, array_like=True):
    layout: StoredLayout
    days: bytes


class FirstDayAccount(NamedTuple):
    """How far the first days have come.

    Attributes:
        accepted: Days that are accepted.
        days: Days that were looked at.
        refused: By reason, the days that are not accepted.
    """

    accepted: int
    days: int
    refused: Mapping[str, int]


def counts_first_days(baseline: Baseline, training: TrainingDays | None) -> bool:
    """Whether the live days of a version can take the place of training days that it lacks."""
    return training is None and baseline.layout is not None


def refusal(record: DayRecord, changes: Sequence[AcceptedChange]) -> str | None:
    """Why a first day is not accepted; None where it is."""
    if record.records < MIN_RECORDS:
        return f"fewer than {MIN_RECORDS} records"
    if record.invalid is not None:
        return record.invalid
    broken = [
        f"{name} of {column}"
        for column, names in record.alarms.items()
        for name in names
        if not any(
            (one.column, one.name) == (column, name)
            and (one.covers(record.end) or record.end > one.applies_after)
            for one in changes
        )
    ]
    return ", ".join(broken[:MAX_NAMED]) if broken else None


def choose_first_days(
    records: Sequence[DayRecord], changes: Sequence[AcceptedChange] = ()
) -> list[int] | None:
    """Ends of the first ``FIRST_DAYS`` accepted days; None while there are fewer.

    Args:
        records: Days that are decided for good, oldest first. Later ones change nothing.
        changes: What a person accepted. It counts from the last day on that the person has seen.
    """
    for last in range(FIRST_DAYS, len(records) + 1):
        kept = records[max(0, last - MAX_FIRST_DAYS) : last]
        known = [one for one in changes if one.applies_after <= kept[-1].end]
        accepted = [one.end for one in kept if refusal(one, known) is None]
        if len(accepted) >= FIRST_DAYS:
            return accepted[:FIRST_DAYS]
    return None


def first_day_account(
    records: Sequence[DayRecord], changes: Sequence[AcceptedChange] = ()
) -> FirstDayAccount:
    """How many of the last days are accepted, and why others are not."""
    kept = records[-MAX_FIRST_DAYS:]
    reasons = [refusal(one, changes) for one in kept]
    refused: dict[str, int] = {}
    for reason in reasons:
        if reason is not None:
            refused[reason] = refused.get(reason, 0) + 1
    return FirstDayAccount(reasons.count(None), len(kept), refused)


def learn_first_days(baseline: Baseline, hours: Hours, ends: Sequence[int]) -> TrainingDays:
    """What the first live days show, in place of training days.

    Args:
        baseline: Fitted on training data without times over four weeks.
        hours: Counts on the baseline's layout.
        ends: Ends of the days, ascending.
    """
    whole = baseline.layout
    if whole is None:
        raise ValueError("the baseline counts no hours")
    layout = _choose_layout(baseline, whole, make_days(whole, hours, ends))
    projected = project_hours(whole, layout, hours)
    days = make_days(layout, projected, ends)
    found = learn_counted_days(layout, days, _training_extremes(baseline, layout))
    return replace(found, months={0: MonthCounts(0, _training_counts(baseline, layout))})


def first_days_to_bytes(found: TrainingDays) -> bytes:
    """The stored form: equal days give equal bytes."""
    return msgspec.msgpack.encode(_Stored(found.layout.stored, to_bytes(found)))


def first_days_from_bytes(baseline: Baseline, data: bytes) -> TrainingDays:
    """The inverse of :func:`first_days_to_bytes`; raises FormatError."""
    stored: _Stored = decode_struct("live-days", data, _Stored)
    layout = make_layout(baseline.binnings, baseline.reference, stored.layout)
    return replace(from_bytes(layout, stored.days), are_live=True)


def project_hours(whole: HourlyLayout, chosen: HourlyLayout, hours: Hours) -> Hours:
    """Counts on a baseline's layout as counts on the one that was chosen by its first days."""
    target = _positions(whole, chosen)
    names = {column.name for column in chosen.compared}
    numbers = [index for index, column in enumerate(whole.numeric) if column.name in names]
    return {hour: _project(found, target, numbers, names) for hour, found in hours.items()}


def _project(
    hour: HourCounts, target: NDArray[np.int64], numbers: Sequence[int], names: set[str]
) -> HourCounts:
    positions = target[hour.positions]
    kept = np.flatnonzero(positions >= 0)
    kept = kept[np.argsort(positions[kept], kind="stable")]
    unseen = {name: found for name, found in hour.unseen.items() if name in names}
    return HourCounts(
        positions[kept], hour.counts[kept], hour.low[numbers], hour.high[numbers], unseen
    )


def _positions(whole: HourlyLayout, chosen: HourlyLayout) -> NDArray[np.int64]:
    """int64[size]: where each count of the whole layout is in the chosen one; -1 for nowhere."""
    target = np.full(whole.size, -1, dtype=np.int64)

    def move(source: slice, first: int) -> None:
        target[source] = np.arange(first, first + source.stop - source.start)

    for name, column in chosen.columns.items():
        own = whole.columns[name]
        source = (
            slice(own.start, own.stop)
            if column.clock is None
            else whole.possible_clocks[name, column.clock]
        )
        move(source, column.start)
    for pair, where in chosen.tables.items():
        move(whole.tables[pair], where.start)
    for pair, where in chosen.orders.items():
        move(whole.orders[pair], where.start)
    return target


def _choose_layout(baseline: Baseline, whole: HourlyLayout, days: Sequence[Day]) -> HourlyLayout:
    """The layout without what the days do not confirm: clocks and partners."""
    clocks: dict[str, ClockCode] = {}
    for (name, code), where in whole.possible_clocks.items():
        if name not in clocks and _follows(days, code, where):
            clocks[name] = code
    stored = whole.stored
    pairs = [
        pair
        for pair in stored.pairs
        if clocks.keys().isdisjoint(pair) and _are_partners(days, whole.tables[pair])
    ]
    known = [name for name in stored.known if name not in clocks]
    chosen = StoredLayout(
        zone=stored.zone,
        clocks={**stored.clocks, **clocks},
        steps={name: step for name, step in stored.steps.items() if name not in clocks},
        known=tuple(known),
        pairs=tuple(pairs),
        orders=tuple(pair for pair in stored.orders if clocks.keys().isdisjoint(pair)),
    )
    return make_layout(baseline.binnings, baseline.reference, chosen)


def _follows(days: Sequence[Day], code: ClockCode, where: slice) -> bool:
    """Whether a column follows the clock on nearly all days that have values of it.

    A month must do so in two months: a constant may be one month by chance.
    """
    counts = np.array([day.total(where)[:-1] for day in days], dtype=np.int64)
    total = counts.sum(axis=1)
    agrees = counts[:, 1:].sum(axis=1) <= MAX_DISAGREEING_SHARE * total
    months = np.array([month_of(day.end) for day in days])[total > 0]
    agrees = agrees[total > 0]
    if code.part != "month":
        return bool(len(agrees) and agrees.mean() >= MIN_CLOCK_DAYS_SHARE)
    shares = [agrees[months == month].mean() for month in np.unique(months)]
    return len(shares) > 1 and min(shares) >= MIN_CLOCK_DAYS_SHARE


def _are_partners(days: Sequence[Day], where: slice) -> bool:
    """Whether the columns of a pair are associated on the days as well."""
    table = np.zeros(TABLE_CELLS, dtype=np.int64)
    for day in days:
        table += day.total(where)
    return cramers_v(table.reshape(GROUPS, GROUPS)) >= MIN_ASSOCIATION


def _training_extremes(baseline: Baseline, layout: HourlyLayout) -> Mapping[str, Extremes]:
    """The range of each numeric column of the training data."""
    found: dict[str, Extremes] = {}
    for column in layout.numeric:
        counts = baseline.reference.features.get(column.name, baseline.reference.prediction)
        if isinstance(counts, NumericCounts):
            found[column.name] = counts.minimum, counts.maximum
    return found


def _training_counts(baseline: Baseline, layout: HourlyLayout) -> NDArray[np.int64]:
    """The training data as a layout's vector without its tables and orders."""
    found = np.zeros(layout.columns_stop, dtype=np.int64)
    for column in layout.compared:
        counts = baseline.reference.features.get(column.name, baseline.reference.prediction)
        if counts is not None:
            found[column.values] = cell_counts(column.cells, column.binning, counts)
    return found
