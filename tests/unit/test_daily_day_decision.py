"""Decisions on days of healthy traffic, and on days after a fault."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from driftloop.capture import NumericColumn, RecordBatch
from driftloop.capture.line_counts import LineCounts
from driftloop.daily.day import Day, make_day
from driftloop.daily.day_decision import DayDecision, decide_on_day
from driftloop.daily.history import DayRecord, accepted_ends, alarm_since
from driftloop.daily.reference import TrainingDays
from driftloop.daily.stored import training_days, with_training_days
from driftloop.profile import fit_baseline, profile_batch
from driftloop.profile.hourly.counts import count_hours
from driftloop.profile.hourly.layout import PREDICTION
from driftloop.schema import Feature, Kind, ProblemType, Schema

HOUR, DAYS = 3600, 54
START = 24 * 365 * 56
"""Hour since 1970."""
SCHEMA = Schema(
    (Feature("temp", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL)),
    "label",
    ProblemType.REGRESSION,
)


def traffic(first_day: int, days: int, records: int) -> RecordBatch:
    """Some records a day of a temperature that follows the hour, and of three cities."""
    rng = np.random.default_rng([first_day, days])
    times = np.sort((START + (first_day + days * rng.random(records * days)) * 24) * HOUR)
    hour = np.floor(times / HOUR) % 24
    temp = np.round(10 + 5 * np.sin(hour / 24 * 2 * np.pi) + rng.normal(0, 1, len(times)), 1)
    city = np.array(["Bern", "Basel", "Chur"], dtype=object)[rng.integers(0, 3, len(times))]
    return RecordBatch.from_columns(SCHEMA, {"temp": temp, "city": city}, times=times)


def learn(batch: RecordBatch) -> TrainingDays:
    found = training_days(with_training_days(fit_baseline(batch), [batch]))
    assert found is not None
    return found


@cache
def sampled() -> TrainingDays:
    """Training days of 240 records."""
    return learn(traffic(0, DAYS, 240))


def decide(training: TrainingDays, batches: list[RecordBatch]) -> list[DayDecision]:
    """The decisions on the days after the training, in their order."""
    days: list[Day] = []
    history: list[DayRecord] = []
    found = []
    for number, batch in enumerate(batches):
        end = START + (DAYS + number + 1) * 24
        day = make_day(training.layout, count_hours(training.layout, batch), end)
        found.append(decide_on_day(training, days, history, day))
        days.append(day)
        history.append(found[-1].record)
    return found


@pytest.mark.parametrize(("training_records", "records"), [(100, 1000), (24, 1500), (480, 240)])
def test_training_data_that_is_a_sample_of_the_traffic_is_no_drift(
    training_records: int, records: int
) -> None:
    training = learn(traffic(0, DAYS, training_records))
    found = decide(training, [traffic(DAYS + n, 1, records) for n in range(4)])
    assert [one.alarms for one in found] == [()] * 4


def temperatures(batch: RecordBatch) -> NDArray[np.float64]:
    column = batch.columns["temp"]
    assert isinstance(column, NumericColumn)
    return column.values


def lacking(batch: RecordBatch, share: float) -> RecordBatch:
    """The records without the temperature of some of them."""
    is_hit = np.random.default_rng(1).random(len(batch)) < share
    temp = NumericColumn(np.where(is_hit, np.nan, temperatures(batch)))
    return replace(batch, columns={**batch.columns, "temp": temp})


def test_data_that_is_repaired_is_not_broken_on_the_days_after() -> None:
    healthy = [traffic(DAYS + n, 1, 240) for n in range(9)]
    found = decide(sampled(), [lacking(one, 0.33) for one in healthy[:5]] + healthy[5:])
    broken = [any(alarm.is_broken_data for alarm in one.alarms) for one in found]
    assert broken == [True] * 5 + [False] * 4


def test_data_that_is_broken_in_part_for_days_stays_broken() -> None:
    found = decide(sampled(), [lacking(traffic(DAYS + n, 1, 240), 0.33) for n in range(8)])
    assert {(one.name, one.days) for one in found[-1].alarms} >= {
        ("missing", days) for days in (1, 3, 7)
    }


def constant(batch: RecordBatch) -> RecordBatch:
    """The records with one temperature."""
    temp = NumericColumn(np.full(len(batch), 7.0))
    return replace(batch, columns={**batch.columns, "temp": temp})


@pytest.mark.parametrize("days", [2, 4])
def test_a_value_that_was_stuck_for_days_is_no_drift_on_the_days_after(days: int) -> None:
    healthy = [traffic(DAYS + n, 1, 240) for n in range(days + 4)]
    broken = [constant(one) for one in healthy[1 : days + 1]]
    found = decide(sampled(), [healthy[0], *broken, *healthy[days + 1 :]])
    assert {alarm.name for one in found for alarm in one.alarms} >= {"constant", "level"}
    assert [bool(one.alarms) for one in found] == [False] + [True] * days + [False] * 3


@pytest.mark.parametrize("has_responses", [False, True])
def test_predictions_are_missing_only_where_responses_were_captured(has_responses: bool) -> None:
    def predicted(batch: RecordBatch, value: float) -> RecordBatch:
        prediction = NumericColumn(temperatures(batch) * 2 + value)
        return replace(batch, prediction=prediction)

    batch = predicted(traffic(0, DAYS, 240), 0.0)
    baseline = with_training_days(fit_baseline(batch), [batch])
    training = training_days(baseline)
    assert training is not None
    live = predicted(traffic(DAYS, 1, 240), np.nan)
    lines = LineCounts(used=240, missing_predictions=0 if has_responses else 240)
    hours = profile_batch(baseline, live, lines).hours
    decision = decide_on_day(
        training, [], [], make_day(training.layout, hours, START + (DAYS + 1) * 24)
    )
    alarms = {(one.column, one.name) for one in decision.alarms}
    assert alarms == ({(PREDICTION, "missing")} if has_responses else set())


def changed(batch: RecordBatch, change: NDArray[np.float64]) -> RecordBatch:
    """The records with other temperatures."""
    temp = NumericColumn(temperatures(batch) + change)
    return replace(batch, columns={**batch.columns, "temp": temp})


def test_drift_ends_on_the_first_day_that_is_as_usual() -> None:
    healthy = [traffic(DAYS + n, 1, 240) for n in range(8)]
    shifted = [changed(one, np.full(len(one), 5.0)) for one in healthy[:4]]
    found = decide(sampled(), shifted + healthy[4:])
    assert [bool(one.alarms) for one in found] == [True] * 4 + [False] * 4


def off_step(batch: RecordBatch) -> RecordBatch:
    """The records with one in 20 temperatures between the tenths of the training data."""
    return changed(batch, np.where(np.arange(len(batch)) % 20 == 0, 0.05, 0.0))


def test_a_day_with_too_few_records_to_decide_is_neither_broken_nor_usual() -> None:
    few, next_day = off_step(traffic(DAYS, 1, 60)), off_step(traffic(DAYS + 1, 1, 240))
    undecided, decided = decide(sampled(), [few, next_day])
    assert undecided.alarms == ()
    assert dict(undecided.record.undecided) == {"temp": ("unseen",)}
    assert dict(decided.record.alarms) == {"temp": ("unseen",)}


def test_a_column_is_accepted_again_after_a_day_with_too_few_records_to_decide() -> None:
    undecided = DayRecord(end=24, records=60, undecided={"temp": ("unseen",)})
    healthy = DayRecord(end=48, records=240)
    assert accepted_ends([undecided, healthy], "temp") == {48}
    assert accepted_ends([undecided, healthy], "city") == {24, 48}


def test_a_day_with_too_few_records_to_decide_does_not_end_an_alarm() -> None:
    alarm = DayRecord(end=24, records=240, alarms={"temp": ("unseen",)})
    undecided = DayRecord(end=48, records=60, undecided={"temp": ("unseen",)})
    assert alarm_since([alarm, undecided], "temp", 72) == 24


AMOUNTS = Schema((Feature("amount", Kind.NUMERIC),), "label", ProblemType.REGRESSION)


def amounts(first_day: int, days: int, new_share: float) -> RecordBatch:
    """60 amounts a day: 40 usual ones, and a share that no other record has."""
    rng = np.random.default_rng([first_day, days, 7])
    usual = np.random.default_rng(7).uniform(10, 20, 40)
    count = 60 * days
    times = np.sort((START + (first_day + days * rng.random(count)) * 24) * HOUR)
    is_new = rng.random(count) < new_share
    amount = np.where(is_new, rng.uniform(10, 20, count), rng.choice(usual, count))
    return RecordBatch.from_columns(AMOUNTS, {"amount": amount}, times=times)


def test_more_new_values_than_usual_are_broken_data() -> None:
    training = learn(amounts(0, DAYS, 0.2))
    found = decide(training, [amounts(DAYS, 1, 0.2), amounts(DAYS + 1, 1, 1.0)])
    assert [one.record.alarms.get("amount") for one in found] == [None, ("unseen",)]


def test_new_values_in_all_records_are_usual_where_they_always_were() -> None:
    training = learn(amounts(0, DAYS, 0.6))
    found = decide(training, [amounts(DAYS, 1, 0.6), amounts(DAYS + 1, 1, 1.0)])
    assert ("amount", "unseen", 1) in found[1].limits
    assert [one.alarms for one in found] == [(), ()]
