"""The decision on a day: each statistic of each column against its own history."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from driftloop.daily.accepted_change import AcceptedChange, changes_before, remaining_alarms
from driftloop.daily.checks import (
    Finding,
    check_clock,
    check_order,
    is_constant,
    longest_runs,
    longest_usual_run,
    single_values,
)
from driftloop.daily.column_change import ColumnChange, measure_change
from driftloop.daily.day import DAY_HOURS, Day, no_extremes
from driftloop.daily.drift_from_training import (
    DEFAULT_DAYS,
    DriftFromTraining,
    measure_drift_from_training,
)
from driftloop.daily.history import (
    MAX_NEW_VALUES,
    MIN_RECORDS,
    MIN_REFERENCE_DAYS,
    DayRecord,
    accepted_ends,
    alarm_since,
    is_broken_data,
    known_values,
    values_of,
)
from driftloop.daily.limits import MIN_HISTORY_DAYS, Limit, make_limit
from driftloop.daily.reference import TrainingDays, pair_column, reference_days
from driftloop.daily.statistics import HORIZONS, STATISTICS, compute_statistics
from driftloop.profile.hourly.layout import CountedColumn

ALARMS_PER_MONTH = 0.5
"""False alarms of a model that all statistics and horizons together may raise in a month."""

MONTH_DAYS = 30

MIN_USUAL_VALUES = 0.5
"""Share of the usual number of values without which the shape of a day is not analyzed."""

MAX_USUAL_UNSEEN = 0.005
"""Mean share of new values on the last accepted days, above which new values are usual."""

UNSEEN_DAYS = 28

MIN_DAYS_WITHOUT_STEP, MIN_CHANGE_WITHOUT_STEP = 35, 0.3
"""Days of history, and smallest change, of new values of a number without a step."""


class DailyAlarm(NamedTuple):
    """A statistic or check of a column that exceeds its limit.

    Attributes:
        column: The column.
        name: The statistic or check.
        days: The horizon.
        change: The change from the usual value; of a check its value.
        limit: The limit of the change.
        partner: The other column of an ordered pair.
    """

    column: str
    name: str
    days: int
    change: float
    limit: float
    partner: str | None = None

    @property
    def is_broken_data(self) -> bool:
        """Whether it means broken data rather than drift."""
        return is_broken_data(self.name)


class DayDecision(NamedTuple):
    """The decision on a day.

    Attributes:
        record: What is kept of the day.
        alarms: All alarms.
        limits: Limits by column, statistic and horizon.
        column_changes: How each column in alarm changed, in its own units.
        since: By column in alarm, the end of the first of the days that have been in alarm without
            a break; none where the day before was not in alarm.
        drift_from_training: How far the last days as a whole are from the training data; takes no
            part in the decision.
    """

    record: DayRecord
    alarms: tuple[DailyAlarm, ...]
    limits: Mapping[tuple[str, str, int], Limit]
    column_changes: Mapping[str, ColumnChange] = {}
    since: Mapping[str, int] = {}
    drift_from_training: DriftFromTraining | None = None


def decide_on_day(
    training: TrainingDays,
    days: Sequence[Day],
    history: Sequence[DayRecord],
    day: Day,
    *,
    excluded: Collection[str] = (),
    looks_per_day: int = 1,
    changes: Sequence[AcceptedChange] = (),
    drift_from_training_days: int = DEFAULT_DAYS,
) -> DayDecision:
    """Decide on a day.

    Args:
        training: What the baseline keeps.
        days: Counts of the live days before it, oldest first; those of the last 56 days count.
        history: Records of all live days before it, oldest first.
        day: The day.
        excluded: Columns that take no part.
        looks_per_day: Decisions a day, which share the budget of false alarms.
        changes: What a person accepted; that from after the day does not count.
        drift_from_training_days: Days whose sum is compared with the training data.
    """
    changes = changes_before(changes, day.end)
    pool = [*training.days, *days]
    history = [record for record in history if record.end < day.end]
    alpha = false_alarm_rate(training, excluded, looks_per_day)
    statistics: dict[str, dict[str, float]] = {}
    values: dict[str, int] = {}
    new_values: dict[str, tuple[str, ...]] = {}
    alarms: list[DailyAlarm] = []
    limits: dict[tuple[str, str, int], Limit] = {}
    records = _records(training, day)

    def compare_with_training(record: DayRecord) -> DriftFromTraining:
        return measure_drift_from_training(
            training,
            [*days, day],
            [*history, record],
            max_days=drift_from_training_days,
            excluded=excluded,
        )

    if records < MIN_RECORDS:
        record = DayRecord(end=day.end, records=records)
        return DayDecision(record, (), {}, drift_from_training=compare_with_training(record))
    for column in training.layout.compared:
        if column.name in excluded:
            continue
        accepted = accepted_ends(history, column.name, changes)
        reference = reference_days(pool, accepted | {one.end for one in training.days}, day.end)
        known = known_values(history, accepted, column.name)
        found = measure_column(training, column, day, reference, known)
        if found is None:
            continue
        statistics[column.name], values[column.name] = found.statistics, found.values
        if found.new_values:
            new_values[column.name] = found.new_values[:MAX_NEW_VALUES]
        usual = [*training.records, *(one for one in history if one.end in accepted)]
        accepted_changes = [one for one in changes if one.column == column.name]
        own, own_limits = _decide_on_column(
            column, found, history, usual, day.end, alpha, accepted_changes
        )
        alarms += own
        limits |= own_limits
    accepted_all = _accepted_by_all(training, history, changes)
    reference = reference_days(pool, accepted_all, day.end)
    alarms += [
        DailyAlarm(one.column, one.check, 1, one.value, one.limit, one.partner)
        for one in _check(training, pool, reference, day, changes)
        if one.column not in excluded
    ]
    record = DayRecord(
        end=day.end,
        records=records,
        statistics=statistics,
        values=values,
        new_values=new_values,
        alarms=_by_column(alarms),
    )
    return DayDecision(
        record,
        tuple(alarms),
        limits,
        _column_changes(training, pool, history, day, record, changes),
        {
            name: since
            for name in record.alarms
            if (since := alarm_since(history, name)) is not None
        },
        compare_with_training(record),
    )


def _column_changes(
    training: TrainingDays,
    pool: Sequence[Day],
    history: Sequence[DayRecord],
    day: Day,
    record: DayRecord,
    changes: Sequence[AcceptedChange],
) -> dict[str, ColumnChange]:
    """How each column in alarm changed."""
    found = {}
    for name in record.alarms:
        accepted = accepted_ends(history, name, changes)
        reference = reference_days(pool, accepted | {one.end for one in training.days}, day.end)
        known = known_values(history, accepted, name)
        column = training.layout.columns[name]
        found[name] = measure_change(training, column, day, reference, known)
    return found


class Measured(NamedTuple):
    """The statistics of a column of a day, its number of values, and its new values by name."""

    statistics: dict[str, float]
    values: int
    new_values: tuple[str, ...]


def measure_column(
    training: TrainingDays,
    column: CountedColumn,
    day: Day,
    reference: Sequence[Day],
    known: Collection[str] = (),
) -> Measured | None:
    """Measure a column of a day; None without a reference."""
    if len(reference) < MIN_REFERENCE_DAYS:
        return None
    paired = pair_column(
        training.layout,
        column,
        day,
        reference,
        is_weekly=column.name in training.weekly,
        extremes=training.extremes.get(column.name, no_extremes()),
        known=known,
    )
    if not paired.reference.sum() + paired.reference_missing:
        return None
    return Measured(compute_statistics(paired), paired.values, paired.new_values)


def _decide_on_column(
    column: CountedColumn,
    found: Measured,
    history: Sequence[DayRecord],
    usual: Sequence[DayRecord],
    end: int,
    alpha: float,
    changes: Sequence[AcceptedChange],
) -> tuple[list[DailyAlarm], dict[tuple[str, str, int], Limit]]:
    """Alarms and limits of a column's statistics."""
    name = column.name
    statistics, values = found.statistics, found.values
    usual_values = [n for one in usual if (n := one.values.get(name)) is not None]
    is_full = not usual_values or values >= MIN_USUAL_VALUES * float(np.median(usual_values))
    before_horizons = [one for one in usual if one.end <= end - max(HORIZONS) * DAY_HOURS]
    alarms: list[DailyAlarm] = []
    limits: dict[tuple[str, str, int], Limit] = {}
    for statistic in STATISTICS:
        value = statistics.get(statistic.name)
        own = [change for change in changes if change.name == statistic.name]
        if statistic.is_share:
            # the reference of such a statistic knows the values of the accepted days
            usual_days = [one for one in usual if not any(c.covers(one.end) for c in own)]
        else:
            usual_days = list(usual)
        past = values_of(usual_days, name, statistic.name)
        past_before_horizons = values_of(before_horizons, name, statistic.name)
        if value is None or len(past) < MIN_HISTORY_DAYS:
            continue
        if statistic.is_shape and not is_full:
            continue
        min_change = statistic.min_change
        if statistic.name == "unseen":
            if not can_find_new_values(column, past):
                continue
            if column.number is not None and column.step is None:
                min_change = MIN_CHANGE_WITHOUT_STEP
        for days in statistic.max_factors:
            last = _last_values(history, name, statistic.name, days - 1)
            earlier = past if days == 1 else past_before_horizons
            if last is None or len(earlier) < MIN_HISTORY_DAYS:
                continue
            accepted = values_of(
                [one for one in history if any(c.covers(one.end) for c in own)],
                name,
                statistic.name,
            )
            limit = make_limit(statistic, earlier, days, alpha, min_change, accepted)
            limits[name, statistic.name, days] = limit
            median = float(np.median([*last, value]))
            if limit.is_exceeded(median):
                change = limit.change(median)
                alarms.append(DailyAlarm(name, statistic.name, days, change, limit.limit))
    return alarms, limits


