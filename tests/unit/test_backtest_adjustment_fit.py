"""Replaying weeks: design effects, alarms, the floors that keep these rare, and the commands."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from driftloop.backtest.adjustment_fit import (
    cross_fit_adjustments,
    with_fitted_seasonality,
    with_training_seasonality,
)
from driftloop.backtest.replay import MARGIN, Replay, fit_multipliers
from driftloop.backtest.scored_windows import ScoredWindows
from driftloop.capture import CategoricalColumn, NumericColumn, RecordBatch
from driftloop.cli.main import main
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.profile import Baseline, fit_baseline
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.seasonality.hour_of_week import HourOfWeekProfile
from driftloop.seasonality.windows import complete_windows, load_hours
from tests.narrowing import narrow

pytestmark = pytest.mark.slow

SCHEMA = Schema(
    (
        Feature("copied", Kind.NUMERIC),
        Feature("plain", Kind.NUMERIC),
        Feature("c", Kind.CATEGORICAL),
    ),
    "y",
    ProblemType.REGRESSION,
)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
COPIES, RATE = 8, 160
POLICY = DriftPolicy()


def cells(weeks: int, *, moving: float = 0.0) -> dict[str, Any]:
    """Each value of ``copied`` stands in eight records; ``plain`` moves from day to day."""
    random = np.random.default_rng(5)
    hours = weeks * 168
    rows = hours * RATE
    days = np.repeat(random.normal(0, moving, hours // 24) if moving else [0.0] * (hours // 24), 24)
    return {
        "copied": np.repeat(random.normal(0, 1, rows // COPIES), COPIES),
        "plain": random.normal(0, 1, rows) + np.repeat(days, RATE),
        "c": random.choice(["a", "b", "c"], rows).tolist(),
        "when": MONDAY.timestamp() + np.arange(rows) * 3600.0 / RATE,
    }


def batch(weeks: int, *, moving: float = 0.0) -> RecordBatch:
    made = cells(weeks, moving=moving)
    return RecordBatch.from_columns(SCHEMA, made, times=made["when"])


@pytest.fixture(scope="module")
def training() -> RecordBatch:
    return batch(4)


@pytest.fixture(scope="module")
def baseline(training: RecordBatch) -> Baseline:
    return fit_baseline(training)


@pytest.fixture(scope="module")
def complete(baseline: Baseline, training: RecordBatch) -> Baseline:
    return with_fitted_seasonality(
        baseline, HourOfWeekProfile.from_batches(baseline, [training]), POLICY, 1
    )


def test_records_in_eight_copies_have_a_design_effect_of_eight(complete):
    granted = complete.seasonality.adjustments
    # X^2 of eight copies is eight times that of one; the tail of 672 windows is known to some 15%
    assert granted.window["copied"].design_effect == pytest.approx(8, rel=0.2)
    assert granted.window["plain"].design_effect == pytest.approx(1, abs=0.25)
    assert granted.window["c"].design_effect == pytest.approx(1, abs=0.25)


def test_copies_raise_alarms_as_if_independent_and_none_when_calibrated(complete):
    result = complete.seasonality.adjustments.replay
    assert result["windows"] == 672
    assert result["alarms_before"] > result["alarms_after"] == 0
    assert result["drifted_before"] > 5 * max(1, result["drifted_after"])


def test_a_column_that_moves_from_day_to_day_gets_a_larger_multiplier_for_days(baseline):
    moving = batch(4, moving=0.3)
    fitted = fit_baseline(moving)
    still = cross_fit_adjustments(
        baseline, HourOfWeekProfile.from_batches(baseline, [batch(4)]), POLICY, 1
    )
    found = cross_fit_adjustments(
        fitted, HourOfWeekProfile.from_batches(fitted, [moving]), POLICY, 1
    )
    assert still.day["plain"].min_effect_multiplier < 1.2
    assert (
        2 < found.day["plain"].min_effect_multiplier < 8
    )  # days lie 0.6 to 1 apart, and the floor at 0.2
    assert found.replay["alarms_before"] > found.replay["alarms_after"] == 0


def test_a_replay_is_deterministic(baseline, training, complete):
    again = with_fitted_seasonality(
        baseline, HourOfWeekProfile.from_batches(baseline, [training]), POLICY, 1
    )
    assert again.to_bytes() == complete.to_bytes()


def test_windows_of_a_day_have_no_days_beside_them(baseline, training):
    found = cross_fit_adjustments(
        baseline, HourOfWeekProfile.from_batches(baseline, [training]), POLICY, 24
    )
    assert found.window == found.day
    assert found.replay["windows"] == 28


@pytest.mark.parametrize(
    ("weeks", "hours", "message"), [(3, 1, "3 whole weeks"), (4, 1, "hold the 30 records")]
)
def test_the_error_of_too_little_data_for_a_backtest_names_what_is_required(
    baseline, weeks, hours, message
):
    policy = DriftPolicy(min_records=30 if weeks == 4 else 100)
    some = batch(weeks)
    few = HourOfWeekProfile.from_batches(baseline, [_every(some, 1 if weeks == 3 else 20)])
    with pytest.raises(InputError, match=message):
        with_fitted_seasonality(baseline, few, policy, hours)


def _every(some: RecordBatch, step: int) -> RecordBatch:
    """One record of so many."""
    made: dict[str, Any] = {
        name: narrow(NumericColumn, column).values[::step]
        for name, column in list(some.columns.items())[:2]
    }
    c = narrow(CategoricalColumn, some.columns["c"])
    made["c"] = [c.categories[code] for code in c.codes[::step]]
    return RecordBatch.from_columns(SCHEMA, made, times=some.times[::step])


def test_blocks_are_aligned_with_midnight_and_lie_within_the_weeks(baseline, training):
    shifted = _every(training, 1)
    shifted.times[:] += 5 * 3600
    hours, span = load_hours(HourOfWeekProfile.from_batches(baseline, [shifted]))
    assert (span.start % 24, len(span)) == (5, 672)
    days = complete_windows(hours, span, 24)
    assert {start % 24 for start in days} == {0}
    assert len(days) == 27
    assert {columns["plain"].rows for columns in days.values()} == {24 * RATE}


def scored(rows, starts=None) -> ScoredWindows:
    effects = np.array(rows, dtype=float)
    every = tuple(range(len(rows))) if starts is None else starts
    return ScoredWindows(every, ("a", "b"), effects, effects)


def replay(windows, days) -> Replay:
    return Replay(1, scored(windows), scored(days, tuple(24 * day for day in range(len(days)))))


ONE = np.ones(2)


def test_alarms_are_those_of_the_same_column_and_of_drifted_days():
    quiet = [[0.0, 0.0]] * 24
    both = [[0.0, 0.0]] * 3 + [[1.5, 0.0], [0.0, 1.5], [1.5, 0.0]] + [[0.0, 0.0]] * 18
    assert replay(both + quiet, [[0, 0], [0, 0]]).alarms(ONE, ONE, POLICY) == 1
    assert replay(quiet + quiet, [[0, 2.0], [0, 0]]).alarms(ONE, ONE, POLICY) == 1
    assert replay(both + quiet, [[0, 0], [2.0, 0]]).alarms(ONE, ONE, POLICY) == 2
    assert replay(both + quiet, [[0, 0], [2.0, 0]]).alarms(2 * ONE, 3 * ONE, POLICY) == 0


def test_minimum_effect_sizes_get_the_smallest_multiplier_without_an_alarm_and_a_margin():
    windows = [[0.5, 0.2]] * 20 + [[3.0, 0.2]] + [[2.0, 0.2]] * 2 + [[0.5, 0.2]] * 25
    by_window, by_day = fit_multipliers(replay(windows, [[0.3, 0.1], [0.3, 0.1]]), POLICY)
    # 3 comes once; 2 of the last 3 reach 2
    assert by_window == pytest.approx([2 * MARGIN, 2 * MARGIN])
    assert by_day == pytest.approx([1, 1])


def test_a_column_with_larger_typical_effects_gets_a_larger_multiplier():
    windows = [[4.0, 0.2]] * 24 + [[4.0, 0.2]] * 24
    by_window, _ = fit_multipliers(replay(windows, [[4.0, 0.1], [4.0, 0.1]]), POLICY)
    assert by_window == pytest.approx([4 * MARGIN, MARGIN])


def test_the_largest_effect_of_all_weeks_sets_the_multiplier_however_many_they_are():
    quiet = [[0.0, 0.0]] * 700
    windows = [*quiet, *[[2.0, 0.0]] * 2, *quiet, *[[3.0, 0.0]] * 2]
    days = [[0.0, 0.0]] * 58
    assert fit_multipliers(replay(windows, days), POLICY)[0][0] == pytest.approx(3 * MARGIN)
    assert fit_multipliers(replay(windows[:702], days[:29]), POLICY)[0][0] == pytest.approx(
        2 * MARGIN
    )


CONFIG = """
models:
  m:
    problem_type: regression
    features: {copied: numeric, plain: numeric, c: categorical}
    target: y
    family: sklearn
    training_data: training.csv
    time_column: when
