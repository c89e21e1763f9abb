"""What a person accepted becomes normal, and nothing else does."""

import pytest

from driftloop.daily.accepted_change import AcceptedChange, changes_from_json, changes_to_json
from driftloop.daily.day import Day, make_day
from driftloop.daily.day_decision import decide_on_day
from driftloop.daily.history import DayRecord, accepted_ends
from driftloop.errors import FormatError
from driftloop.profile import profile_batch
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