def can_find_new_values(column: CountedColumn, past: Sequence[float]) -> bool:
    """Whether new values are so rare that they mean something."""
    if column.number is not None and column.step is None and len(past) < MIN_DAYS_WITHOUT_STEP:
        return False
    last = np.sin(np.asarray(past[-UNSEEN_DAYS:]) / 2) ** 2
    return bool(last.mean() <= MAX_USUAL_UNSEEN)


def _last_values(
    history: Sequence[DayRecord], column: str, statistic: str, days: int
) -> list[float] | None:
    """The values of the last days, alarms or not; None if one has none."""
    if not days:
        return []
    last = history[-days:]
    values = values_of(last, column, statistic)
    return values if len(values) == days else None


def _check(
    training: TrainingDays,
    pool: Sequence[Day],
    reference: Sequence[Day],
    day: Day,
    changes: Sequence[AcceptedChange],
) -> list[Finding]:
    """Findings of the checks beside the statistics."""
    accepted_clocks = {one.column: one.first_end for one in changes if one.name == "clock"}
    return [
        *check_clock(training.layout, day, reference, accepted_clocks),
        *check_order(training.layout, day, reference, training.disorder),
        *_check_constants(training, pool, reference, day, changes),
    ]


def _check_constants(
    training: TrainingDays,
    pool: Sequence[Day],
    reference: Sequence[Day],
    day: Day,
    changes: Sequence[AcceptedChange],
) -> list[Finding]:
    layout = training.layout
    if not layout.compared:
        return []
    before = [one for one in pool if one.end < day.end]
    days = [*before, day]
    parts = [single_values(layout, one) for one in days]
    runs = longest_runs(parts)
    ends = np.cumsum([len(part.present) for part in parts])
    accepted = {one.end for one in reference}
    found = []
    usual = np.array([training.longest_runs.get(c.name, 0) for c in layout.compared])
    for one, start, stop in zip(days, ends - np.diff(ends, prepend=0), ends, strict=True):
        if one.end in accepted and stop > start:
            usual = np.maximum(usual, runs[start:stop].max(axis=0))
    own = runs[ends[-2] if len(ends) > 1 else 0 :].max(axis=0, initial=0)
    since = {one.column: one.last_end for one in changes if one.name == "constant"}
    for column, run, longest in zip(layout.compared, own.tolist(), usual.tolist(), strict=True):
        if column.name in since:
            later = sum(len(one.hours) for one in days if one.end > since[column.name])
            if run > later:
                continue  # the single value that a person accepted has lasted until now
        if is_constant(run, longest):
            found.append(Finding(column.name, "constant", run, longest_usual_run(longest)))
    return found


