"""What a person accepted becomes normal, and nothing else does."""

import numpy as np
import pytest

from driftloop.capture import RecordBatch
from driftloop.daily.accepted_change import AcceptedChange, changes_from_json, changes_to_json
from driftloop.daily.day import Day, make_day
from driftloop.daily.day_decision import decide_on_day
from driftloop.daily.history import DayRecord, accepted_ends
from driftloop.daily.reference import TrainingDays
from driftloop.daily.stored import training_days, with_training_days
from driftloop.errors import FormatError
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.schema import Feature, Kind, ProblemType, Schema

HOUR = 3600
START = 24 * 365 * 56
"""Hour since 1970."""
SCHEMA = Schema(
    (
        Feature("hour", Kind.NUMERIC),
        Feature("temp", Kind.NUMERIC),
        Feature("low", Kind.NUMERIC),
        Feature("city", Kind.CATEGORICAL),
    ),
    "label",
    ProblemType.REGRESSION,
)


def traffic(day: int, days: int, fault: str | None = None) -> RecordBatch:
    rng = np.random.default_rng([day, days])
    times = np.sort((START + (day + days * rng.random(480 * days)) * 24) * HOUR)
    hour = np.floor(times / HOUR) % 24
    temp = np.round(10 + 5 * np.sin(hour / 24 * 2 * np.pi) + rng.normal(0, 1, len(times)), 1)
    city = np.array(["Bern", "Basel", "Chur"], dtype=object)[rng.integers(0, 3, len(times))]
    low = temp - np.round(rng.random(len(times)) * 3, 1)
    hit = rng.random(len(times)) < 0.4
    if fault == "clock":
        hour = (hour + 5) % 24
    elif fault == "missing":
        temp = np.where(hit, np.nan, temp)
    elif fault == "out_of_range":
        temp = np.where(hit, 999.0, temp)
    elif fault == "unseen":
        city = np.where(hit, "Genf", city)
    elif fault == "order":
        temp, low = low, temp
    elif fault == "constant":
        temp = np.full(len(temp), 12.0)
    return RecordBatch.from_columns(
        SCHEMA, {"hour": hour, "temp": temp, "low": low, "city": city}, times=times
    )


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    batch = traffic(0, 56)
    return with_training_days(fit_baseline(batch), [batch])


@pytest.fixture(scope="module")
def training(baseline: Baseline) -> TrainingDays:
    found = training_days(baseline)
    assert found is not None
    return found


def end(day: int) -> int:
    return START + 24 * (day + 1)


def alarms_by_day(
    baseline: Baseline,
    training: TrainingDays,
    fault: str,
    column: str,
    changes: tuple[AcceptedChange, ...],
    until: int = 70,
) -> list[bool]:
    """Whether the fault's alarm is raised on days 56, 57, …; the fault begins on day 58."""
    days: list[Day] = []
    history: list[DayRecord] = []
    for number in range(56, until):
        batch = traffic(number, 1, fault if number >= 58 else None)
        day = make_day(training.layout, profile_batch(baseline, batch).hours, end(number))
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
    baseline: Baseline, training: TrainingDays, fault: str, column: str
) -> None:
    without = alarms_by_day(baseline, training, fault, column, ())
    begin = without.index(True)
    assert begin in (2, 3)
    assert all(without[begin:])

    names = [column, "low"] if fault == "order" else [column]
    accepted = tuple(change(name, fault, 58, 61) for name in names)
    with_acceptance = alarms_by_day(baseline, training, fault, column, accepted)
    assert with_acceptance[:6] == without[:6]
    assert not any(with_acceptance[6:])


def test_another_alarm_of_an_accepted_column_is_still_raised(
    baseline: Baseline, training: TrainingDays
) -> None:
    accepted = (change("temp", "missing", 58, 61),)
    found = alarms_by_day(baseline, training, "out_of_range", "temp", accepted)
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
    with pytest.raises(FormatError, match="driftloop accept"):
        changes_from_json(b'{"accepted_changes": [{"column": "temp"}]}')
