"""Days are decided by the daily rule, and each is accepted once."""

import boto3
import numpy as np
import pytest

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import DayItem, VersionItem, WindowItem
from driftloop.daily.accepted_change import AcceptedChange, changes_to_json
from driftloop.window import Window
from lambdas.aws.ledger import Put, Update
from lambdas.aws.storage import Bucket
from lambdas.aws.transient_errors import TransientError
from tests.lambdas.analysis import analyze, listed, read, report_of, series
from tests.lambdas.captures import records, write_capture
from tests.lambdas.items import time, version_item
from tests.lambdas.live_days import (
    LIVE_DAYS,
    analyze_day,
    live_days,
    march,
    serve_day,
    store_daily_baseline,
)

NEW = np.array(["UA", "AA", "XX"])
"""A carrier that training data never had."""


@pytest.fixture
def daily(live, fleet_of):
    """Windows of 24 hours, of a version whose baseline has training days."""
    live._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 24})
    store_daily_baseline()
    return live


def play(aws, days, **how):
    for day in days:
        serve_day(day, **how)
        analyze_day(aws, day)


def decided():
    return march(one.end for one in live_days().decided)


def put(key, data):
    boto3.client("s3").put_object(Bucket="analysis", Key=key, Body=data)


def test_a_window_of_a_day_is_decided_against_the_days_before_it(daily, ledger):
    play(daily, (1, 2))
    play(daily, (3,), categories=NEW)

    quiet, broken = report_of("20260302T00"), report_of("20260303T00")
    assert (quiet.verdict, quiet.day.records, quiet.day.alarms) == ("stable", 360, {})
    assert broken.verdict == "invalid_data"
    assert "unseen" in broken.day.alarms["carrier"]
    assert any("never seen before" in reason for reason in broken.reasons)
    assert ledger.get(WindowItem, 1, "20260303T00").verdict == "invalid_data"
    assert series("InvalidDataDetected") == {"01T23": 0, "02T23": 0, "03T23": 1}
    assert (decided(), march(live_days().pending)) == ([1, 2], [3])


def test_the_day_that_shorter_windows_add_up_to_is_decided_so(daily, fleet_of, ledger):
    daily._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 6})
    for day, carriers in ((1, {}), (2, {"categories": NEW})):
        serve_day(day, **carriers)
        for hour in (0, 6, 12, 18):
            analyze(daily, hour=hour, day=day, hours=6)

    assert report_of("20260301").day.alarms == {}
    found = report_of("20260302")
    assert (found.verdict, found.counts.records) == ("invalid_data", 360)
    assert "unseen" in found.day.alarms["carrier"]
    assert ledger.get(DayItem, 1, "20260302").verdict == "invalid_data"
    assert (decided(), march(live_days().pending)) == ([1], [2])


def serve_quarters(aws, day, **how):
    """Capture the requests of a day of March, and analyze its four windows."""
    serve_day(day, **how)
    for hour in (0, 6, 12, 18):
        analyze(aws, hour=hour, day=day, hours=6)


def test_a_window_shorter_than_a_day_is_decided_by_the_24_hours_that_end_with_it(
    daily, fleet_of, ledger
):
    daily._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 6})
    serve_quarters(daily, 1)
    serve_quarters(daily, 2, categories=NEW)

    first, later = report_of("20260302T00"), report_of("20260302T06")
    last_quiet = report_of("20260301T18")
    assert (last_quiet.verdict, last_quiet.counts.records, last_quiet.day.records) == (
        "stable",
        90,
        360,
    )
    assert (first.verdict, first.day.records) == ("invalid_data", 360)
    assert "unseen" in first.day.alarms["carrier"]
    assert ledger.get(WindowItem, 1, "20260302T00").verdict == "invalid_data"
    assert first.features["carrier"].since is None
    assert later.features["carrier"].since == time("2026-03-02T00:00:00Z")


def test_a_repeated_delivery_of_a_shorter_window_changes_no_byte(daily, fleet_of):
    daily._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 6})
    serve_quarters(daily, 1)
    report = "reports/late/v1/20260301T12/r0/report.json"
    stored = read(LIVE_DAYS), read(report)
    for hour in (0, 12, 18):
        analyze(daily, hour=hour, day=1, hours=6)
    assert (read(LIVE_DAYS), read(report)) == stored


