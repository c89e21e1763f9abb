"""The day that a window completes, analyzed as the sum of stored profiles."""

import boto3
import pytest

from driftloop.contract.ledger_items import DayItem, VersionItem
from driftloop.report.window_report import DayWindows
from lambdas.aws.ledger import Put, Update
from lambdas.detect.handler import handle as detect
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import handle as profile
from tests.lambdas.analysis import analyze, listed, manifest, metrics, read, report_of, series, work
from tests.lambdas.captures import records, write_capture
from tests.lambdas.items import time, version_item

SIX = {"hours": 6}
SMALL = 4
"""A shift of 0.4 standard deviations: at ``RATE`` significant in 480 records, by far not in 120."""

RATE = 1e-4


@pytest.fixture
def quarters(live, fleet_of):
    """Four windows a day."""
    live._environ["FLEET_KEY"] = fleet_of(
        monitoring={"window_hours": 6, "allowed_lateness_hours": 12, "false_discovery_rate": RATE}
    )
    return live


def serve(hour, day=10, **how):
    name = f"2026-03-{day:02d}T{hour:02d}"
    write_capture(name, records(name, **{"count": 120, "seed": day * 100 + hour + 2, **how}))


def whole_day(aws, day=10, **how):
    for hour in (0, 6, 12, 18):
        serve(hour, day, **how)
        analyze(aws, hour=hour, day=day, **SIX)


def test_the_last_window_of_a_day_has_the_day_analyzed_as_the_sum_of_its_windows(
    quarters, ledger, bus
):
    whole_day(quarters)

    found = report_of("20260310")
    assert found.window.to_dict() == {
        "start": "2026-03-10T00:00:00Z",
        "end": "2026-03-11T00:00:00Z",
    }
    assert (found.verdict, found.counts.records) == ("stable", 480)
    labels = [f"20260310T{hour:02d}" for hour in (0, 6, 12, 18)]
    assert found.windows == DayWindows(included=tuple(labels), missing=(), unreadable=())
    assert b"<html" in read("reports/late/v1/20260310/r0/report.html")
    assert ledger.get(DayItem, 1, "20260310").verdict == "stable"
    assert series("DailyDriftDetected") == {"10T23": 0}
    assert series("DriftFromTraining") == {"10T23": 0}
    days = [detail["daily"] for detail in bus.details("Analysis Completed")]
    assert [day and day["verdict"] for day in days] == [None, None, None, "stable"]


def test_drift_too_small_for_any_window_is_found_in_the_day_and_persists_until_the_next_day(
    quarters, bus
):
    whole_day(quarters, shift=SMALL)
    whole_day(quarters, day=11)

    assert set(series("DriftDetected").values()) == {0}
    assert series("DailyDriftDetected") == {"10T23": 1, "11T23": 0}
    persistent = series("PersistentDrift")
    assert [persistent[f"10T{hour:02d}"] for hour in (5, 11, 17, 23)] == [0, 0, 0, 1]
    assert [persistent[f"11T{hour:02d}"] for hour in (5, 11, 17, 23)] == [1, 1, 1, 0]
    detail = bus.details("Analysis Completed")[3]
    assert detail["verdict"] == "stable"
    assert detail["daily"]["drifted_features"] == ["temp"]
    assert any(reason.startswith("the day of 2026-03-10: temp") for reason in detail["reasons"])


def test_a_day_delivered_twice_has_the_same_bytes_although_late_records_arrive_in_between(
    quarters, bus
):
    whole_day(quarters, shift=SMALL)
    before = {key: read(key) for key in listed("reports/")}
    serve(12, count=40, seed=9, minute=50)
    key = "profiles/late/v1/late/20260310T12/other.profile"
    boto3.client("s3").put_object(
        Bucket="analysis", Key=key, Body=read("profiles/late/v1/20260310T12-r0.profile")
    )
    analyze(quarters, hour=18, **SIX)

    assert {key: read(key) for key in listed("reports/")} == before
    assert len(bus.details("Analysis Completed")) == 4
    assert series("DailyDriftDetected", "SampleCount") == {"10T23": 1}
    assert series("DriftFromTraining", "SampleCount") == {"10T23": 1}


@pytest.mark.parametrize("step", ["store", "analyze_day", "publish_model", "publish"])
def test_an_analysis_that_fails_around_the_end_of_a_day_publishes_it_once(
    quarters, bus, monkeypatch, step
):
    from lambdas.detect import handler

    for hour in (0, 6, 12):
        serve(hour, shift=SMALL)
        analyze(quarters, hour=hour, **SIX)
    serve(18, shift=SMALL)
    planned = plan(work(18, **SIX), None, quarters)
    for item in manifest(planned):
        profile(item, None, quarters)
    real = getattr(handler, step)

    def die(*arguments, **options):
        real(*arguments, **options)
        monkeypatch.setattr(handler, step, real)
        raise KeyboardInterrupt

    monkeypatch.setattr(handler, step, die)
    event = {"input": work(18, **SIX), "plan": planned}
    with pytest.raises(KeyboardInterrupt):
        detect(event, None, quarters)
    detect(event, None, quarters)
    detect(event, None, quarters)

    days = [detail["daily"] for detail in bus.details("Analysis Completed")]
    assert [day and day["verdict"] for day in days] == [None, None, None, "drifted"]
    assert series("DailyDriftDetected") == {"10T23": 1}
    assert report_of("20260310").verdict == "drifted"


