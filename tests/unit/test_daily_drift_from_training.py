"""Drift from training: a slow change is measured, and neither chance nor an odd week counts."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from driftloop.capture import RecordBatch
from driftloop.daily.day import Day, day_ends, make_day, make_days
from driftloop.daily.day_decision import DayDecision, decide_on_day
from driftloop.daily.drift_from_training import measure_drift_from_training
from driftloop.daily.history import DayRecord
from driftloop.daily.reference import TrainingDays, count_months
from driftloop.daily.stored import to_bytes, training_days, with_training_days
from driftloop.detection import DriftPolicy, WindowVerdict
from driftloop.html import render_report
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.profile.hourly.counts import count_hours
from driftloop.report import build_report
from driftloop.report.drift_from_training_text import drift_from_training_text
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window

START = int(datetime(2025, 1, 6, tzinfo=UTC).timestamp())
"""A Monday."""
DAY_SECONDS = 86400
SCHEMA = Schema(
    (
        Feature("load", Kind.NUMERIC),
        Feature("noise", Kind.NUMERIC),
        Feature("site", Kind.CATEGORICAL),
    ),
    "label",
    ProblemType.REGRESSION,
)
SITES = np.array(["north", "south", "west"], dtype=object)

Level = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def level_of_zero(day: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.zeros(len(day))


def season(day: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two standard deviations in summer, minus two in winter."""
    return -2 * np.cos(2 * np.pi * day / 365.25)


def traffic(first: int, days: int, per_day: int, level: Level = level_of_zero) -> RecordBatch:
    """Independent records of some days, from a fixed seed."""
    rng = np.random.default_rng([first, days, per_day])
    times = np.sort(first + days * rng.random(days * per_day))
    columns = {
        "load": rng.normal(0, 1, len(times)) + level(np.floor(times)),
        "noise": rng.normal(0, 1, len(times)),
        "site": SITES[rng.integers(0, 3, len(times))],
    }
    return RecordBatch.from_columns(SCHEMA, columns, times=START + times * DAY_SECONDS)


def fit(batch: RecordBatch) -> tuple[Baseline, TrainingDays]:
    baseline = with_training_days(fit_baseline(batch), [batch])
    found = training_days(baseline)
    assert found is not None
    return baseline, found


@pytest.fixture(scope="module")
def fitted() -> tuple[Baseline, TrainingDays]:
    return fit(traffic(0, 56, 200))


@pytest.fixture(scope="module")
def fitted_on_a_year() -> tuple[Baseline, TrainingDays]:
    """Its months alone: the statistics of its days take no part."""
    batch = traffic(0, 364, 60, season)
    baseline = fit_baseline(batch)
    layout = baseline.layout
    assert layout is not None
    hours = count_hours(layout, batch)
    months = count_months(layout, make_days(layout, hours, day_ends(hours)))
    return baseline, TrainingDays(layout, {}, [], months=months)


