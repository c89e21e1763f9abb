"""The step Baseline on rows with times: the hour-of-week profile and the days of the baseline."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from driftloop.config import ModelSettings
from driftloop.daily.stored import training_days
from driftloop.profile import Baseline
from driftloop.profile.hourly.layout import PREDICTION
from pipelines.step_settings import settings_json
from pipelines.steps import baseline
from pipelines.steps.tables import TIME

MONDAY = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
RATE = 110


@pytest.fixture
def make_baseline(tmp_path: Path) -> Any:
    """A function that runs the step on some hours of rows; the newest quarter is the holdout."""
    model = ModelSettings(
        problem_type="regression",
        features={"x": "numeric"},
        target="y",
        family="sklearn",
        training_data="d.csv",
        time_zone="Europe/Zurich",
    )
    (tmp_path / "settings.json").write_text(settings_json("m", model))

    def run_step(hours: int, *, timed: bool = True) -> Baseline:
        rows = hours * RATE
        table = pd.DataFrame({"x": np.random.default_rng(1).normal(size=rows), "y": 0.0})
        times = MONDAY + np.arange(rows) * 3600 / RATE if timed else np.full(rows, np.nan)
        training_rows = rows * 3 // 4
        train, predictions = tmp_path / "input/train", tmp_path / "input/predictions"
        for folder in (train, predictions):
            folder.mkdir(parents=True)
        table[:training_rows].to_csv(train / "train.csv", index=False)
        pd.DataFrame({TIME: times}).to_csv(train / "times.csv", index=False)
        table[training_rows:].assign(prediction=0.5).to_csv(
            predictions / "predictions.csv", index=False
        )
        arguments = ["--root", str(tmp_path), "--settings", str(tmp_path / "settings.json")]
        baseline.main(arguments)
        return Baseline.from_bytes((tmp_path / "output/baseline/model.baseline").read_bytes())

    return run_step


def test_four_weeks_of_rows_give_a_baseline_with_an_hour_of_week_profile(
    make_baseline: Any, capsys: Any
) -> None:
    seasonality = make_baseline(672).seasonality
    assert seasonality is not None
    assert seasonality.adjustments is not None
    assert len(seasonality.hours) == 672
    first, last = (
        seasonality.columns(hour) for hour in (min(seasonality.hours), max(seasonality.hours))
    )
    assert first is not None
    assert last is not None
    assert first["x"].rows == last["x"].rows == RATE
    # only the holdout rows have predictions, and they are the newest
    assert (first["(prediction)"].present, last["(prediction)"].present) == (0, RATE)
    assert "the same hours of 4 training weeks" in capsys.readouterr().out


def test_the_baseline_has_the_days_of_its_rows_and_predictions_of_the_holdout_rows_alone(
    make_baseline: Any,
) -> None:
    days = training_days(make_baseline(30 * 24))
    assert days is not None
    assert days.layout.zone == "Europe/Zurich"
    assert [record.records for record in days.records[1:-1]] == [24 * RATE] * 28
    prediction = days.layout.columns[PREDICTION]
    assert all(day.total(slice(prediction.missing, prediction.stop)) == 0 for day in days.days)
    assert [day.total(prediction.values).sum() > 0 for day in days.days] == [False] * 20 + [
        True
    ] * 8


@pytest.mark.parametrize(("hours", "timed"), [(300, True), (672, False)])
def test_fewer_weeks_or_rows_without_times_give_a_baseline_without_an_hour_of_week_profile(
    make_baseline: Any, capsys: Any, hours: int, timed: bool
) -> None:
    assert make_baseline(hours, timed=timed).seasonality is None
    note = capsys.readouterr().out
    assert "whole weeks of records with times" in note
    assert "4 are needed" in note