def test_late_records_are_in_the_day(quarters):
    for hour in (0, 6, 12):
        serve(hour)
        analyze(quarters, hour=hour, **SIX)
    name = "2026-03-10T12"
    write_capture(name, records(name, count=40, seed=5), name="50-00-000-late.jsonl")
    serve(18)
    analyze(quarters, hour=18, **SIX)

    found = report_of("20260310")
    assert found.counts.records == 4 * 120 + 40
    assert found.late_records == {"20260310T12": 40}


def test_windows_that_were_not_analyzed_are_in_the_notes(quarters):
    serve(0)
    analyze(quarters, hour=0, **SIX)
    serve(18)
    analyze(quarters, hour=18, **SIX)

    found = report_of("20260310")
    assert found.windows.missing == ("20260310T06", "20260310T12")
    assert any("20260310T06, 20260310T12" in note for note in found.notes)


def test_windows_from_before_the_version_served_are_not_missing(quarters, ledger):
    ledger.write(Update(VersionItem, (1,), {"serving_from": "2026-03-10T13:00:00Z"}))
    for hour in (12, 18):
        serve(hour)
        analyze(quarters, hour=hour, **SIX)
    assert report_of("20260310").windows.missing == ()


def test_an_unreadable_stored_profile_is_a_note_and_does_not_stop_the_day(quarters):
    for hour in (0, 6, 12):
        serve(hour)
        analyze(quarters, hour=hour, **SIX)
    boto3.client("s3").put_object(
        Bucket="analysis", Key="profiles/late/v1/20260310T06-r0.profile", Body=b"of another version"
    )
    serve(18)
    analyze(quarters, hour=18, **SIX)

    found = report_of("20260310")
    assert found.windows.unreadable == ("20260310T06",)
    assert found.windows.missing == ()
    assert found.counts.records == 360
    assert any("20260310T06" in note for note in found.notes)


def test_records_in_windows_of_two_lengths_count_once(live, fleet_of):
    for hour in (13, 14):
        serve(hour)
        analyze(live, hour=hour)
    live._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 6})
    analyze(live, hour=12, **SIX)
    serve(18)
    analyze(live, hour=18, **SIX)

    found = report_of("20260310")
    assert found.counts.records == 3 * 120
    assert found.windows.included == ("20260310T12", "20260310T18")


def test_a_new_revision_of_the_last_window_analyzes_the_day_again(quarters, ledger, bus):
    whole_day(quarters)
    name = "2026-03-10T06"
    write_capture(name, records(name, count=600, seed=77, shift=20.0), name="50-00-000-b.jsonl")
    analyze(quarters, hour=6, revision=1, **SIX)
    assert ledger.get(DayItem, 1, "20260310").revision == 0
    analyze(quarters, hour=18, revision=1, **SIX)

    assert report_of("20260310").verdict == "stable"
    assert report_of("20260310", revision=1).counts.records == 4 * 120 + 600
    assert ledger.get(DayItem, 1, "20260310").revision == 1
    assert bus.details("Analysis Completed")[-1]["daily"]["verdict"] == "drifted"


def test_an_old_revision_delivered_again_leaves_the_newer_days_verdict_and_profile(
    quarters, ledger, bus
):
    whole_day(quarters)
    old = plan(work(18, **SIX), None, quarters)
    name = "2026-03-10T18"
    write_capture(name, records(name, count=600, seed=77, shift=20.0), name="50-00-000-b.jsonl")
    analyze(quarters, hour=18, revision=1, **SIX)
    kept = read("profiles/late/v1/20260310T18-r1.profile")
    detect({"input": work(18, **SIX), "plan": old}, None, quarters)

    assert ledger.get(DayItem, 1, "20260310").revision == 1
    assert read("profiles/late/v1/20260310T18-r1.profile") == kept
    assert len(bus.details("Analysis Completed")) == 5


def test_windows_of_a_whole_day_are_their_own_days(live, fleet_of, ledger):
    live._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 24})
    serve(3)
    analyze(live, hour=0, hours=24)
    assert ledger.query(DayItem) == []
    assert "DailyDriftDetected" not in metrics()


def test_each_version_has_days_of_its_own(quarters, ledger):
    whole_day(quarters)
    baseline = ledger.get(VersionItem, 1).baseline_uri
    since = time("2026-03-10T12:00:00Z")
    ledger.write(Put(version_item(2, "deploying", baseline_uri=baseline, serving_from=since)))
    name = "2026-03-10T18"
    write_capture(name, records(name, seed=4), version=2)
    analyze(quarters, hour=18, revision=1, **SIX)
    assert report_of("20260310", version=2, revision=1).counts.records == 300
    assert report_of("20260310", version=1, revision=1).counts.records == 480