def test_the_windows_of_eight_days_are_kept(daily, fleet_of):
    daily._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 12})
    for day in range(1, 11):
        serve_day(day, count=5)
        for hour in (0, 12):
            analyze(daily, hour=hour, day=day, hours=12)
    kept = [one.end for one in live_days().windows]
    assert len(kept) == 16
    assert march(kept[-1:]) == [10]


def test_a_repeated_delivery_changes_no_byte(daily):
    play(daily, (1, 2, 3))
    before = {key: read(key) for key in [*listed("reports/"), LIVE_DAYS]}
    for day in (3, 1, 2):
        analyze_day(daily, day)
    assert {key: read(key) for key in before} == before


def test_days_that_are_analyzed_in_any_order_end_as_in_their_order(daily):
    for day in range(1, 6):
        serve_day(day, categories=NEW if day == 3 else np.array(["UA", "AA", "DL"]))
    for day in (4, 2, 5, 1, 3):
        analyze_day(daily, day)
    analyze_day(daily, 5)
    in_disorder = live_days()
    boto3.client("s3").delete_object(Bucket="analysis", Key=LIVE_DAYS)
    for day in range(1, 6):
        analyze_day(daily, day)
    assert in_disorder.to_bytes() == read(LIVE_DAYS)
    assert "unseen" in live_days().decided[2].alarms["carrier"]


def test_late_records_are_in_the_day_when_it_is_decided_for_good(daily):
    play(daily, (1,))
    late = records("2026-03-01T22", count=40, seed=5, categories=NEW, minute=50)
    write_capture("2026-03-01T22", late, name="50-00-000-late.jsonl")
    play(daily, (2,))

    assert [one.records for one in live_days().decided] == [400]
    assert "unseen" in live_days().decided[0].alarms["carrier"]
    assert report_of("20260301T00").day.alarms == {}


def test_a_rerun_changes_the_report_and_the_counts_and_not_what_was_decided(daily):
    play(daily, (1, 2, 3))
    before = live_days()
    write_capture("2026-03-01T12", records("2026-03-01T12", count=100, seed=6, categories=NEW))
    analyze_day(daily, 1, revision=1)

    assert report_of("20260301T00", revision=1).verdict == "invalid_data"
    assert live_days().decided == before.decided
    assert live_days().to_bytes() != before.to_bytes()


def test_an_old_revision_delivered_again_leaves_the_counts_of_the_newer_one(daily):
    play(daily, (1, 2))
    write_capture("2026-03-02T12", records("2026-03-02T12", count=100, seed=6))
    analyze_day(daily, 2, revision=1)
    newest = read(LIVE_DAYS)
    analyze_day(daily, 2, revision=0)
    assert read(LIVE_DAYS) == newest


def test_each_version_has_days_of_its_own_from_when_it_serves(daily, ledger):
    play(daily, (1, 2, 3))
    store_daily_baseline(2)
    since = time("2026-03-04T12:00:00Z")
    uri = ledger.get(VersionItem, 1).baseline_uri.replace("v1", "v2")
    ledger.write(Put(version_item(2, "deploying", baseline_uri=uri, serving_from=since)))
    serve_day(4)
    serve_day(4, version=2, count=30)
    analyze_day(daily, 4)

    challenger = live_days(s3_keys.live_days("late", 2))
    assert (challenger.decided, march(challenger.pending)) == ((), [4])
    own = report_of("20260304T00", version=2)
    assert own.day.records == 120
    # compared with its own training days: it has no live days before
    assert own.day.statistics["temp"].keys() >= {"level", "spread"}


def test_days_in_which_a_version_did_not_serve_do_not_delay_those_after_them(daily, ledger):
    play(daily, (1, 2))
    served = Window(time("2026-03-01T00:00:00Z"), time("2026-03-03T00:00:00Z"))
    again = {"serving_from": time("2026-03-06T00:00:00Z"), "earlier_periods": (served,)}
    ledger.write(Update(VersionItem, (1,), again))
    play(daily, (6, 7))
    assert (decided(), march(live_days().pending)) == ([1, 2, 6], [7])


