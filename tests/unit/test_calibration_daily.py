"""The training days are replayed, and the headline is the worse of the two results."""

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest

from driftloop.calibration import Calibration, calibrate
from driftloop.calibration.calibration import count_steps
from driftloop.calibration.daily import changes_into_alarm
from driftloop.calibration.headline import Rating, statements
from driftloop.calibration.result import AlarmRate, DailyReplay, WindowShare
from driftloop.capture import RecordBatch
from driftloop.cli.calibrate import calibration_text, show_progress
from driftloop.confidence_intervals import poisson_interval
from driftloop.daily.day_decision import DailyAlarm
from driftloop.daily.reference import TrainingDays
from driftloop.daily.replay import ReplayedDay, replay_training_days
from driftloop.daily.stored import training_days, with_training_days
from driftloop.detection import DriftPolicy
from driftloop.html.calibration_page import render_calibration
from driftloop.profile import Baseline, fit_baseline
from driftloop.schema import Feature, Kind, ProblemType, Schema

HOUR = 3600
START = 1_767_571_200  # Monday 2026-01-05, 00:00 UTC
SCHEMA = Schema(
    (
        Feature("hour", Kind.NUMERIC),
        Feature("load", Kind.NUMERIC),
        Feature("city", Kind.CATEGORICAL),
    ),
    "label",
    ProblemType.REGRESSION,
)

Fault = Callable[[dict[str, Any], np.ndarray], None]


