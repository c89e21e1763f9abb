import itertools
import json
from dataclasses import replace

import pytest

from driftloop import object_batches
from driftloop.contract.ledger_items import WindowItem
from driftloop.errors import IncompleteError
from driftloop.profile import Profile
from lambdas.aws.ledger import Put
from lambdas.aws.storage import Bucket
from lambdas.detect.handler import handle as detect
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import handle as profile
from tests.lambdas.analysis import HOUR, analyze, listed, manifest, metrics, read, report, work
from tests.lambdas.captures import records, write_baseline, write_capture
from tests.lambdas.items import champion_item, time, version_item


def test_an_hour_without_drift_is_stable_and_published_at_the_windows_start(live, bus):
    write_capture(HOUR, records(HOUR))
    analyze(live)

    assert report().verdict == "stable"
    assert report().counts.lines_used == 300
    published = metrics()
    assert published["DriftDetected"] == [(0.0, "2026-03-10T11:59:00+00:00")]
    assert published["RequestsCaptured"] == [(300.0, "2026-03-10T11:59:00+00:00")]
    assert published["Heartbeat"][0][0] == 1.0
    assert published["Heartbeat"][0][1] > "2026-03-10T12"
    [detail] = bus.details("Analysis Completed")
    assert (detail["verdict"], detail["is_champion"], detail["revision"]) == ("stable", True, 0)
    assert detail["as_of"] == "2026-03-10T12:20:00Z"
    assert b"<html" in read("reports/late/v1/20260310T11/r0/report.html")


def test_a_drifted_hour_names_the_feature_that_drifted(live, bus, ledger):
    write_capture(HOUR, records(HOUR, shift=15.0))
    analyze(live)

    [detail] = bus.details("Analysis Completed")
    assert detail["verdict"] == "drifted"
    assert detail["drifted_features"] == ["temp"]
    assert metrics()["DriftDetected"][0][0] == 1.0
    assert ledger.get(WindowItem, 1, "20260310T11").drifted_features == ("temp",)


def test_an_hour_with_few_records_publishes_no_drift_at_all(live):
    write_capture(HOUR, records(HOUR, count=20))
    analyze(live)
    assert report().verdict == "insufficient_data"
    assert "DriftDetected" not in metrics()


def test_an_hour_without_any_file_is_insufficient_and_has_a_heartbeat(live):
    planned = analyze(live)
    assert planned["batches"] == 0
    assert report().verdict == "insufficient_data"
    assert "Heartbeat" in metrics()


def test_unreadable_lines_are_quarantined_and_their_window_is_analyzed(live):
    write_capture(HOUR, records(HOUR))
    key = write_capture(HOUR, b"\x00\xff garbage\n{truncated", name="20-00-000-g.jsonl")
    write_capture(HOUR, b"", name="30-00-000-e.jsonl")
    analyze(live)

    assert report().verdict == "stable"
    assert sum(report().counts.lines_rejected.values()) == 2
    [quarantined] = listed("quarantine/late/v1/20260310T11/")
    lines = [json.loads(line) for line in read(quarantined).splitlines()]
    assert {line["object"] for line in lines} == {key}
    assert all(line["reason"] for line in lines)
    assert metrics()["LinesRejected"][0][0] == 2.0


def test_unreadable_lines_count_in_the_window_in_which_their_file_was_started(live):
    write_capture("2026-03-10T10", records("2026-03-10T10"))
    write_capture("2026-03-10T10", b"garbage\n", name="59-59-000-g.jsonl")
    write_capture(HOUR, records(HOUR, seed=2))
    analyze(live, hour=10)
    analyze(live, hour=11)

    assert sum(report(10).counts.lines_rejected.values()) == 1
    assert report(11).counts.lines_rejected == {}
    assert [item.reason for item in report(10).counts.first_unread] == ["not_json"]
    assert report(11).counts.first_unread == ()


def test_a_file_of_the_hour_before_gives_its_records_of_this_hour(live):
    """A file is named by its first record and can reach into the next hour."""
    write_capture(
        "2026-03-10T10", records("2026-03-10T10") + records(HOUR, seed=2), name="59-30-000-a.jsonl"
    )
    analyze(live, hour=10)
    analyze(live, hour=11)
    assert (report(10).counts.lines_used, report(11).counts.lines_used) == (300, 300)


def test_the_same_object_under_two_names_counts_once(live):
    write_capture(HOUR, records(HOUR))
    write_capture(HOUR, records(HOUR), name="11-00-000-copy.jsonl")
    analyze(live)
    assert report().counts.lines_used == 300


