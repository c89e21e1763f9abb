"""What is kept of each day, and which days are accepted as reference.

A live day is accepted for a column if the column had no alarm, or if a person accepted an alarm and
no other means broken data. A day that may be broken, but has too few records to decide, is not
accepted, and ends no alarm. Drift that lasts ``ACCEPTED_AFTER_DAYS`` days is the new normal from
then on; broken data is not. All of it follows from the kept days in their order, so that a rebuild
gives the same.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from driftloop.daily.accepted_change import AcceptedChange, remaining_alarms
from driftloop.daily.day import DAY_HOURS
from driftloop.daily.statistics import BY_NAME

REFERENCE_DAYS = 28
"""Accepted days that are the reference, the last ones."""

MAX_REFERENCE_AGE_DAYS = 56
"""Days before the analyzed one that are looked at for accepted days."""

MIN_REFERENCE_DAYS = 7
"""Accepted days without which a column is not analyzed."""

ACCEPTED_AFTER_DAYS = 7
"""Days in alarm, one after the other, after which drift is the new normal."""

MIN_RECORDS = 10
"""Records without which a day is neither analyzed nor accepted."""

MAX_NEW_VALUES = 256
"""New values of a column that are kept of a day."""

BROKEN_CHECKS = ("clock", "order", "constant")
"""Checks beside the statistics; each of their alarms means broken data."""


class DayRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a day.

    Attributes:
        end: Hour since 1970 (UTC) at which the day ends.
        records: Its records.
        statistics: Value of each statistic by column.
        values: Values that are not missing by column.
        new_values: Values that the day was the first to have, by column: up to ``MAX_NEW_VALUES``,
            as they are known after the day was accepted.
        alarms: Statistics and checks in alarm by column.
        in_window: What is broken in the window itself, if it is shorter than a day: by column and
            check, the share of the records, or how many of them had one value.
        invalid: Why the day as a whole is no evidence, of a day before the daily rule decides.
        undecided: Statistics that exceed their limit, by column, while the day has too few records
            to decide: no alarm, and the day is not accepted for the column.
    """

    end: int
    records: int
    statistics: Mapping[str, Mapping[str, float]] = {}
    values: Mapping[str, int] = {}
    new_values: Mapping[str, tuple[str, ...]] = {}
    alarms: Mapping[str, tuple[str, ...]] = {}
    in_window: Mapping[str, Mapping[str, float]] = {}
    invalid: str | None = None
    undecided: Mapping[str, tuple[str, ...]] = {}


def is_broken_data(alarm: str) -> bool:
    """Whether an alarm of a statistic or check means broken data rather than drift."""
    return alarm in BROKEN_CHECKS or BY_NAME[alarm].is_broken_data


def has_broken_data(day: DayRecord, column: str, changes: Sequence[AcceptedChange] = ()) -> bool:
    """Whether an alarm of a column on a day means broken data, and no person accepted it."""
    found = day.alarms.get(column, ())
    return any(map(is_broken_data, remaining_alarms(found, changes, column, day.end)))


def accepted_ends(
    days: Iterable[DayRecord], column: str, changes: Sequence[AcceptedChange] = ()
) -> set[int]:
    """Ends of the days that are accepted for a column.

    Args:
        days: All live days so far, oldest first.
        column: The column.
        changes: What a person accepted.
    """
    accepted: set[int] = set()
    run: list[int] = []
    is_broken = False
    for day in days:
        if day.records < MIN_RECORDS:
            continue
        found = day.alarms.get(column, ())
        alarms = remaining_alarms(found, changes, column, day.end)
        has_broken = has_broken_data(day, column, changes)
        is_accepted = len(alarms) < len(found) and not has_broken
        if not alarms and day.undecided.get(column):
            continue
        if not alarms or is_accepted:
            accepted.add(day.end)
            run, is_broken = [], False
            continue
        run.append(day.end)
        is_broken = is_broken or has_broken
        if len(run) >= ACCEPTED_AFTER_DAYS and not is_broken:
            accepted |= {*run}
    return accepted


def calendar_days(records: Iterable[DayRecord], end: int) -> list[DayRecord]:
    """Records of the days between midnights UTC that have no hour of the day before ``end``."""
    return [one for one in records if one.end % DAY_HOURS == 0 and one.end <= end - DAY_HOURS]


def alarm_since(records: Sequence[DayRecord], column: str, end: int) -> int | None:
    """The end of the first window of an alarm that lasts: no 24 hours have passed without it since.

    Windows of days with too few records, or too few to decide, neither continue nor end an alarm.

    Args:
        records: Records of all windows before the analyzed one, oldest first.
        column: The column, in alarm.
        end: End of the analyzed window.

    Returns:
        The end; None where the analyzed window is the first.
    """
    since: int | None = None
    for one in reversed(records):
        has_alarm = bool(one.alarms.get(column))
        if one.records < MIN_RECORDS or (not has_alarm and one.undecided.get(column)):
            continue
        if has_alarm:
            since = end = one.end
        elif end - one.end >= DAY_HOURS:
            break
    return since


def known_values(days: Iterable[DayRecord], accepted: set[int], column: str) -> set[str]:
    """Values of a column that accepted days were the first to have."""
    return {
        value for day in days if day.end in accepted for value in day.new_values.get(column, ())
    }


def values_of(days: Sequence[DayRecord], column: str, statistic: str) -> list[float]:
    """The values of a statistic on the days that have one, in their order."""
    found = (day.statistics.get(column, {}).get(statistic) for day in days)
    return [value for value in found if value is not None]
