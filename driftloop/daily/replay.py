"""The daily rule on the training days, as if they were live.

The statistics of each training day were found by comparison with the days before it, and are stored
with the baseline. So each day is held against the history of the days before it, which is what a
live day is held against. Days that were taken to be quiet thus show the false alarms of the rule.
"""

from collections.abc import Callable, Collection
from typing import NamedTuple

import msgspec

from driftloop.daily.broken_records import BrokenRecords
from driftloop.daily.clock_check import check_clock
from driftloop.daily.day_decision import (
    DailyAlarm,
    Measured,
    decide_on_column,
    false_alarm_rate,
    names_by_column,
)
from driftloop.daily.history import DayRecord, accepted_ends
from driftloop.daily.limits import MIN_HISTORY_DAYS
from driftloop.daily.reference import TrainingDays
from driftloop.daily.statistics import STATISTICS

_COUNTED = tuple(row.name for row in STATISTICS if not row.is_shape)
"""Statistics whose broken records are not stored, so that days with few records have no alarm of
them."""


class ReplayedDay(NamedTuple):
    """A training day and its alarms."""

    end: int
    alarms: tuple[DailyAlarm, ...]


def replay_training_days(
    training: TrainingDays,
    excluded: Collection[str] = (),
    *,
    looks_per_day: int = 1,
    on_day: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[ReplayedDay]:
    """Decide on each training day that has enough days before it, in their order.

    A column is decided on with the statistics alone, and against the clock on the days whose counts
    are stored. Order and constants are not replayed: their usual range is that of all training
    days.

    Args:
        training: What the baseline keeps.
        excluded: Columns that take no part.
        looks_per_day: Decisions a day, which share the budget of false alarms.
        on_day: Called with the number of days done, and of all days.

    Returns:
        The days, oldest first; none where the training data has too few.
    """
    measured = [record for record in training.records if record.statistics]
    first, days = measured[:MIN_HISTORY_DAYS], measured[MIN_HISTORY_DAYS:]
    before = [record for record in training.records if not record.statistics] + first
    alpha = false_alarm_rate(training, excluded, looks_per_day)
    counted = {day.end: day for day in training.days}
    live: list[DayRecord] = []
    found: list[ReplayedDay] = []
    for number, record in enumerate(days, start=1):
        alarms = _decide(training, excluded, before, live, record, alpha)
        if record.end in counted:
            alarms += [
                DailyAlarm(one.column, one.check, 1, one.value, one.limit, one.partner)
                for one in check_clock(training.layout, counted[record.end])
                if one.column not in excluded
            ]
        live.append(msgspec.structs.replace(record, alarms=names_by_column(alarms)))
        found.append(ReplayedDay(record.end, tuple(alarms)))
        on_day(number, len(days))
    return found


def count_replayed_days(training: TrainingDays) -> int:
    """How many days :func:`replay_training_days` decides on."""
    measured = sum(bool(record.statistics) for record in training.records)
    return max(0, measured - MIN_HISTORY_DAYS)


def _decide(
    training: TrainingDays,
    excluded: Collection[str],
    before: list[DayRecord],
    live: list[DayRecord],
    record: DayRecord,
    alpha: float,
) -> list[DailyAlarm]:
    """Alarms of the statistics of a day."""
    alarms: list[DailyAlarm] = []
    for column in training.layout.compared:
        statistics = record.statistics.get(column.name)
        if column.name in excluded or statistics is None:
            continue
        accepted = accepted_ends(live, column.name)
        usual = [*before, *(one for one in live if one.end in accepted)]
        found = Measured(
            statistics=dict(statistics),
            values=record.values.get(column.name, 0),
            new_values=(),
            broken=dict.fromkeys(_COUNTED, BrokenRecords(0, record.records)),
            usual_missing_share=0.0,
        )
        decided = decide_on_column(
            column, found, [*before, *live], usual, [], record.end, alpha, ()
        )
        alarms += decided.alarms
    return alarms