def test_a_copy_counts_once_where_its_etag_is_another_as_under_kms(live, monkeypatch):
    etags = itertools.count()
    plain = Bucket.list

    def listed_with_other_etags(bucket, prefix, **options):
        for item in plain(bucket, prefix, **options):
            yield replace(item, etag=str(next(etags)))

    monkeypatch.setattr(Bucket, "list", listed_with_other_etags)
    write_capture(HOUR, records(HOUR))
    write_capture(HOUR, records(HOUR), name="11-00-000-copy.jsonl")
    write_capture(HOUR, records(HOUR, seed=2), name="12-00-000-other.jsonl")
    analyze(live)
    assert report().counts.lines_used == 600


def test_an_analysis_run_twice_gives_the_same_bytes_and_notifies_once(live, bus, ledger):
    write_capture(HOUR, records(HOUR, shift=15.0))
    analyze(live)
    before = {key: read(key) for key in listed("")}
    item = ledger.get(WindowItem, 1, "20260310T11")
    analyze(live)

    assert {key: read(key) for key in listed("")} == before
    assert ledger.get(WindowItem, 1, "20260310T11") == item
    assert len(bus.details("Analysis Completed")) == 1


@pytest.mark.parametrize("step", ["store", "publish_model", "publish"])
def test_a_detect_function_that_fails_half_way_gives_the_same_report_on_the_retry(
    live, bus, monkeypatch, step
):
    from lambdas.detect import handler

    write_capture(HOUR, records(HOUR, shift=15.0))
    planned = plan(work(), None, live)
    for item in manifest(planned):
        profile(item, None, live)
    real = getattr(handler, step)

    def die(*arguments, **options):
        real(*arguments, **options)
        monkeypatch.setattr(handler, step, real)
        raise KeyboardInterrupt

    monkeypatch.setattr(handler, step, die)
    event = {"input": work(), "plan": planned}
    with pytest.raises(KeyboardInterrupt):
        detect(event, None, live)
    key = "reports/late/v1/20260310T11/r0/report.json"
    first = read(key)
    detect(event, None, live)
    assert read(key) == first
    assert len(bus.details("Analysis Completed")) == 1


def test_a_profile_that_is_made_twice_has_the_same_bytes(live):
    write_capture(HOUR, records(HOUR))
    write_capture(HOUR, b"garbage\n", name="20-00-000-g.jsonl")
    [item] = manifest(plan(work(), None, live))
    profile(item, None, live)
    first = {key: read(key) for key in listed("")}
    profile(item, None, live)
    assert {key: read(key) for key in listed("")} == first


def test_the_error_of_a_batch_without_a_profile_names_the_batch(live, bus):
    write_capture(HOUR, records(HOUR))
    planned = plan(work(), None, live)
    with pytest.raises(IncompleteError, match="batch 0 of window 20260310T11 has no profile"):
        detect({"input": work(), "plan": planned}, None, live)
    assert bus.entries == []


def test_a_retried_plan_keeps_its_batches_although_more_files_have_arrived(live):
    write_capture(HOUR, records(HOUR))
    first = plan(work(), None, live)
    before = read(first["manifest"]["key"])
    write_capture(HOUR, records(HOUR, seed=5), name="40-00-000-b.jsonl")
    assert plan(work(), None, live) == first
    assert read(first["manifest"]["key"]) == before


def test_late_files_are_kept_beside_their_window_and_counted_once(live):
    write_capture(HOUR, records(HOUR))
    analyze(live, hour=11)
    write_capture(HOUR, records(HOUR, count=40, seed=5), name="50-00-000-late.jsonl")
    analyze(live, hour=12)
    analyze(live, hour=13)

    assert report(12).late_records == {"20260310T11": 40}
    assert report(13).late_records == {}
    [kept] = listed("profiles/late/v1/late/20260310T11/")
    assert Profile.from_bytes(read(kept)).records == 40
    assert report(11).counts.lines_used == 300


def test_a_new_revision_reads_late_files_and_deletes_their_profiles(live, bus):
    write_capture(HOUR, records(HOUR))
    analyze(live, hour=11)
    write_capture(HOUR, records(HOUR, count=40, seed=5), name="50-00-000-late.jsonl")
    analyze(live, hour=12)
    analyze(live, hour=11, revision=1)

    assert report(11, revision=1).counts.lines_used == 340
    assert listed("profiles/late/v1/late/") == []
    assert Profile.from_bytes(read("profiles/late/v1/20260310T11-r1.profile")).records == 340
    assert [d["revision"] for d in bus.details("Analysis Completed")] == [0, 0, 1]