def live_days(
    baseline: Baseline, first: int, days: int, per_day: int = 200, level: Level = level_of_zero
) -> list[Day]:
    layout = baseline.layout
    assert layout is not None
    found = []
    for day in range(first, first + days):
        profile = profile_batch(baseline, traffic(day, 1, per_day, level))
        found.append(make_day(layout, profile.hours, START // 3600 + (day + 1) * 24))
    return found


def replay(training: TrainingDays, days: Sequence[Day]) -> list[DayDecision]:
    decisions: list[DayDecision] = []
    for index, day in enumerate(days):
        records = [one.record for one in decisions]
        decisions.append(decide_on_day(training, days[:index], records, day))
    return decisions


def test_days_like_the_training_data_are_not_away_from_it(
    fitted: tuple[Baseline, TrainingDays],
) -> None:
    baseline, training = fitted
    found = measure_drift_from_training(training, live_days(baseline, 56, 28), [])
    assert set(found.columns) == {"load", "noise", "site"}
    assert found.days == 28
    assert found.records == 28 * 200
    assert found.largest({}) == 0


@pytest.mark.parametrize("shift", [0.5, 1.0, 2.0])
def test_the_effect_size_is_the_shift_of_the_mean_in_standard_deviations(
    fitted: tuple[Baseline, TrainingDays], shift: float
) -> None:
    baseline, training = fitted
    days = live_days(baseline, 56, 28, level=lambda day: np.full(len(day), shift))
    found = measure_drift_from_training(training, days, [])
    assert found.columns["load"].effect_size == pytest.approx(shift, rel=0.1)
    assert found.columns["load"].persistent_effect_size == pytest.approx(shift, rel=0.1)
    assert found.columns["noise"].persistent_effect_size == 0


def test_a_slow_change_raises_the_figure_and_not_the_verdict(
    fitted: tuple[Baseline, TrainingDays],
) -> None:
    """A fiftieth of a standard deviation a day."""
    baseline, training = fitted
    days = live_days(baseline, 56, 60, level=lambda day: (day - 55) / 50)
    decisions = replay(training, days)
    levels = [one.drift_from_training.largest({}) for one in decisions if one.drift_from_training]
    assert levels[13] < levels[40] < 0.5 < levels[59] < 1.2
    end = datetime.fromtimestamp(days[-1].end * 3600, UTC)
    report = build_report(
        baseline,
        profile_batch(baseline, traffic(115, 1, 200, lambda day: (day - 55) / 50)),
        window=Window(datetime.fromtimestamp(days[-1].end * 3600 - DAY_SECONDS, UTC), end),
        policy=DriftPolicy(),
        model="rentals",
        daily=decisions[-1],
    )
    assert report.verdict == WindowVerdict.STABLE
    assert report.drift_from_training == decisions[-1].drift_from_training
    assert type(report).from_json(report.to_json()) == report
    assert report.drift_from_training is not None
    text = drift_from_training_text(report.drift_from_training, report.policy)
    assert "load is furthest from the training data: effect size" in text
    assert "From 0.5 the gate is invoked for a retraining; it is no part of the verdict." in text
    assert text in render_report(report, [])


def test_a_week_that_differs_does_not_count(fitted: tuple[Baseline, TrainingDays]) -> None:
    """A week of holidays, five standard deviations away, is a quarter of the days."""
    baseline, training = fitted
    days = [
        *live_days(baseline, 56, 7),
        *live_days(baseline, 63, 7, level=lambda day: np.full(len(day), 5.0)),
        *live_days(baseline, 70, 14),
    ]
    found = measure_drift_from_training(training, days, [])
    assert found.columns["load"].effect_size > 0.5
    assert found.columns["load"].persistent_effect_size < 0.1


def test_little_traffic_raises_nothing_by_chance(fitted: tuple[Baseline, TrainingDays]) -> None:
    baseline, training = fitted
    days = live_days(baseline, 56, 28, per_day=5)
    found = measure_drift_from_training(training, days, [])
    assert found.columns["load"].records == 140
    assert found.columns["load"].effect_size > 0
    assert found.largest({}) == 0


def test_a_season_that_the_training_data_has_is_not_away_from_it(
    fitted_on_a_year: tuple[Baseline, TrainingDays], fitted: tuple[Baseline, TrainingDays]
) -> None:
    """July is compared with July; a model of two winter months has never seen one."""
    first = (datetime(2026, 7, 2, tzinfo=UTC) - datetime(2025, 1, 6, tzinfo=UTC)).days
    baseline, training = fitted_on_a_year
    found = measure_drift_from_training(training, live_days(baseline, first, 28, level=season), [])
    assert found.months == (7,)
    assert found.largest({}) < 0.3
    winter, two_months = fitted
    found = measure_drift_from_training(two_months, live_days(winter, first, 28, level=season), [])
    assert found.months == ()
    assert found.largest({}) == pytest.approx(2, rel=0.1)


def test_each_month_of_the_training_data_weighs_as_much_as_in_the_days(
    fitted_on_a_year: tuple[Baseline, TrainingDays],
) -> None:
    """Three weeks of April and one of May, in which the level rises by a standard deviation."""
    first = (datetime(2026, 4, 10, tzinfo=UTC) - datetime(2025, 1, 6, tzinfo=UTC)).days
    baseline, training = fitted_on_a_year
    found = measure_drift_from_training(training, live_days(baseline, first, 28, level=season), [])
    assert found.months == (4, 5)
    assert found.largest({}) < 0.35


def test_a_day_with_broken_data_does_not_count_for_its_column(
    fitted: tuple[Baseline, TrainingDays],
) -> None:
    baseline, training = fitted
    days = live_days(baseline, 56, 28)
    history = [
        DayRecord(end=day.end, records=200, alarms={"load": ("out_of_range",), "noise": ("level",)})
        for day in days[:10]
    ]
    found = measure_drift_from_training(training, days, history)
    assert {name: column.days for name, column in found.columns.items()} == {
        "load": 18,
        "noise": 28,
        "site": 28,
    }


def test_fewer_than_half_of_the_days_say_nothing(fitted: tuple[Baseline, TrainingDays]) -> None:
    baseline, training = fitted
    days = live_days(baseline, 56, 14, level=lambda day: np.full(len(day), 3.0))
    too_few = measure_drift_from_training(training, days[:13], [])
    assert too_few.columns == {}
    assert too_few.largest({}) == 0
    assert drift_from_training_text(too_few, DriftPolicy()) == (
        "Drift from training is not known yet: 13 of the last 28 days have records, and 14 days"
        " are needed."
    )
    assert measure_drift_from_training(training, days, []).largest({}) > 2
    assert measure_drift_from_training(training, days[:7], [], max_days=7).largest({}) > 2


def test_a_feature_of_weight_0_and_an_excluded_one_do_not_invoke_the_gate(
    fitted: tuple[Baseline, TrainingDays],
) -> None:
    baseline, training = fitted
    days = live_days(baseline, 56, 28, level=lambda day: np.full(len(day), 3.0))
    found = measure_drift_from_training(training, days, [])
    assert found.largest({"load": 0.0}) == 0
    excluded = measure_drift_from_training(training, days, [], excluded=["load"])
    assert set(excluded.columns) == {"noise", "site"}


def test_days_belong_to_the_month_of_their_middle(
    fitted_on_a_year: tuple[Baseline, TrainingDays],
) -> None:
    _, training = fitted_on_a_year
    assert {month: found.days for month, found in training.months.items()} == {
        1: 30,  # from 6 January, and the first four days of the year after
        2: 28,
        3: 31,
        4: 30,
        5: 31,
        6: 30,
        7: 31,
        8: 31,
        9: 30,
        10: 31,
        11: 30,
        12: 31,
    }


def test_the_counts_of_months_are_stored_with_the_baseline(
    fitted: tuple[Baseline, TrainingDays],
) -> None:
    baseline, training = fitted
    assert {month: found.days for month, found in training.months.items()} == {1: 26, 2: 28, 3: 2}
    assert to_bytes(training) == baseline.days_bytes