def _accepted_by_all(
    training: TrainingDays, history: Sequence[DayRecord], changes: Sequence[AcceptedChange]
) -> set[int]:
    """Days without broken data in any column, except what a person accepted."""
    clean = {
        one.end
        for one in history
        if not any(
            is_broken_data(alarm)
            for column, names in one.alarms.items()
            for alarm in remaining_alarms(names, changes, column, one.end)
        )
    }
    return clean | {one.end for one in training.days}


def false_alarm_rate(
    training: TrainingDays, excluded: Collection[str] = (), looks_per_day: int = 1
) -> float:
    """The false alarm rate of one statistic and horizon in one look."""
    names = {
        (column, statistic)
        for record in training.records
        for column, found in record.statistics.items()
        for statistic in found
        if column not in excluded
    }
    tests = max(len(names), 1) * len(HORIZONS)
    return ALARMS_PER_MONTH / MONTH_DAYS / tests / looks_per_day


def _records(training: TrainingDays, day: Day) -> int:
    columns = list(training.layout.columns.values())
    return day.records(columns[0]) if columns else 0


def _by_column(alarms: Sequence[DailyAlarm]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for alarm in alarms:
        found.setdefault(alarm.column, {})[alarm.name] = None
    return {column: tuple(names) for column, names in sorted(found.items())}