"""


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    (tmp_path / "driftloop.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)

    def ran(command: str) -> tuple[int, str, str]:
        name, _, more = command.partition(" ")
        words = [name, "--config", "driftloop.yaml", "--model", "m", *more.split()]
        monkeypatch.setattr(sys, "argv", ["driftloop", *words])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return ran


def frame(weeks: int) -> pd.DataFrame:
    made = pd.DataFrame({**cells(weeks), "y": 0.0})
    made["when"] = pd.to_datetime(made["when"], unit="s", utc=True).dt.strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
    return made


def test_training_data_with_times_gives_a_baseline_with_an_hour_of_week_profile(run, tmp_path):
    frame(4).to_parquet(tmp_path / "training.parquet")
    code, out, err = run("baseline --data training.parquet --out b")
    assert (code, err) == (0, "")
    assert "the same hours of 4 training weeks" in out
    assert Baseline.from_bytes((tmp_path / "b").read_bytes()).seasonality.adjustments is not None
    code, out, _ = run("calibrate --baseline b --rate 160 --months 1 --out c.json")
    assert code == 0
    assert "smallest changes that 1, 3 and 7 days find" in out
    found = json.loads((tmp_path / "c.json").read_text())
    assert {one["column"] for one in found["sensitivity"]} >= {"copied"}


def test_too_few_weeks_give_a_baseline_without_seasonality_and_a_message(run, tmp_path):
    frame(1).to_csv(tmp_path / "training.csv", index=False)
    code, out, _ = run("baseline --data training.csv --out b")
    assert code == 0
    assert "the hours of the week are not compared: 1 whole weeks" in out
    assert Baseline.from_bytes((tmp_path / "b").read_bytes()).seasonality is None


def test_records_without_times_have_no_hours(baseline):
    plain = RecordBatch.from_columns(SCHEMA, cells(1))
    again, note = with_training_seasonality(baseline, [plain], POLICY, 1)
    assert again is baseline
    assert "0 whole weeks" in note


def test_the_note_on_too_few_weeks_names_the_latest_time(baseline, training):
    late = _every(training, 10)
    late.times[7] = datetime(2099, 1, 1, tzinfo=UTC).timestamp()
    _, note = with_training_seasonality(baseline, [late], POLICY, 1)
    assert "0 whole weeks of records with times up to 2099-01-01T00:00:00Z, and 4 are" in note
