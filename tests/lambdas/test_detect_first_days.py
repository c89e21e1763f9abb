"""The first live days of a version whose training data has no times, in the deployed analysis."""

from functools import cache
from typing import Any

import boto3
import numpy as np
import pytest

from driftloop.capture import RecordBatch
from driftloop.contract import s3_keys
from driftloop.daily.accepted_change import AcceptedChange, changes_to_json
from driftloop.profile import Baseline, fit_baseline
from tests.lambdas.analysis import analyze, listed, read, report_of
from tests.lambdas.captures import CATEGORIES, SCHEMA, baseline_key
from tests.lambdas.live_days import LIVE_DAYS, analyze_day, live_days, march, serve_day

NEW = np.array(["UA", "AA", "XX"])
FEW = {"count": 20, "shift": 15.0}
"""80 requests a day, of another season than the training data."""


@cache
def untimed_baseline() -> bytes:
    draw = np.random.default_rng(7)
    columns: dict[str, Any] = {
        "temp": draw.normal(50.0, 10.0, 9000).round(4),
        "carrier": list(CATEGORIES[draw.integers(0, 3, 9000)]),
    }
    prediction = draw.uniform(0, 1, 9000).round(4)
    batch = RecordBatch.from_columns(SCHEMA, columns, prediction=prediction)
    return fit_baseline(batch, count_hours=True).to_bytes()


@pytest.fixture
def untimed(live, fleet_of):
    live._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 24, "min_records": 50})
    boto3.client("s3").put_object(Bucket="artifacts", Key=baseline_key(1), Body=untimed_baseline())
    return live


def play(aws, days, **how):
    for day in days:
        serve_day(day, **{**FEW, **how})
        analyze_day(aws, day)


def report_on(day):
    return report_of(f"202603{day:02d}T00")


def test_the_first_days_are_provisional_and_later_ones_are_decided_by_them(untimed):
    play(untimed, range(1, 30))
    first, last_first, decided = report_on(1), report_on(28), report_on(29)
    assert (first.verdict, last_first.verdict, decided.verdict) == ("drifted", "drifted", "stable")
    assert any("(1 of 28 so far)" in note for note in first.notes)
    assert any("(28 of 28 so far)" in note for note in last_first.notes)
    assert any("Days after 2026-03-28 are compared with accepted live" in n for n in decided.notes)
    assert not any("Provisional" in note for note in decided.notes)
    assert {one.column for one in decided.sensitivity} >= {"temp", "carrier"}
    assert decided.drift_from_training is not None
    assert decided.drift_from_training.columns["temp"].persistent_effect_size > 1

    stored = {key: read(key) for key in [*listed("reports/"), LIVE_DAYS]}
    for day in (29, 4):
        analyze_day(untimed, day)
    assert {key: read(key) for key in stored} == stored

    play(untimed, [30], categories=NEW)
    broken = report_on(30)
    assert broken.verdict == "invalid_data"
    assert "unseen" in broken.day.alarms["carrier"]

    in_order = read(LIVE_DAYS)
    boto3.client("s3").delete_object(Bucket="analysis", Key=LIVE_DAYS)
    for day in range(1, 31):
        analyze_day(untimed, day)
    assert read(LIVE_DAYS) == in_order


def test_a_broken_day_is_not_accepted_until_a_person_accepts_it(untimed):
    play(untimed, (1, 2))
    play(untimed, (3,), categories=np.array(["ua", "AA", "DL"]))
    found = report_on(3)
    assert found.day.alarms == {"carrier": ("unseen",)}
    assert any("1 day: unseen of carrier" in note for note in found.notes)
    assert any("(2 of 28 so far)" in note for note in found.notes)
    change = AcceptedChange(
        column="carrier",
        name="unseen",
        first_end=found.day.end,
        last_end=found.day.end,
        accepted_by="somebody",
        accepted_at="2026-03-04T00:00:00Z",
    )
    key = s3_keys.accepted_changes("late", 1)
    boto3.client("s3").put_object(Bucket="analysis", Key=key, Body=changes_to_json([change]))
    play(untimed, (4,))
    assert any("(4 of 28 so far)" in note for note in report_on(4).notes)
    assert march(one.end for one in live_days().decided) == [1, 2, 3]


def test_a_window_shorter_than_a_day_says_what_is_provisional(untimed, fleet_of):
    untimed._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 12})
    serve_day(1, **FEW)
    for hour in (0, 12):
        analyze(untimed, hour=hour, day=1, hours=12)
    assert any("(0 of 28 so far)" in note for note in report_of("20260301T12").notes)
    assert any("(1 of 28 so far)" in note for note in report_of("20260301").notes)
    assert report_of("20260301").day.alarms == {}


def test_a_baseline_that_counts_no_hours_has_no_live_days(untimed):
    whole = Baseline.from_bytes(untimed_baseline())
    batch = RecordBatch.from_columns(
        SCHEMA, {"temp": [1.0, 2.0] * 50, "carrier": ["UA", "AA"] * 50}, prediction=[0.5] * 100
    )
    plain = fit_baseline(batch).to_bytes()
    assert whole.layout is not None
    boto3.client("s3").put_object(Bucket="artifacts", Key=baseline_key(1), Body=plain)
    play(untimed, (1,))
    assert listed("live-days/") == []