def fit(days: int = 56, rows: int = 240, fault: Fault | None = None) -> Baseline:
    """A baseline of quiet days; a fault changes the columns, given the day of each row."""
    rng = np.random.default_rng(days)
    times = START + np.sort(rng.random(rows * days)) * days * 24 * HOUR
    columns: dict[str, Any] = {
        "hour": np.floor(times / HOUR) % 24,
        "load": rng.normal(0, 1, len(times)).round(4),
        "city": rng.choice(np.array(["Bern", "Chur"], dtype=object), len(times)),
    }
    if fault is not None:
        fault(columns, ((times - START) // (24 * HOUR)).astype(int))
    batch = RecordBatch.from_columns(SCHEMA, columns, times=times)
    return with_training_days(fit_baseline(batch), [batch])


def days_of(baseline: Baseline) -> TrainingDays:
    found = training_days(baseline)
    assert found is not None
    return found


@cache
def quiet() -> Baseline:
    return fit()


def measure(baseline: Baseline, **changes: Any) -> Calibration:
    options: dict[str, Any] = {"rate": 240, "months": 1, "window_hours": 24, **changes}
    return calibrate(baseline, options.pop("policy", DriftPolicy()), **options)


def test_quiet_days_have_no_alarm_and_the_interval_of_the_days_that_were_replayed() -> None:
    result = measure(quiet())
    assert result.replay == DailyReplay(
        days=28, alarm_days=WindowShare.from_count(0, 28), columns={}
    )
    assert result.alarms_per_month is not None
    assert result.alarms_per_month.mean == 0
    assert result.alarms_per_month.interval[1] == pytest.approx(poisson_interval(0)[1] * 30 / 28)
    assert result.is_daily
    assert {column.column for column in result.sensitivity} == {"load", "city"}
    assert result.clock_features == {"hour": "hour (0 to 23)"}
    assert msgspec.json.decode(result.to_json(), type=Calibration) == result


def shift_of_two_days(columns: dict[str, Any], day: np.ndarray) -> None:
    columns["load"] += 5.0 * ((day == 35) | (day == 36))


def test_two_days_of_a_shift_are_two_days_in_alarm_and_one_change_into_alarm() -> None:
    result = measure(fit(fault=shift_of_two_days))
    assert result.replay is not None
    assert result.alarms_per_month is not None
    assert result.replay.columns == {"load": result.replay.alarm_days.count}
    assert result.replay.alarm_days.count >= 2
    assert result.alarms_per_month.count == 1


def test_a_day_that_disagrees_with_the_clock_is_in_alarm() -> None:
    def fault(columns: dict[str, Any], day: np.ndarray) -> None:
        first = np.flatnonzero(day == 50)[:12]
        columns["hour"][first] = (columns["hour"][first] + 5) % 24

    (found,) = (day for day in replay_training_days(days_of(fit(fault=fault))) if day.alarms)
    assert [(alarm.column, alarm.name) for alarm in found.alarms] == [("hour", "clock")]
    assert found.end == START // HOUR + 51 * 24


def test_an_excluded_column_raises_no_alarm() -> None:
    policy = DriftPolicy(exclude_features=["load"])
    result = measure(fit(fault=shift_of_two_days), policy=policy)
    assert result.replay is not None
    assert result.replay.alarm_days.count == 0


def test_too_few_days_say_nothing_of_false_alarms() -> None:
    result = measure(fit(days=30))
    assert (result.replay, result.alarms_per_month) == (None, None)
    assert statements(result)[0].text.startswith("The training data has too few days")
    assert any("5 more are needed" in note for note in result.notes)
    assert "too few days" in render_calibration(result)
    assert "alarms per month" not in "\n".join(calibration_text(result))


def test_less_traffic_than_in_training_is_a_note() -> None:
    assert any("60 are expected" in note for note in measure(quiet(), rate=60).notes)
    assert not any("are expected" in note for note in measure(quiet()).notes)


def test_changes_into_alarm_are_days_in_alarm_after_a_day_without() -> None:
    alarm = DailyAlarm("load", "level", 1, 1.0, 0.5)
    days = [ReplayedDay(24 * n, (alarm,) * k) for n, k in enumerate([1, 1, 0, 2, 0, 0, 1])]
    assert changes_into_alarm(days) == 3


def test_the_smallest_missing_share_is_at_least_one_record() -> None:
    result = measure(fit(rows=48))
    shares = [share for one in result.sensitivity for share in one.missing.values()]
    assert min(share for share in shares if share is not None) >= 1 / 60


def test_the_headline_is_the_worse_of_false_alarms_and_of_what_can_not_be_found() -> None:
    good = measure(quiet())
    assert [one.rating for one in statements(good)] == [Rating.GOOD, Rating.GOOD]
    assert "In 28 replayed training days there are 0 alarms" in statements(good)[0].text
    assert 'class="verdict stable"' in render_calibration(good)

    blind = measure(quiet(), policy=DriftPolicy(required_sensitivity={"load": 0.01}))
    worst, other = statements(blind)
    assert worst == ("Changes of the required size can't be found in load", Rating.BAD)
    assert other.text.startswith("In 28 replayed training days")
    assert 'class="verdict drifted"><h1>Changes of the required size' in render_calibration(blind)

    rate = AlarmRate(count=9, mean=9.6, interval=(4.4, 18.3))
    alarming = msgspec.structs.replace(good, alarms_per_month=rate)
    assert statements(alarming)[0].rating == Rating.BAD
    assert "<h1>In 28 replayed training days there are 9 alarms" in render_calibration(alarming)


def test_a_column_without_a_detectable_shift_is_a_warning_in_the_headline() -> None:
    def fault(columns: dict[str, Any], day: np.ndarray) -> None:
        columns["load"] += 20.0 * (day // 9 % 2)

    result = measure(fit(fault=fault))
    texts = [one.text for one in statements(result)]
    assert "No shift of load can be found, only broken values" in texts
    assert "no shift of the level can be found in load" in "\n".join(calibration_text(result))


def test_the_text_names_the_clock_days_in_alarm_and_changes_into_alarm() -> None:
    text = "\n".join(calibration_text(measure(fit(fault=shift_of_two_days))))
    assert "hour follows the clock of UTC: checked against it, left out of drift" in text
    assert "  changes into alarm      1" in text
    assert "  columns in alarm        load " in text
    assert "smallest changes that 1, 3 and 7 days find" in text


def test_progress_is_reported_as_often_as_announced() -> None:
    done: list[str] = []
    measure(quiet(), on_progress=done.append)
    assert len(done) == count_steps(quiet(), 1) == 5
    assert done[0] == "7 of 28 training days replayed"


def test_progress_is_one_line_per_step_where_there_is_no_terminal() -> None:
    log = io.StringIO()
    with redirect_stderr(log), show_progress(2) as on_progress:
        on_progress("first")
        on_progress("second")
    assert log.getvalue() == "1 of 2: first\n2 of 2: second\n"


def test_progress_on_a_terminal_leaves_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with show_progress(1) as on_progress:
        on_progress("only")
    assert "1 of 1: only\n" not in terminal.getvalue()


def test_the_required_sensitivity_is_part_of_the_policy_of_the_result() -> None:
    policy = replace(DriftPolicy(), required_sensitivity={"load": 0.5})
    assert measure(quiet(), policy=policy).policy.required_sensitivity == {"load": 0.5}