def test_two_versions_of_a_canary_are_analyzed_separately_and_only_the_champion_has_metrics(
    live, bus, ledger
):
    since = time("2026-03-10T11:30:00Z")
    ledger.write(
        Put(version_item(2, "deploying", baseline_uri=write_baseline(2), serving_from=since))
    )
    write_capture(HOUR, records(HOUR))
    write_capture(HOUR, records(HOUR, shift=15.0, seed=2), version=2)
    analyze(live)

    verdicts = {
        d["version"]: (d["verdict"], d["is_champion"]) for d in bus.details("Analysis Completed")
    }
    assert verdicts == {1: ("stable", True), 2: ("drifted", False)}
    assert metrics()["DriftDetected"][0][0] == 0.0
    assert metrics()["RequestsCaptured"][0][0] == 600.0


def retired_version(serving_until):
    return version_item(
        2,
        "rolled_back",
        baseline_uri=write_baseline(2),
        serving_from=time("2026-03-09T00:00:00Z"),
        serving_until=time(serving_until),
    )


def test_a_retired_version_is_analyzed_while_its_requests_arrive_and_no_longer(live, bus, ledger):
    ledger.write(Put(retired_version("2026-03-10T11:05:00Z")))
    for hour in (11, 12):
        name = f"2026-03-10T{hour}"
        write_capture(name, records(name, seed=hour))
    write_capture(HOUR, records(HOUR, seed=2), version=2)
    write_capture(HOUR, records("2026-03-10T12", seed=3, count=5), version=2, name="59-a.jsonl")
    analyze(live, hour=11)
    analyze(live, hour=12)
    published = [
        (d["window"]["start"][11:13], d["version"]) for d in bus.details("Analysis Completed")
    ]
    assert published == [("11", 1), ("11", 2), ("12", 1), ("12", 2)]


def test_a_version_that_has_retired_leaves_no_empty_window(live, bus, ledger):
    ledger.write(Put(retired_version("2026-03-10T10:55:00Z")))
    write_capture(HOUR, records(HOUR))
    write_capture("2026-03-10T10", records("2026-03-10T10", seed=2), version=2)
    analyze(live)
    assert [detail["version"] for detail in bus.details("Analysis Completed")] == [1]
    assert ledger.query(WindowItem, 2) == []


def test_a_value_range_that_a_drifted_feature_leaves_is_no_violation_for_the_alarm(live):
    write_capture(HOUR, records(HOUR, shift=70.0))
    analyze(live)
    assert report().verdict == "drifted"
    constraints = {item.constraint for item in report().data_quality.violations}
    assert constraints == {"value_range"}
    assert metrics()["DataQualityViolations"][0][0] == 0


def test_a_column_that_is_missing_is_a_violation_for_the_alarm(live):
    lines = records(HOUR)
    for line in lines[:120]:
        line["captureData"]["endpointInput"]["data"] = ",AA"
    write_capture(HOUR, lines)
    analyze(live)
    assert metrics()["DataQualityViolations"][0][0] == 1


def test_the_first_windows_after_a_promotion_are_sent_to_people(live, ledger, people):
    since = time("2026-03-10T11:05:00Z")
    ledger.write(Put(champion_item(promoted_at=since, under_observation=True)))
    for hour in range(11, 16):
        name = f"2026-03-10T{hour:02d}"
        write_capture(name, records(name, seed=hour))
        analyze(live, hour=hour)
        analyze(live, hour=hour)
    assert people.subjects == ["driftloop: version 1 of late under observation: stable"] * 3


def test_many_files_become_batches_that_add_up(live, monkeypatch):
    monkeypatch.setattr(object_batches, "MAX_BATCH_BYTES", 40_000)
    for number in range(6):
        write_capture(
            HOUR, records(HOUR, count=50, seed=number), name=f"{number:02d}-00-000-a.jsonl"
        )
    planned = analyze(live)
    assert planned["batches"] > 1
    assert report().counts.lines_used == 300


def test_a_model_without_a_champion_has_a_heartbeat_and_no_report(aws):
    planned = analyze(aws)
    assert planned["versions"] == []
    assert listed("reports/") == []
    assert set(metrics()) >= {"Heartbeat"}
