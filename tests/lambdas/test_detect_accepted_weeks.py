"""A window is compared with the weeks that a person has accepted, if there are any."""

import json
from datetime import datetime, timedelta

import boto3
import pytest

from driftloop.capture import read_capture
from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import VersionItem, WindowItem
from driftloop.profile import Baseline, Profile, fit_baseline, profile_batch
from driftloop.seasonality.hour_of_week import HourOfWeekProfile
from lambdas.aws.ledger import Update
from tests.lambdas.analysis import HOUR, analyze, read, report
from tests.lambdas.captures import records, write_capture

PLACE = s3_keys.seasonality("late", 1)
FIRST = datetime.fromisoformat("2026-02-10T11:00:00Z")
"""A Tuesday's eleventh hour, as HOUR is, four weeks before it."""


def stored(baseline="runs/late/v1/model.baseline"):
    return Baseline.from_bytes(read(baseline, "artifacts"))


def hour_profile(baseline, seed):
    lines = _lines(seed=seed, shift=15.0)
    total = Profile.empty(baseline)
    for batch, line_counts in read_capture([("a", [lines])], baseline.schema):
        total = total + profile_batch(baseline, batch, line_counts)
    return total


def busy_tuesdays(baseline):
    """Four weeks in which temp is higher at this very hour of the week."""
    weeks = [(FIRST + timedelta(weeks=n), hour_profile(baseline, seed=50 + n)) for n in range(4)]
    last = (
        FIRST + timedelta(hours=4 * 168 - 1),
        Profile.empty(baseline),
    )
    return HourOfWeekProfile.from_profiles(baseline, [*weeks, last])


def put(key, data, bucket="analysis"):
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=data)


@pytest.fixture
def busy_hour(live):
    write_capture(HOUR, records(HOUR, shift=15.0))
    return live


def test_a_busy_hour_is_drift_until_its_weeks_are_accepted(busy_hour):
    analyze(busy_hour)
    assert report().verdict == "drifted"

    put(PLACE, busy_tuesdays(stored()).to_bytes())
    analyze(busy_hour, revision=1)
    assert report(revision=1).verdict == "stable"


def test_a_published_window_is_unchanged_when_weeks_are_accepted(busy_hour, ledger):
    analyze(busy_hour)
    before = read("reports/late/v1/20260310T11/r0/report.json")
    put(PLACE, busy_tuesdays(stored()).to_bytes())
    analyze(busy_hour)
    assert read("reports/late/v1/20260310T11/r0/report.json") == before
    assert ledger.get(WindowItem, 1, "20260310T11").verdict == "drifted"


def test_a_baseline_with_an_hour_of_week_profile_keeps_it(busy_hour):
    baseline = stored()
    own = baseline.with_seasonality(busy_tuesdays(baseline))
    put("runs/late/v1/model.baseline", own.to_bytes(), "artifacts")
    put(PLACE, b"not even read")
    analyze(busy_hour)
    assert report().verdict == "stable"
    assert not any("accepted weeks" in note for note in report().notes)


@pytest.mark.parametrize("damage", ["damaged", "of another baseline"])
def test_invalid_accepted_weeks_are_a_note_and_do_not_stop_the_analysis(busy_hour, damage):
    data = b"damaged"
    if damage == "of another baseline":
        batch, _ = next(iter(read_capture([("a", [_lines(count=900)])], stored().schema)))
        data = busy_tuesdays(fit_baseline(batch)).to_bytes()
    put(PLACE, data)
    analyze(busy_hour)
    assert report().verdict == "drifted"
    assert any(f"s3://analysis/{PLACE} is invalid" in note for note in report().notes)


def _lines(**how):
    return b"".join(json.dumps(line).encode() + b"\n" for line in records(HOUR, **how))


@pytest.mark.parametrize(
    ("serving_from", "offered"),
    [("2026-02-10T10:00:00Z", True), ("2026-02-10T10:01:00Z", False)],
)
def test_after_four_complete_weeks_the_report_says_how_to_accept_them(
    live, ledger, serving_from, offered
):
    ledger.write(Update(VersionItem, (1,), {"serving_from": serving_from}))
    write_capture(HOUR, records(HOUR))
    analyze(live)
    command = (
        "`driftloop accept-weeks --config driftloop.yaml --model late --version 1"
        " --baseline s3://artifacts/runs/late/v1/model.baseline --profiles s3://analysis/profiles/late/v1/"
        " --out s3://analysis/seasonality/late/v1.seasonality`"
    )
    assert any(command in note for note in report().notes) is offered
