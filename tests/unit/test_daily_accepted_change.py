"""What a person accepted becomes normal, and nothing else does."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from driftloop.capture import NumericColumn, RecordBatch
from driftloop.daily.accepted_change import AcceptedChange, changes_from_json, changes_to_json
from driftloop.daily.day import Day, make_day
from driftloop.daily.day_decision import DailyAlarm, DayDecision, decide_on_day
from driftloop.daily.history import DayRecord, accepted_ends
from driftloop.errors import FormatError
from driftloop.profile import profile_batch
from driftloop.profile.hourly.counts import Hours
from tests.daily_traffic import end, fitted, learned, traffic


def alarms_by_day(
    fault: str,
    column: str,
    changes: tuple[AcceptedChange, ...],
    until: int = 70,
) -> list[bool]:
    """Whether the fault's alarm is raised on days 56, 57, …; the fault begins on day 58."""
    training = learned()
    days: list[Day] = []
    history: list[DayRecord] = []
    for number in range(56, until):
        batch = traffic(number, 1, fault if number >= 58 else None)
        day = make_day(training.layout, profile_batch(fitted(), batch).hours, end(number))
        history.append(decide_on_day(training, days, history, day, changes=changes).record)
        days.append(day)
    return [fault in record.alarms.get(column, ()) for record in history]


def change(column: str, name: str, first: int, last: int) -> AcceptedChange:
    return AcceptedChange(
        column=column,
        name=name,
        first_end=end(first),
        last_end=end(last),
        accepted_by="mona",
        accepted_at="2026-03-01T08:00:00Z",
    )


FAULTS = [
    ("clock", "hour"),
    ("missing", "temp"),
    ("out_of_range", "temp"),
    ("unseen", "city"),
    ("order", "temp"),
    ("constant", "temp"),
]


@pytest.mark.parametrize(("fault", "column"), FAULTS)
def test_broken_data_is_normal_after_a_person_accepted_it_and_never_before(
    fault: str, column: str
) -> None:
    without = alarms_by_day(fault, column, ())
    begin = without.index(True)
    assert begin in (2, 3)
    assert all(without[begin:])

    names = [column, "low"] if fault == "order" else [column]
    accepted = tuple(change(name, fault, 58, 61) for name in names)
    with_acceptance = alarms_by_day(fault, column, accepted)
    assert with_acceptance[:6] == without[:6]
    assert not any(with_acceptance[6:])


def test_another_alarm_of_an_accepted_column_is_still_raised() -> None:
    accepted = (change("temp", "missing", 58, 61),)
    found = alarms_by_day("out_of_range", "temp", accepted)
    assert all(found[2:])


@pytest.mark.parametrize("window_hours", [6, 24])
@pytest.mark.parametrize("accepted", [False, True])
def test_missing_values_of_a_column_that_follows_the_clock_are_broken_data_until_accepted(
    window_hours: int, accepted: bool
) -> None:
    """From day 58 on, 4% of the hours are missing."""
    training = learned()
    days: list[Day] = []
    history: list[DayRecord] = []
    found, in_window = [], []
    accepted_change = (change("hour", "missing", 58, 60),) if accepted else ()
    for number in range(56, 64):
        batch = traffic(number, 1)
        hour = batch.columns["hour"]
        assert isinstance(hour, NumericColumn)
        is_hit = np.random.default_rng(number).random(len(batch)) < (0.04 if number >= 58 else 0)
        column = NumericColumn(np.where(is_hit, np.nan, hour.values))
        batch = replace(batch, columns={**batch.columns, "hour": column})
        day = make_day(training.layout, profile_batch(fitted(), batch).hours, end(number))
        decision = decide_on_day(
            training, days, history, day, window_hours=window_hours, changes=accepted_change
        )
        found.append("missing" in decision.record.alarms.get("hour", ()))
        in_window.append("missing" in decision.record.in_window.get("hour", ()))
        history.append(decision.record)
        days.append(day)
    assert found == [False] * 2 + [True] * 3 + [not accepted] * 3
    assert not any(in_window[:2])
    alarm = next(
        one
        for one in decide_on_day(training, days[:2], history[:2], days[2]).alarms
        if one.name == "missing"
    )
    assert alarm.change > alarm.limit > 0


def shifted(day: int, shares: dict[int, float]) -> RecordBatch:
    """A day on which some shares of the records have an hour that many hours ahead."""
    batch = traffic(day, 1)
    hour = batch.columns["hour"]
    assert isinstance(hour, NumericColumn)
    offsets = np.random.default_rng(day).choice(
        [*shares, 0], len(batch), p=[*shares.values(), max(0.0, 1 - sum(shares.values()))]
    )
    column = NumericColumn((hour.values + offsets) % 24)
    return replace(batch, columns={**batch.columns, "hour": column})


def clock_decisions(
    usual: dict[int, float], later: dict[int, float]
) -> tuple[list[DailyAlarm], DayDecision]:
    """What a day has after days with a clock that a person accepted, and its decision."""
    training = learned()
    days: list[Day] = []
    history: list[DayRecord] = []
    for number in range(56, 60):
        batch = shifted(number, usual if number < 59 else later)
        day = make_day(training.layout, profile_batch(fitted(), batch).hours, end(number))
        accepted = (change("hour", "clock", 56, 58),)
        decision = decide_on_day(training, days, history, day, changes=accepted)
        history.append(decision.record)
        days.append(day)
    return [one for one in decision.alarms if one.name == "clock"], decision


