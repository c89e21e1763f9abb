"""A baseline is fitted on a data frame, and saved and loaded as the command line does."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import driftloop as dl
from driftloop import profile
from driftloop.cli.main import main
from driftloop.daily.stored import training_days
from driftloop.errors import InputError
from driftloop.schema import ProblemType

CONFIG = """
models:
  m:
    problem_type: regression
    features: {hour: numeric, x: numeric}
    target: y
    family: sklearn
    training_data: t.csv
    time_column: at
    time_zone: Europe/Zurich
"""


def run(*arguments: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["driftloop", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
    return int(stopped.value.code or 0)


def test_it_is_the_file_that_the_command_line_writes_for_the_same_csv(tmp_path: Path) -> None:
    training, config = dl.write_example(str(tmp_path))[:2]
    options = ["--config", config, "--model", "rentals", "--data", training]
    out = str(tmp_path / "cli.baseline")
    assert run("baseline", *options, "--prediction", "prediction", "--out", out) == 0
    fitted = dl.Baseline.fit(
        pd.read_csv(training), target="rentals", prediction="prediction", problem_type="regression"
    )
    fitted.save(str(tmp_path / "api.baseline"))
    assert (tmp_path / "api.baseline").read_bytes() == Path(out).read_bytes()
    assert dl.Baseline.load(out).fingerprint == fitted.fingerprint


def test_the_command_line_analyzes_with_a_baseline_that_was_fitted_in_python(
    tmp_path: Path,
) -> None:
    training, config = dl.write_example(str(tmp_path))[:2]
    baseline, out = str(tmp_path / "b"), str(tmp_path / "report.json")
    frame = pd.read_csv(training)
    dl.Baseline.fit(frame, target="rentals", prediction="prediction").save(baseline)
    options = ["--config", config, "--model", "rentals", "--baseline", baseline, "--out", out]
    assert run("analyze", *options, "--capture", str(tmp_path / "captured")) == 0
    captured = dl.read_capture(str(tmp_path / "captured"), dl.Baseline.load(baseline))
    report = dl.compare(dl.Baseline.load(baseline), captured, model="rentals")
    assert dl.WindowReport.load(out) == report


def test_it_stays_a_public_baseline_when_it_is_loaded_or_changed(tmp_path: Path) -> None:
    fitted = dl.Baseline.fit(dl.load_example()[0])
    fitted.save(str(tmp_path / "new" / "b"))
    loaded = dl.Baseline.load(str(tmp_path / "new" / "b"))
    assert type(loaded) is type(fitted) is dl.Baseline
    assert isinstance(loaded, profile.Baseline)
    assert loaded.to_bytes() == fitted.to_bytes()


@pytest.mark.parametrize(
    ("predictions", "problem_type"),
    [
        ([0.5, 0.25], ProblemType.REGRESSION),
        (["cat", "dog"], ProblemType.MULTICLASS_CLASSIFICATION),
        ([True, False], ProblemType.MULTICLASS_CLASSIFICATION),
    ],
)
def test_the_problem_type_follows_from_the_predictions(
    predictions: list[Any], problem_type: ProblemType
) -> None:
    frame = pd.DataFrame({"x": range(200), "p": predictions * 100})
    assert dl.Baseline.fit(frame, prediction="p").schema.problem_type is problem_type


def test_a_given_problem_type_decides_how_predictions_are_read() -> None:
    frame = pd.DataFrame({"x": range(200), "p": [True, False] * 100})
    given = dl.Baseline.fit(frame, prediction="p", problem_type="binary_classification")
    assert given.schema.problem_type is ProblemType.BINARY_CLASSIFICATION
    with pytest.raises(InputError, match=r"column 'p': 100% of the values .* are no numbers"):
        dl.Baseline.fit(
            frame.assign(p=["cat", "dog"] * 100),
            prediction="p",
            problem_type="binary_classification",
        )


def test_four_whole_weeks_of_times_add_the_hour_of_week_profile() -> None:
    times = pd.date_range("2026-01-01", periods=4 * 7 * 24 * 12, freq="5min")
    values = np.random.default_rng(1).normal(times.hour, 1)
    frame = pd.DataFrame({"x": values, "when": times})
    baseline = dl.Baseline.fit(frame, time_column="when", window_hours=24)
    assert len(baseline.seasonality.weeks) == 4
    assert dl.Baseline.fit(frame[:1000], time_column="when").seasonality is None
    assert dl.Baseline.fit(frame, features=["x"]).seasonality is None


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"problem_type": "ranking"}, "problem_type 'ranking': give one of binary_classification"),
        ({"window_hours": 5}, "window_hours=5: give one of 1, 2, 3, 4, 6, 8, 12, 24"),
        ({"target": ["temp"]}, r"target=\['temp'\]: give one name, as a string"),
        ({"policy": {}}, "policy: dict was given; write driftloop.DriftPolicy"),
    ],
)
def test_the_error_of_an_invalid_argument_names_the_allowed_values(
    more: dict[str, Any], message: str
) -> None:
    with pytest.raises(dl.InputError, match=message):
        dl.Baseline.fit(dl.load_example()[0], **more)


def test_an_unreadable_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no baseline")
    with pytest.raises(dl.FormatError, match=f"^{tmp_path}/text: "):
        dl.Baseline.load(str(tmp_path / "text"))
    with pytest.raises(dl.InputError, match=f"^{tmp_path}/absent: there is no such file$"):
        dl.Baseline.load(str(tmp_path / "absent"))
    with pytest.raises(dl.InputError, match="None is no path"):
        dl.Baseline.load(None)  # type: ignore[arg-type]


def test_rows_with_times_over_four_weeks_give_it_the_days_that_the_command_line_gives(
    tmp_path: Path,
) -> None:
    times = pd.date_range("2026-03-02", periods=40 * 24 * 20, freq="3min", tz="UTC")
    hour = times.tz_convert("Europe/Zurich").hour
    frame = pd.DataFrame({"at": times.astype(str), "hour": hour, "x": np.arange(len(times)) % 7})
    fitted = dl.Baseline.fit(frame, time_column="at", time_zone="Europe/Zurich")
    days = training_days(fitted)
    assert days is not None
    assert len(days.records) == 40
    assert [*days.layout.stored.clocks] == ["hour"]
    config, data, out = (str(tmp_path / name) for name in ("driftloop.yaml", "t.csv", "b"))
    Path(config).write_text(CONFIG)
    frame.assign(y=0.5).to_csv(data, index=False)
    options = ["--config", config, "--model", "m", "--data", data, "--out", out]
    assert run("baseline", *options) == 0
    stored = training_days(dl.Baseline.load(out))
    assert stored is not None
    assert [one.statistics for one in stored.records] == [one.statistics for one in days.records]


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(InputError, match="Europe/Bern"):
        dl.Baseline.fit(dl.load_example()[0], time_zone="Europe/Bern")


@pytest.mark.parametrize(
    ("kind", "cells", "text"),
    [
        ("numeric", ["1,234.50"] * 50, "column 'x': 100% of the values in the 50 rows are no num"),
        ("date", ["14/02/2025"] * 50, "are no dates, such as '14/02/2025'"),
    ],
)
def test_a_column_that_can_not_be_read_as_the_kind_that_it_was_given_is_refused(
    kind: str, cells: list[str], text: str
) -> None:
    frame = pd.DataFrame({"x": cells, "y": range(50)})
    with pytest.raises(dl.InputError, match=text):
        dl.Baseline.fit(frame, features={"x": kind, "y": "numeric"})
