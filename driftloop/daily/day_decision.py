"""The decision on a day: each statistic of each column against its own history.

A day is the 24 hours that end with a window. Its history are the calendar days before it: the days
between midnights UTC. Over 3 and 7 days, the medians are those of the days that end at the same
hour. A window shorter than a day has checks of its own too (``driftloop.daily.window_checks``).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from driftloop.daily.accepted_change import AcceptedChange, changes_before
from driftloop.daily.broken_records import MIN_BROKEN_RECORDS, BrokenRecords, hour_correlation
from driftloop.daily.checks import Finding, check_order, find_runs, is_constant, longest_usual_run
from driftloop.daily.clock_check import (
    accepted_share_limit,
    check_clock,
    check_missing,
    clock_limits,
    measure_missing,
)
from driftloop.daily.column_change import ColumnChange, measure_change
from driftloop.daily.column_day import ColumnDay, angle
from driftloop.daily.day import DAY_HOURS, Day, make_day, no_extremes
from driftloop.daily.drift_from_training import (
    DEFAULT_DAYS,
    DriftFromTraining,
    measure_drift_from_training,
)
from driftloop.daily.history import (
    MAX_NEW_VALUES,
    MIN_RECORDS,
    MIN_REFERENCE_DAYS,
    REFERENCE_DAYS,
    DayRecord,
    accepted_ends,
    alarm_since,
    calendar_days,
    has_broken_data,
    is_broken_data,
    known_values,
    values_of,
)
from driftloop.daily.limits import (
    MAX_SHARE_LIMIT,
    MIN_HISTORY_DAYS,
    Limit,
    largest_change,
    make_limit,
)
from driftloop.daily.reference import TrainingDays, pair_column, reference_days
from driftloop.daily.statistics import HORIZONS, STATISTICS, compute_statistics
from driftloop.daily.window_checks import (
    SHARES,
    accepted_in_window,
    check_shares,
    check_window_clock,
    check_window_constants,
    share_limit,
)
from driftloop.profile.hourly.layout import CountedColumn

ALARMS_PER_MONTH = 0.5
"""False alarms of a model that all statistics and horizons together may raise in a month."""

MONTH_DAYS = 30

MIN_USUAL_VALUES = 0.5
"""Share of the usual number of values without which the shape of a day is not analyzed."""

MAX_USUAL_UNSEEN = 0.005
"""Mean share of new values on the last accepted days, above which new values are usual: their share
is then compared with that of these days alone, since it falls with every value that is known."""

UNSEEN_DAYS = 28

MIN_DAYS_WITHOUT_STEP, MIN_CHANGE_WITHOUT_STEP = 35, 0.3
"""Days of history, and smallest change, of new values of a number without a step."""


ODD_DAY_HORIZON, ODD_DAY_PART = 3, 0.75
"""An odd calendar day, such as a holiday, is a part of two of the days that end at another hour. A
median over 3 days does not omit both, so that its limit is then at least this part of the largest
change of one day so far: the smaller part has at most half of the odd day, and the angle of half a
share is 0.71 of the share's."""


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
        alarms: All alarms of the day.
        limits: Limits by column, statistic and horizon.
        column_changes: How each column in alarm changed, in its own units.
        since: By column in alarm, the end of the first window of the alarm: since then, no 24 hours
            have passed without it. None where this window is the first.
        drift_from_training: How far the last days as a whole are from the training data; takes no
            part in the decision.
        window_hours: Length of the window that ends with the day.
        in_window: What is broken in the window itself, if it is shorter than a day. The value of a
            finding is a share of the window's records, or the number of records with one value.
        window_changes: How each column of these findings changed in the window, in its own units.
        recent_records: Records of the last ``REFERENCE_DAYS`` days together.
        unchecked_clocks: Columns that are not checked against the clock, since a person accepted
            that no value agrees with it.
        training: What the day was decided with: training days, or the first live days.
    """

    record: DayRecord
    alarms: tuple[DailyAlarm, ...]
    limits: Mapping[tuple[str, str, int], Limit]
    column_changes: Mapping[str, ColumnChange] = {}
    since: Mapping[str, int] = {}
    drift_from_training: DriftFromTraining | None = None
    window_hours: int = DAY_HOURS
    in_window: tuple[Finding, ...] = ()
    window_changes: Mapping[str, ColumnChange] = {}
    recent_records: int = 0
    unchecked_clocks: tuple[str, ...] = ()
    training: TrainingDays | None = None

    @property
    def is_measured(self) -> bool:
        """Whether the day has enough records for the statistics of any column."""
        return bool(self.record.statistics)


def decide_on_day(
    training: TrainingDays,
    days: Sequence[Day],
    history: Sequence[DayRecord],
    day: Day,
    *,
    excluded: Collection[str] = (),
    window_hours: int = DAY_HOURS,
    changes: Sequence[AcceptedChange] = (),
    drift_from_training_days: int = DEFAULT_DAYS,
) -> DayDecision:
    """Decide on the 24 hours that end with a window, and on the window itself if it is shorter.

    Args:
        training: What the baseline keeps.
        days: Counts of the live calendar days before it, oldest first; those of the last 56 days
            count.
        history: Records of all windows before it, oldest first.
        day: The day.
        excluded: Columns that take no part.
        window_hours: Length of the windows: all windows of a day share the budget of false alarms.
            With 24 hours, calendar days end when the day does, otherwise at midnight UTC.
        changes: What a person accepted; that from after the day does not count.
        drift_from_training_days: Days whose sum is compared with the training data.
    """
    changes = changes_before(changes, day.end)
    pool = [*training.days, *days]
    live = pool if training.are_live else days
    is_short = window_hours < DAY_HOURS
    records_before = [one for one in history if one.end < day.end]
    same_hour = [one for one in records_before if (day.end - one.end) % DAY_HOURS == 0]
    history = calendar_days(records_before, day.end) if is_short else same_hour
    alpha = false_alarm_rate(training, excluded, DAY_HOURS // window_hours)
    window = make_day(training.layout, day.hours, day.end, window_hours) if is_short else None
    statistics: dict[str, dict[str, float]] = {}
    values: dict[str, int] = {}
    new_values: dict[str, tuple[str, ...]] = {}
    undecided: dict[str, tuple[str, ...]] = {}
    alarms: list[DailyAlarm] = []
    in_window: list[Finding] = []
    limits: dict[tuple[str, str, int], Limit] = {}
    records = _records(training, day)

    def compare_with_training(record: DayRecord) -> DriftFromTraining:
        return measure_drift_from_training(
            training,
            [*(one for one in live if one.end <= day.end - DAY_HOURS), day],
            [*history, record],
            max_days=drift_from_training_days,
            excluded=excluded,
        )

    if records < MIN_RECORDS:
        record = DayRecord(end=day.end, records=records)
        return DayDecision(
            record,
            (),
            {},
            drift_from_training=compare_with_training(record),
            window_hours=window_hours,
            training=training,
        )
    for column in training.layout.compared:
        if column.name in excluded:
            continue
        accepted = accepted_ends(history, column.name, changes)
        reference = reference_days(pool, accepted | {one.end for one in training.days}, day.end)
        known = _known_values(training, history, accepted, column.name)
        found = measure_column(training, column, day, reference, known)
        if found is None:
            continue
        statistics[column.name], values[column.name] = found.statistics, found.values
        if found.new_values:
            new_values[column.name] = found.new_values[:MAX_NEW_VALUES]
        usual = [*training.records, *(one for one in history if one.end in accepted)]
        accepted_changes = [one for one in changes if one.column == column.name]
        decided = decide_on_column(
            column, found, same_hour, usual, reference, day.end, alpha, accepted_changes
        )
        own_limits = decided.limits
        alarms += decided.alarms
        if decided.undecided:
            undecided[column.name] = decided.undecided
        if is_first_filled(training, column, day, reference, usual):
            filled = found.values / found.broken["missing"].records
            alarms.append(DailyAlarm(column.name, "unseen", 1, angle(filled), 0.0))
        limits |= own_limits
        if window is not None:
            in_window += _check_shares(
                training, column, window, reference, known, own_limits, alpha, accepted_changes
            )
    accepted_all = _accepted_by_all(training, history, changes)
    reference = reference_days(pool, accepted_all, day.end)
    checked, checked_in_window = _check(training, pool, reference, day, window, changes, alpha)
    alarms += [
        _alarm(training, one, day, reference) for one in checked if one.column not in excluded
    ]
    in_window += [one for one in checked_in_window if one.column not in excluded]
    record = DayRecord(
        end=day.end,
        records=records,
        statistics=statistics,
        values=values,
        new_values=new_values,
        alarms=names_by_column(alarms),
        in_window=values_by_column(in_window),
        undecided=undecided,
    )
    since = {name: alarm_since(records_before, name, day.end) for name in record.alarms}
    return DayDecision(
        record,
        tuple(alarms),
        limits,
        _column_changes(training, pool, history, day, record.alarms, changes),
        {name: end for name, end in since.items() if end is not None},
        compare_with_training(record),
        window_hours,
        tuple(in_window),
        {}
        if window is None
        else _column_changes(
            training, pool, history, window, [one.column for one in in_window], changes
        ),
        records
        + sum(one.records for one in _live_records(training, history) if _is_recent(one, day)),
        clock_limits(training.layout, reference, first_ends(changes, "clock")).unchecked,
        training,
    )


def _live_records(training: TrainingDays, history: Sequence[DayRecord]) -> list[DayRecord]:
    """Records of all live days, the first ones that are no part of the history included."""
    return [*(training.records if training.are_live else ()), *history]


def _known_values(
    training: TrainingDays, history: Sequence[DayRecord], accepted: set[int], column: str
) -> set[str]:
    """Values of a column that first live days or later accepted days were the first to have."""
    return training.new_values(column) | known_values(history, accepted, column)


def _alarm(
    training: TrainingDays, found: Finding, day: Day, reference: Sequence[Day]
) -> DailyAlarm:
    """The alarm of a check; of missing values it has their change, as that of the statistic."""
    usual = 0.0
    if found.check == "missing":
        column = training.layout.columns[found.column]
        usual = angle(measure_missing(column, day, reference).usual)
        found = found._replace(value=angle(found.value), limit=angle(found.limit))
    return DailyAlarm(
        found.column, found.check, 1, found.value - usual, found.limit - usual, found.partner
    )


def _is_recent(record: DayRecord, day: Day) -> bool:
    """Whether a day is one of the last ones, and shares no hour with the decided one."""
    age = (day.end - record.end) // DAY_HOURS
    return 1 <= age < REFERENCE_DAYS


def _column_changes(
    training: TrainingDays,
    pool: Sequence[Day],
    history: Sequence[DayRecord],
    day: Day,
    names: Iterable[str],
    changes: Sequence[AcceptedChange],
) -> dict[str, ColumnChange]:
    """How some columns changed."""
    found = {}
    for name in dict.fromkeys(names):
        accepted = accepted_ends(history, name, changes)
        reference = reference_days(pool, accepted | {one.end for one in training.days}, day.end)
        known = _known_values(training, history, accepted, name)
        column = training.layout.columns[name]
        clocks = clock_limits(training.layout, reference, first_ends(changes, "clock"))
        offsets = clocks.offsets.get(name, ())
        found[name] = measure_change(training, column, day, reference, known, offsets)
    return found


class Measured(NamedTuple):
    """A column of a day.

    Attributes:
        statistics: Its statistics.
        values: Its number of values.
        new_values: Its new values by name.
        broken: Broken records by statistic.
        usual_missing_share: The share of missing values of the reference in the day's hours.
    """

    statistics: dict[str, float]
    values: int
    new_values: tuple[str, ...]
    broken: Mapping[str, BrokenRecords]
    usual_missing_share: float


def measure_column(
    training: TrainingDays,
    column: CountedColumn,
    day: Day,
    reference: Sequence[Day],
    known: Collection[str] = (),
) -> Measured | None:
    """Measure a column of a day; None without a reference."""
    paired = _pair(training, column, day, reference, known)
    if paired is None:
        return None
    return Measured(
        compute_statistics(paired),
        paired.values,
        paired.new_values,
        paired.broken,
        paired.usual_missing_share,
    )


def _pair(
    training: TrainingDays,
    column: CountedColumn,
    day: Day,
    reference: Sequence[Day],
    known: Collection[str],
) -> ColumnDay | None:
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
        new_within=training.new_within(column.name),
    )
    return paired if paired.reference.any() or paired.reference_missing.any() else None


class ColumnDecision(NamedTuple):
    """The decision on the statistics of a column.

    Attributes:
        alarms: Its alarms.
        limits: The limits by column, statistic and horizon.
        undecided: Statistics beyond their limit on a day with too few records to decide.
    """

    alarms: list[DailyAlarm]
    limits: dict[tuple[str, str, int], Limit]
    undecided: tuple[str, ...]


def decide_on_column(
    column: CountedColumn,
    found: Measured,
    history: Sequence[DayRecord],
    usual: Sequence[DayRecord],
    reference: Sequence[Day],
    end: int,
    alpha: float,
    changes: Sequence[AcceptedChange],
) -> ColumnDecision:
    """Decide on the statistics of a column."""
    name = column.name
    statistics, values = found.statistics, found.values
    usual_values = [n for one in usual if (n := one.values.get(name)) is not None]
    enough = MIN_USUAL_VALUES * float(np.median(usual_values)) if usual_values else 0.0
    is_full, has_usual_records = values >= enough, found.broken["missing"].records >= enough
    before_horizons = [one for one in usual if one.end <= end - max(HORIZONS) * DAY_HOURS]
    sound = [one for one in history if not has_broken_data(one, name, changes)]
    alarms: list[DailyAlarm] = []
    limits: dict[tuple[str, str, int], Limit] = {}
    undecided: dict[str, None] = {}
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
        min_change, max_share_limit = statistic.min_change, MAX_SHARE_LIMIT
        if statistic.name == "unseen":
            if column.number is not None and column.step is None:
                if len(past) < MIN_DAYS_WITHOUT_STEP:
                    continue
                min_change = MIN_CHANGE_WITHOUT_STEP
            if not can_find_new_values(column, usual_days):
                past, max_share_limit = past[-UNSEEN_DAYS:], np.pi
        for days in statistic.max_factors:
            # days of broken data are no drift, also not once the data is repaired
            last = _last_values(
                history if statistic.is_broken_data else sound, name, statistic.name, days - 1
            )
            earlier = past if days == 1 else past_before_horizons
            if last is None or len(earlier) < MIN_HISTORY_DAYS:
                continue
            accepted = values_of(
                [one for one in history if any(c.covers(one.end) for c in own)],
                name,
                statistic.name,
            )
            limit = make_limit(
                statistic, earlier, days, alpha, min_change, accepted, max_share_limit
            )
            if days == ODD_DAY_HORIZON and (end - usual[-1].end) % DAY_HOURS:
                limit = limit.at_least(ODD_DAY_PART * largest_change(earlier))
            limits[name, statistic.name, days] = limit
            median = float(np.median([*last, value]))
            if not limit.is_exceeded(value):
                continue  # this day is as usual, whatever the days before it were
            if not limit.is_exceeded(median):
                continue
            if has_usual_records or _is_beyond_chance(
                column, found, statistic.name, limit, reference, alpha
            ):
                change = limit.change(median)
                alarms.append(DailyAlarm(name, statistic.name, days, change, limit.limit))
            else:
                undecided[statistic.name] = None
    return ColumnDecision(alarms, limits, tuple(undecided))


def is_first_filled(
    training: TrainingDays,
    column: CountedColumn,
    day: Day,
    reference: Sequence[Day],
    usual: Sequence[DayRecord],
) -> bool:
    """Whether a day has values of a column that neither the training data nor an accepted day has.

    No statistic of such a column has a history.
    """
    low, high = training.extremes.get(column.name, no_extremes())
    return (
        int(day.total(column.values).sum()) >= MIN_BROKEN_RECORDS
        and low > high
        and not any(one.total(column.values).any() for one in reference)
        and not any(one.values.get(column.name) for one in usual)
    )


def _is_beyond_chance(
    column: CountedColumn,
    found: Measured,
    statistic: str,
    limit: Limit,
    reference: Sequence[Day],
    alpha: float,
) -> bool:
    """Whether the broken records of a day with few records are no chance."""
    share = share_limit(statistic, limit, found.usual_missing_share)
    broken = found.broken[statistic]
    return broken.may_exceed(share) and broken.exceed(
        share, alpha, hour_correlation(column, reference)
    )


def _check_shares(
    training: TrainingDays,
    column: CountedColumn,
    window: Day,
    reference: Sequence[Day],
    known: Collection[str],
    limits: Mapping[tuple[str, str, int], Limit],
    alpha: float,
    changes: Sequence[AcceptedChange],
) -> list[Finding]:
    """Broken records of a column of a window, against the limits of a day and what a person
    accepted of windows."""
    paired = _pair(training, column, window, reference, known)
    if paired is None:
        return []
    shares = {
        name: max(
            share_limit(name, limits[column.name, name, 1], paired.usual_missing_share),
            accepted_share_limit(accepted_in_window(changes, name).get(column.name, 0.0)),
        )
        for name in SHARES
        if (column.name, name, 1) in limits
    }
    return check_shares(column, paired.broken, shares, alpha, reference)


def can_find_new_values(column: CountedColumn, usual: Sequence[DayRecord]) -> bool:
    """Whether new values are so rare that each means something: of the values of the last days.

    Each value counts, not each day: a single day of little traffic does not end the check.
    """
    past = values_of(usual, column.name, "unseen")
    if not past:
        return False
    if column.number is not None and column.step is None and len(past) < MIN_DAYS_WITHOUT_STEP:
        return False
    of_days = [
        one.values.get(column.name, 0)
        for one in usual
        if "unseen" in one.statistics.get(column.name, {})
    ]
    last = np.sin(np.asarray(past[-UNSEEN_DAYS:]) / 2) ** 2
    values = np.asarray(of_days[-UNSEEN_DAYS:], dtype=np.float64)
    return bool(last @ values <= MAX_USUAL_UNSEEN * values.sum())


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
    window: Day | None,
    changes: Sequence[AcceptedChange],
    alpha: float,
) -> tuple[list[Finding], list[Finding]]:
    """Findings of the checks beside the statistics, of the day and of the window."""
    layout = training.layout
    accepted_clocks = first_ends(changes, "clock")
    of_window = []
    missing = check_missing(layout, day, reference)
    if window is not None:
        limits = clock_limits(layout, reference, accepted_clocks)
        accepted = accepted_in_window(changes, "clock")
        of_window = [
            *check_window_clock(layout, window, limits, alpha, accepted),
            *check_missing(
                layout, window, reference, alpha, accepted_in_window(changes, "missing")
            ),
        ]
    constants, constants_of_window = _check_constants(
        training, pool, reference, day, window, changes
    )
    of_day = [
        *check_clock(layout, day, reference, accepted_clocks),
        *check_order(layout, day, reference, training.disorder),
        *constants,
        *missing,
    ]
    return of_day, [*of_window, *constants_of_window]


def _check_constants(
    training: TrainingDays,
    pool: Sequence[Day],
    reference: Sequence[Day],
    day: Day,
    window: Day | None,
    changes: Sequence[AcceptedChange],
) -> tuple[list[Finding], list[Finding]]:
    layout = training.layout
    before = (hours for one in pool if one.end < day.end for hours in one.hours.items())
    hours = dict(sorted({**dict(before), **day.hours}.items()))
    runs = find_runs(layout, hours)
    usual = runs.longest(hour for one in reference for hour in one.hours)
    last_accepted = {one.column: one.last_end for one in changes if one.name == "constant"}
    lasting = set()
    own = runs.longest(day.hours)
    of_day = []
    for position, column in enumerate(layout.compared):
        run = int(own.hours[0, position])
        longest = max(training.longest_runs.get(column.name, 0), int(usual.hours[0, position]))
        if column.name in last_accepted:
            later = sum(hour >= last_accepted[column.name] for hour in hours)
            if run > later:  # the single value that a person accepted has lasted until now
                lasting.add(column.name)
                continue
        if is_constant(run, longest):
            of_day.append(Finding(column.name, "constant", run, longest_usual_run(longest)))
    if window is None:
        return of_day, []
    last = runs.longest(list(window.hours)[-1:])
    of_window = check_window_constants(
        layout, last.records[0], usual.records[0], accepted_in_window(changes, "constant")
    )
    return of_day, [one for one in of_window if one.column not in lasting]


def _accepted_by_all(
    training: TrainingDays, history: Sequence[DayRecord], changes: Sequence[AcceptedChange]
) -> set[int]:
    """Days without broken data in any column, except what a person accepted."""
    clean = {
        one.end
        for one in history
        if not one.undecided
        and not any(has_broken_data(one, column, changes) for column in one.alarms)
    }
    return clean | {one.end for one in training.days}


def false_alarm_rate(
    training: TrainingDays, excluded: Collection[str] = (), looks_per_day: int = 1
) -> float:
    """The false alarm rate of one statistic and horizon in one of some looks a day.

    With several looks, each has the shares and the clock of the window to check too.
    """
    names = {
        (column, statistic)
        for record in training.records
        for column, found in record.statistics.items()
        for statistic in found
        if column not in excluded
    }
    tests = max(len(names), 1) * len(HORIZONS)
    if looks_per_day > 1:
        tests += sum(name in SHARES for _, name in names) + len(training.layout.stored.clocks)
    return ALARMS_PER_MONTH / MONTH_DAYS / tests / looks_per_day


def _records(training: TrainingDays, day: Day) -> int:
    columns = list(training.layout.columns.values())
    return day.records(columns[0]) if columns else 0


def first_ends(changes: Iterable[AcceptedChange], check: str) -> dict[str, int]:
    """By column whose alarm of a check a person accepted, the end of the first such day."""
    found: dict[str, int] = {}
    for one in changes:
        if one.name == check:
            found[one.column] = min(one.first_end, found.get(one.column, one.first_end))
    return found


def values_by_column(findings: Iterable[Finding]) -> dict[str, dict[str, float]]:
    """The values of findings by column and check, as a window's record keeps them."""
    found: dict[str, dict[str, float]] = {}
    for one in sorted(findings):
        found.setdefault(one.column, {})[one.check] = one.value
    return found


def names_by_column(alarms: Sequence[DailyAlarm]) -> dict[str, tuple[str, ...]]:
    """The names of alarms by column, as a day's record keeps them."""
    found: dict[str, dict[str, None]] = {}
    for alarm in alarms:
        found.setdefault(alarm.column, {})[alarm.name] = None
    return {column: tuple(names) for column, names in sorted(found.items())}
