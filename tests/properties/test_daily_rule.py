"""The daily rule: its counts add up exactly, and the same days give the same decisions."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, RecordBatch
from driftloop.daily.day import Day, make_day
from driftloop.daily.day_decision import DayDecision, decide_on_day
from driftloop.daily.history import DayRecord
from driftloop.daily.reference import TrainingDays
from driftloop.daily.stored import to_bytes, training_days, with_training_days
from driftloop.profile import Baseline, Profile, fit_baseline, profile_batch
from driftloop.schema import Feature, Kind, ProblemType, Schema

HOUR = 3600
START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
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


def traffic(first_day: int, days: int, *, shift: float = 0.0) -> RecordBatch:
    """Some 480 records a day whose temperature follows the hour, from a fixed seed."""
    rng = np.random.default_rng([first_day, days])
    times = np.sort(START + (first_day + days * rng.random(480 * days)) * 24 * HOUR)
    hour = np.floor(times / HOUR) % 24
    temp = np.round(10 + 5 * np.sin(hour / 24 * 2 * np.pi) + rng.normal(0, 1, len(times)), 1)
    columns = {
        "hour": hour,
        "temp": temp + shift,
        "low": temp - np.round(rng.random(len(times)) * 3, 1),
        "city": np.array(["Bern", "Basel", "Chur"], dtype=object)[rng.integers(0, 3, len(times))],
    }
    return RecordBatch.from_columns(SCHEMA, columns, times=times)


@cache
def fitted() -> Baseline:
    training = traffic(0, 56)
    return with_training_days(fit_baseline(training), [training])


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return fitted()


@pytest.fixture(scope="module")
def training(baseline: Baseline) -> TrainingDays:
    found = training_days(baseline)
    assert found is not None
    return found


def part(batch: RecordBatch, chosen: NDArray[np.bool_]) -> RecordBatch:
    return batch.take(np.flatnonzero(chosen))


Columns = dict[str, NDArray[Any]]


def plain_values(column: Column) -> NDArray[Any]:
    if isinstance(column, CategoricalColumn):
        return np.array(column.categories, object)[column.codes]
    return column.values


def decide(training: TrainingDays, profiles: list[Profile]) -> list[DayDecision]:
    """Decide on days 56, 57, … in their order."""
    days: list[Day] = []
    history: list[DayRecord] = []
    decisions: list[DayDecision] = []
    for number, profile in enumerate(profiles):
        day = make_day(training.layout, profile.hours, START // HOUR + (57 + number) * 24)
        decisions.append(decide_on_day(training, days, history, day))
        days.append(day)
        history.append(decisions[-1].record)
    return decisions


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=5, max_size=5), st.permutations(range(7)))
def test_parts_of_a_day_add_up_to_the_day_in_any_order(labels: list[int], order: list[int]) -> None:
    baseline = fitted()
    batch = traffic(60, 1)
    whole = profile_batch(baseline, batch)
    label = np.resize(labels, len(batch)) + np.arange(len(batch)) % 3
    parts = [profile_batch(baseline, part(batch, label == one)) for one in order]
    total = Profile.empty(baseline)
    for one in parts:
        total = total + one
    assert Profile.from_bytes(total.to_bytes()).to_bytes() == total.to_bytes()
    assert list(total.hours) == list(whole.hours)
    for hour, counts in whole.hours.items():
        found = total.hours[hour]
        assert found.positions.tolist() == counts.positions.tolist()
        assert found.counts.tolist() == counts.counts.tolist()
        assert found.low.tolist() == counts.low.tolist()
        assert found.high.tolist() == counts.high.tolist()
        assert found.unseen == counts.unseen


def test_hourly_windows_give_the_same_decision_as_the_day(
    baseline: Baseline, training: TrainingDays
) -> None:
    batch = traffic(56, 1)
    hour = np.floor(batch.times / HOUR)
    hourly = Profile.empty(baseline)
    for one in np.unique(hour)[::-1]:
        hourly = hourly + profile_batch(baseline, part(batch, hour == one))
    (by_hour,) = decide(training, [hourly])
    (by_day,) = decide(training, [profile_batch(baseline, batch)])
    assert msgspec.json.encode(by_hour.record) == msgspec.json.encode(by_day.record)


def test_a_rebuild_gives_the_same_bytes(baseline: Baseline, training: TrainingDays) -> None:
    profiles = [
        profile_batch(baseline, traffic(56 + number, 1, shift=3.0 * (number > 4)))
        for number in range(8)
    ]
    first, second = decide(training, profiles), decide(training, profiles)
    assert msgspec.json.encode([one.record for one in first]) == msgspec.json.encode(
        [one.record for one in second]
    )
    assert Baseline.from_bytes(baseline.to_bytes()).to_bytes() == baseline.to_bytes()
    assert to_bytes(training) == baseline.days_bytes


def test_a_shift_is_found_and_days_before_it_are_quiet(
    baseline: Baseline, training: TrainingDays
) -> None:
    profiles = [
        profile_batch(baseline, traffic(56 + number, 1, shift=3.0 * (number > 4)))
        for number in range(8)
    ]
    decisions = decide(training, profiles)
    assert [sorted(one.record.alarms) for one in decisions[:5]] == [[]] * 5
    assert "level" in decisions[5].record.alarms["temp"]


def test_the_columns_that_follow_the_clock_are_found(training: TrainingDays) -> None:
    assert list(training.layout.stored.clocks) == ["hour"]
    assert training.layout.stored.orders == (("temp", "low"),)
    assert training.layout.stored.steps == {"temp": 0.1, "low": 0.1}


@pytest.mark.parametrize(
    ("change", "column", "alarm"),
    [
        (lambda c: {**c, "hour": (c["hour"] + 5) % 24}, "hour", "clock"),
        (lambda c: {**c, "temp": c["low"], "low": c["temp"]}, "temp", "order"),
        (lambda c: {**c, "temp": np.round(c["temp"] / 1.8, 3)}, "temp", "unseen"),
        (lambda c: {**c, "temp": c["temp"] * 1000}, "temp", "out_of_range"),
        (
            lambda c: {**c, "temp": np.where(np.arange(len(c["temp"])) % 10, c["temp"], np.nan)},
            "temp",
            "missing",
        ),
        (lambda c: {**c, "city": np.full(len(c["city"]), "BERN", object)}, "city", "unseen"),
        (lambda c: {**c, "low": np.random.default_rng(0).permutation(c["low"])}, "low", "order"),
        (lambda c: {**c, "temp": np.full(len(c["temp"]), 12.0)}, "temp", "spread"),
    ],
)
def test_broken_data_is_found_on_the_first_day(
    baseline: Baseline,
    training: TrainingDays,
    change: Callable[[Columns], Columns],
    column: str,
    alarm: str,
) -> None:
    batch = traffic(56, 1)
    changed = change({name: plain_values(column) for name, column in batch.columns.items()})
    current = RecordBatch.from_columns(SCHEMA, changed, times=batch.times)
    (decision,) = decide(training, [profile_batch(baseline, current)])
    assert alarm in decision.record.alarms.get(column, ())