@pytest.mark.parametrize(
    ("usual", "later", "broken"),
    [
        ({2: 1.0}, {2: 1.0}, None),
        ({2: 1.0}, {}, None),
        ({2: 1.0}, {5: 1.0}, 1.0),
        ({2: 0.96}, {2: 0.85, 5: 0.15}, 0.15),
        (dict.fromkeys(range(1, 21), 0.02), dict.fromkeys(range(1, 21), 0.03), None),
        (dict.fromkeys(range(1, 21), 0.02), dict.fromkeys(range(1, 21), 0.045), 0.9),
        (dict.fromkeys(range(1, 21), 0.04), dict.fromkeys(range(1, 21), 0.05), 1.0),
    ],
)
def test_an_accepted_clock_is_still_checked(
    usual: dict[int, float], later: dict[int, float], broken: float | None
) -> None:
    """Of one accepted offset another is an alarm, and of many twice the share."""
    found, decision = clock_decisions(usual, later)
    assert [one.change for one in found] == (
        [] if broken is None else [pytest.approx(broken, abs=0.05)]
    )
    assert all(one.limit < 1 for one in found)
    if found:
        assert decision.column_changes["hour"].clock_share == pytest.approx(found[0].change)
    assert decision.unchecked_clocks == ()


def test_a_clock_that_no_accepted_record_agrees_with_is_said_not_to_be_checked() -> None:
    random = dict.fromkeys(range(1, 24), 1 / 23)
    found, decision = clock_decisions(random, random)
    assert (found, decision.unchecked_clocks) == ([], ("hour",))


def windows(
    faulty: Callable[[int, RecordBatch], RecordBatch], changes: tuple[AcceptedChange, ...] = ()
) -> list[DayDecision]:
    """The decisions on the windows of 6 hours of days 56 and 57, with accepted changes."""
    training = learned()
    days: list[Day] = []
    history: list[DayRecord] = []
    hours: Hours = {}
    found = []
    for number in (56, 57):
        batch = faulty(number, traffic(number, 1))
        hours = {**hours, **profile_batch(fitted(), batch).hours}
        for last in (18, 12, 6, 0):
            until = end(number) - last
            known = {hour: counts for hour, counts in hours.items() if hour < until}
            day = make_day(training.layout, known, until)
            found.append(
                decide_on_day(training, days, history, day, window_hours=6, changes=changes)
            )
            history.append(found[-1].record)
        days.append(day)
    return found


@pytest.mark.parametrize(
    ("check", "value"), [("missing", np.nan), ("out_of_range", 60.0), ("constant", 12.0)]
)
def test_what_windows_have_becomes_normal_after_a_person_accepted_it(
    check: str, value: float
) -> None:
    """In hours 7 to 9 of both days."""

    def faulty(day: int, batch: RecordBatch) -> RecordBatch:
        hour, temp = batch.columns["hour"], batch.columns["temp"]
        assert isinstance(hour, NumericColumn)
        assert isinstance(temp, NumericColumn)
        last = 12 if check == "constant" else 9
        is_hit = (hour.values >= 6) & (hour.values < last)
        column = NumericColumn(np.where(is_hit, value, temp.values))
        return replace(batch, columns={**batch.columns, "temp": column})

    found = windows(faulty)
    of_windows = [one.record.in_window.get("temp", {}) for one in found]
    assert [check in one for one in of_windows] == [False, True, False, False] * 2
    accepted = AcceptedChange(
        column="temp",
        name=check,
        first_end=found[1].record.end,
        last_end=found[3].record.end,
        accepted_by="mona",
        accepted_at="2026-03-01T08:00:00Z",
        in_window=of_windows[1][check],
    )
    again = windows(faulty, (accepted,))
    assert [one.record for one in again[:4]] == [one.record for one in found[:4]]
    assert not any(check in one.record.in_window.get("temp", {}) for one in again[4:])


def test_only_the_days_that_a_person_saw_are_accepted() -> None:
    days = [
        DayRecord(end=24 * n, records=100, alarms={"a": ("missing", "clock")}) for n in range(1, 5)
    ]
    one = AcceptedChange(
        column="a", name="missing", first_end=24, last_end=48, accepted_by="", accepted_at=""
    )
    other = AcceptedChange(
        column="a", name="clock", first_end=48, last_end=96, accepted_by="", accepted_at=""
    )
    assert accepted_ends(days, "a", [one]) == set()
    assert accepted_ends(days, "a", [one, other]) == {48}


def test_accepted_changes_are_stored_as_json_and_a_damaged_file_is_refused() -> None:
    changes = (change("temp", "missing", 58, 61),)
    assert changes_from_json(changes_to_json(changes)) == changes
    with pytest.raises(FormatError, match="restore the file, or delete it and accept again"):
        changes_from_json(b'{"accepted_changes": [{"column": "temp"}]}')
