"""The smallest changes that the daily rule finds, and what is said of them."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from driftloop.capture import RecordBatch
from driftloop.daily.day import make_day
from driftloop.daily.day_decision import decide_on_day, false_alarm_rate
from driftloop.daily.history import DayRecord
from driftloop.daily.limits import Limit, make_limit
from driftloop.daily.reference import TrainingDays
from driftloop.daily.sensitivity import ColumnSensitivity, assess_sensitivity
from driftloop.daily.statistics import BY_NAME
from driftloop.daily.stored import training_days, with_training_days
from driftloop.detection import DriftPolicy
from driftloop.html import render_report
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.report import WindowReport, build_report
from driftloop.report.sensitivity_text import (
    clock_lines,
    findings,
    sensitivity_lines,
    size_text,
    undetectable_lines,
)
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window

HOUR, DAYS = 3600, 56
START = 1_767_571_200  # Monday 2026-01-05, 00:00 UTC
SCHEMA = Schema(
    (
        Feature("hour", Kind.NUMERIC),
        Feature("still", Kind.NUMERIC),
        Feature("wild", Kind.NUMERIC),
        Feature("gaps", Kind.NUMERIC),
        Feature("city", Kind.CATEGORICAL),
    ),
    "label",
    ProblemType.REGRESSION,
)


def traffic(first_day: int, days: int) -> RecordBatch:
    """Days in which ``wild`` has another level every nine days, and ``gaps`` lacks 10%."""
    rng = np.random.default_rng([first_day, days])
    times = START + (first_day + np.sort(rng.random(480 * days)) * days) * 24 * HOUR
    day = ((times - START) // (24 * HOUR)).astype(int)
    gaps = rng.normal(0, 1, len(times))
    gaps[rng.random(len(times)) < 0.1] = np.nan
    return RecordBatch.from_columns(
        SCHEMA,
        {
            "hour": np.floor(times / HOUR) % 24,
            "still": rng.normal(0, 1, len(times)),
            "wild": rng.normal(0, 1, len(times)) + 20 * (day // 9 % 2),
            "gaps": gaps,
            "city": rng.choice(np.array(["Bern", "Chur"], dtype=object), len(times)),
        },
        times=times,
    )


@cache
def baseline() -> Baseline:
    batch = traffic(0, DAYS)
    return with_training_days(fit_baseline(batch), [batch])


@cache
def training() -> TrainingDays:
    found = training_days(baseline())
    assert found is not None
    return found


def by_name(columns: tuple[ColumnSensitivity, ...]) -> dict[str, ColumnSensitivity]:
    return {column.column: column for column in columns}


def test_the_level_of_a_still_column_is_watched_and_that_of_a_wild_one_is_not() -> None:
    columns = by_name(assess_sensitivity(training()))
    assert "hour" not in columns
    assert all(0.2 <= (size or 9) < 0.5 for size in columns["still"].level.values())
    assert columns["wild"].level == {1: None, 3: None, 7: None}
    assert columns["wild"].smallest is None
    (line,) = undetectable_lines([columns["wild"], columns["still"]])
    assert line.startswith("no shift of the level can be found in wild; broken values would be (")
    assert "range, missing" in line
    assert "constant)" in line


def test_a_missing_share_is_that_of_all_records_with_the_usual_gaps() -> None:
    columns = by_name(assess_sensitivity(training()))
    # Cohen's h of 0.1 above 0: sin(0.05)^2
    assert columns["still"].missing[1] == pytest.approx(math.sin(0.05) ** 2)
    assert 0.1 < (columns["gaps"].missing[1] or 0) < 0.25


def normal_days(rng: np.random.Generator) -> TrainingDays:
    """Eight weeks whose levels of ``still`` are normal with a standard deviation of 0.15."""
    records = [
        DayRecord(end=24 * i, records=100, statistics={"still": {"level": float(value)}})
        for i, value in enumerate(rng.normal(0, 0.15, DAYS))
    ]
    return replace(training(), records=records)


def test_a_change_of_the_stated_size_is_found_in_about_90_percent() -> None:
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(400):
        days = normal_days(rng)
        history = [record.statistics["still"]["level"] for record in days.records]
        size = by_name(assess_sensitivity(days))["still"].level[1]
        assert size is not None
        alpha = false_alarm_rate(days)
        limit = make_limit(BY_NAME["level"], history, 1, alpha, 0.2)
        found += limit.is_exceeded(float(np.median(history)) + rng.normal(size, 0.15))
    assert found / 400 == pytest.approx(0.9, abs=0.05)


def test_the_limits_of_a_day_take_the_place_of_those_of_the_training_days() -> None:
    limits = {("still", "level", 1): Limit(usual=0.0, limit=1.0, std=0.1, is_one_sided=False)}
    of_day = by_name(assess_sensitivity(training(), limits=limits))["still"]
    of_training = by_name(assess_sensitivity(training()))["still"]
    assert of_day.level[1] == pytest.approx(1.128, abs=1e-3)
    assert of_day.level[3] == of_training.level[3]


@pytest.mark.parametrize(
    ("required", "insufficient"),
    [
        ({}, []),
        ({"wild": 2.0}, ["wild"]),
        ({"wild": 2.0, "still": 2.0, "city": 0.01, "hour": 1.0}, ["wild", "city"]),
    ],
)
def test_less_than_the_required_sensitivity_is_a_finding(
    required: dict[str, float], insufficient: list[str]
) -> None:
    columns = assess_sensitivity(training(), required=required)
    assert [one.column for one in columns if one.insufficient] == insufficient
    assert len(findings(columns)) == len(insufficient)


def test_a_finding_names_the_setting_what_it_asks_and_what_is_found() -> None:
    columns = by_name(assess_sensitivity(training(), required={"wild": 1, "city": 0.1}))
    assert findings([columns["wild"]]) == [
        "wild: monitoring.required_sensitivity is 1, and no shift of the level is found"
    ]
    (line,) = findings([columns["city"]])
    assert line.startswith(
        "city: monitoring.required_sensitivity is 0.1, and the smallest change of the shares that"
        " is found is 0.2"
    )


def test_excluded_columns_have_no_sensitivity() -> None:
    assert "wild" not in by_name(assess_sensitivity(training(), ["wild"]))


def test_more_looks_a_day_find_only_larger_changes() -> None:
    days = normal_days(np.random.default_rng(3))
    once, hourly = (
        by_name(assess_sensitivity(days, looks_per_day=looks))["still"].level[3]
        for looks in (1, 24)
    )
    assert once is not None
    assert hourly is not None
    assert hourly > 1.2 * once


def test_the_lines_name_each_horizon_and_the_clock() -> None:
    lines = sensitivity_lines(assess_sensitivity(training(), required={"wild": 1}))
    assert lines[0] == "smallest changes that 1, 3 and 7 days find, each in 90% of the cases:"
    assert lines[2].split()[:5] == ["wild", "level", "none,", "none,", "none;"]
    assert lines[-1].startswith("finding: wild: ")
    assert clock_lines("UTC", training().layout.stored.clocks) == [
        "hour follows the clock of UTC: checked against it, left out of drift; it is the hour"
        " (0 to 23)"
    ]


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0025, "0.25%"), (0.021, "2.1%"), (0.214, "21%"), (0.996, "100%"), (None, "none")],
)
def test_shares_are_plain_percentages(share: float | None, text: str) -> None:
    assert size_text("missing", share) == text


def test_no_columns_have_no_lines() -> None:
    assert sensitivity_lines(()) == []


def report(policy: DriftPolicy) -> WindowReport:
    """The report of the day after the training days."""
    profile = profile_batch(baseline(), traffic(DAYS, 1))
    start = datetime.fromtimestamp(START, UTC) + timedelta(days=DAYS)
    end = START // HOUR + (DAYS + 1) * 24
    day = make_day(training().layout, profile.hours, end)
    return build_report(
        baseline(),
        profile,
        window=Window(start, start + timedelta(days=1)),
        policy=policy,
        model="m",
        daily=decide_on_day(training(), [], [], day),
    )


def test_a_report_has_the_smallest_changes_and_findings_in_json_notes_and_page() -> None:
    found = report(DriftPolicy(required_sensitivity={"wild": 1.0}))
    (wild,) = (one for one in found.sensitivity if one.column == "wild")
    assert wild.insufficient
    assert wild.level == {1: None, 3: None, 7: None}
    assert WindowReport.from_json(found.to_json()) == found
    assert any(
        note.startswith("No shift of the level can be found in wild") for note in found.notes
    )
    assert any("monitoring.required_sensitivity is 1" in note for note in found.notes)
    page = render_report(found)
    assert "What can be found" in page
    assert "<b>finding</b>: wild: monitoring.required_sensitivity is 1" in page


def test_the_notes_of_a_day_say_what_its_verdict_compares_with() -> None:
    notes = " ".join(report(DriftPolicy()).notes)
    assert "The verdict compares with the accepted days before, hour by hour." in notes
    assert "minimum effect size multiplied" not in notes
    assert "tests assume independent records" not in notes


def test_a_report_without_the_daily_rule_says_nothing_of_its_sensitivity() -> None:
    found = build_report(
        baseline(),
        profile_batch(baseline(), traffic(DAYS, 1)),
        window=None,
        policy=DriftPolicy(required_sensitivity={"still": 0.1}),
        model="m",
    )
    assert found.sensitivity == ()
    assert "What can be found" not in render_report(found)