def test_what_a_person_accepted_is_normal_from_the_next_day_on(daily):
    play(daily, (1,))
    play(daily, (2, 3), categories=NEW)
    ends = [one.end for one in live_days().decided] + [*live_days().pending]
    names = sorted(set(report_of("20260303T00").day.alarms["carrier"]))
    accepted = [
        AcceptedChange(
            column="carrier",
            name=name,
            first_end=ends[1],
            last_end=ends[2],
            accepted_by="mona",
            accepted_at="2026-03-04T08:00:00Z",
        )
        for name in names
    ]
    put(s3_keys.accepted_changes("late", 1), changes_to_json(accepted))
    play(daily, (4,), categories=NEW)

    assert "unseen" not in report_of("20260304T00").day.alarms.get("carrier", ())
    assert "unseen" in live_days().decided[2].alarms["carrier"]


def test_windows_of_a_day_that_are_delivered_again_change_no_byte(daily, fleet_of):
    """Neither do old revisions, after late records and a newer revision."""
    monitoring = {"window_hours": 6, "allowed_lateness_hours": 6}
    daily._environ["FLEET_KEY"] = fleet_of(monitoring=monitoring)
    for day in (1, 2):
        serve_day(day)
        for hour in (0, 6, 12, 18):
            analyze(daily, hour=hour, day=day, hours=6)
            late = records(f"2026-03-{day:02d}T{hour + 5:02d}", count=9, seed=day * 100 + hour)
            write_capture(f"2026-03-{day:02d}T{hour + 5:02d}", late, name="50-00-000-late.jsonl")
    analyze(daily, hour=18, day=2, hours=6, revision=1)
    analyze(daily, hour=0, day=3, hours=6)
    before = {key: read(key) for key in [*listed("reports/"), LIVE_DAYS]}
    for day, hour, revision in ((2, 18, 0), (2, 6, 0), (1, 18, 0), (2, 18, 1), (3, 0, 0)):
        analyze(daily, hour=hour, day=day, hours=6, revision=revision)
    assert {key: read(key) for key in before} == before
    assert (decided(), march(live_days().pending)) == ([1], [2])


def test_accepted_changes_that_cant_be_read_are_a_note(daily):
    put(s3_keys.accepted_changes("late", 1), b"{}")
    play(daily, (1,))
    notes = report_of("20260301T00").notes
    assert any("s3://analysis/accepted-changes/late/v1.json is invalid" in note for note in notes)


@pytest.mark.parametrize("content", [b"of another version", b""])
def test_live_days_that_cant_be_read_start_again_with_a_note(daily, content):
    put(LIVE_DAYS, content)
    play(daily, (1,))
    assert any("start again" in note for note in report_of("20260301T00").notes)
    assert march(live_days().pending) == [1]


def test_live_days_that_a_later_release_wrote_are_kept(daily):
    content = b"driftloop live-days 999\nof a release that this one can't read"
    put(LIVE_DAYS, content)
    play(daily, (1,))
    report = report_of("20260301T00")
    assert read(LIVE_DAYS) == content
    assert report.day is not None
    assert any("they are kept for that release" in note for note in report.notes)


def test_two_analyses_at_once_decide_one_after_the_other(daily, monkeypatch):
    play(daily, (1,))
    serve_day(2)
    serve_day(3)
    real = Bucket.put_unchanged

    def overtake(self, *arguments):
        monkeypatch.setattr(Bucket, "put_unchanged", real)
        analyze_day(daily, 2)
        return real(self, *arguments)

    monkeypatch.setattr(Bucket, "put_unchanged", overtake)
    analyze_day(daily, 3)
    assert (decided(), march(live_days().pending)) == ([1, 2], [3])


def test_live_days_that_others_keep_changing_are_left_to_a_retry(daily, monkeypatch):
    serve_day(1)
    monkeypatch.setattr(Bucket, "put_unchanged", lambda *_: False)
    with pytest.raises(TransientError, match="live-days/late/v1"):
        analyze_day(daily, 1)


def test_without_training_days_there_are_no_live_days(live, fleet_of):
    live._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 24})
    play(live, (1,))
    assert report_of("20260301T00").day is None
    assert listed("live-days/") == []
