"""A version whose baseline can't be used does not stop the analysis of the others."""

import zlib

import boto3
import pytest

from driftloop import object_batches
from driftloop.contract.ledger_items import UnusableBaselineItem, VersionItem, WindowItem
from driftloop.file_format import BASELINE_VERSION
from driftloop.profile import Baseline
from driftloop.schema import Schema
from lambdas.aws import baseline_file
from lambdas.aws.baseline_file import UnusableBaselineError, check_baseline_file
from lambdas.aws.baselines import load_baseline
from lambdas.aws.ledger import Put, Update
from lambdas.aws.transient_errors import TransientError
from lambdas.detect.handler import handle as detect
from lambdas.notify_failure.handler import handle as notify_failure
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import _baseline
from lambdas.profile.handler import handle as profile
from tests.faults.s3 import refusing_s3
from tests.lambdas.analysis import (
    HOUR,
    analyze,
    count_invocations,
    listed,
    manifest,
    report,
    series,
    work,
)
from tests.lambdas.captures import SCHEMA, baseline_bytes, baseline_key, records, write_capture
from tests.lambdas.items import champion_item, time, version_item

OTHER_VERSION = f"driftloop baseline {BASELINE_VERSION - 1}\n".encode() + zlib.compress(b"x")


def stored(data, key="runs/late/v2/model.baseline"):
    boto3.client("s3").put_object(Bucket="artifacts", Key=key, Body=data)
    return f"s3://artifacts/{key}"


def archived():
    """An object that S3 does not return until it is restored."""
    key = "runs/late/v2/model.baseline"
    s3 = boto3.client("s3")
    s3.put_object(Bucket="artifacts", Key=key, Body=baseline_bytes(), StorageClass="GLACIER")
    return f"s3://artifacts/{key}"


UNUSABLE = {
    "another bucket": lambda: "s3://someone-elses-bucket/x",
    "no bucket name": lambda: "s3://a bucket/x",
    "a directory bucket": lambda: "s3://artifacts--x-s3/x",
    "another scheme": lambda: "file:///etc/passwd",
    "missing": lambda: "s3://artifacts/runs/late/v2/deleted.baseline",
    "archived": archived,
    "garbage": lambda: stored(b"\x00garbage"),
    "empty": lambda: stored(b""),
    "truncated": lambda: stored(baseline_bytes()[:-100]),
    "one byte changed": lambda: stored(baseline_bytes()[:-1] + b"\x00"),
    "damaged hours": lambda: stored(baseline_bytes() + b"driftloop seasonality 1\n"),
    "another format version": lambda: stored(OTHER_VERSION),
}
unusable = pytest.mark.parametrize("make", UNUSABLE.values(), ids=list(UNUSABLE))


@pytest.fixture
def canary(live, ledger):
    """Version 2 was released at 10:05 and rolled back at 10:40; its baseline is as given."""
    _baseline.cache_clear()

    def release(uri):
        served = {
            "serving_from": time("2026-03-10T10:05:00Z"),
            "serving_until": time("2026-03-10T10:40:00Z"),
        }
        ledger.write(Put(version_item(2, "rolled_back", baseline_uri=uri, **served)))
        for hour in range(10, 15):
            clock = f"2026-03-10T{hour}"
            write_capture(clock, records(clock, seed=hour))
        write_capture("2026-03-10T10", records("2026-03-10T10", count=20, seed=99), version=2)
        return live

    return release


@unusable
def test_the_windows_of_the_champion_are_analyzed_and_people_are_notified_once(
    canary, ledger, people, make
):
    aws = canary(make())
    for hour in range(10, 15):
        if hour == 12:
            late = records("2026-03-10T10", count=5, seed=98)
            write_capture("2026-03-10T10", late, version=2, name="late.jsonl")
        analyze(aws, hour=hour)

    assert [item.label for item in ledger.query(WindowItem, 1)] == [
        f"20260310T{hour}" for hour in range(10, 15)
    ]
    assert all(report(hour).counts.records == 300 for hour in range(10, 15))
    assert ledger.query(WindowItem, 2) == []
    [item] = ledger.query(UnusableBaselineItem)
    assert item.version == 2
    [(subject, body)] = [m for m in people.messages if "can't be analyzed" in m[0]]
    assert "version 2 of late" in subject
    assert item.reason in body
    assert item.baseline_uri.rpartition("://")[2] in body


def test_requests_of_a_skipped_version_are_no_capture_loss(canary):
    count_invocations((10, 5, 320), (12, 5, 320))
    aws = canary(UNUSABLE["garbage"]())
    analyze(aws, hour=10)
    analyze(aws, hour=12)
    assert series("CaptureLossShare") == {"10T12": 1 - 300 / 320}
    assert series("RecordsAnalyzed") == {"10T10": 300, "10T12": 300}


def test_without_its_baseline_the_champion_fails_after_all_others_are_published(
    live, ledger, bus, people
):
    _baseline.cache_clear()
    since = time("2026-03-10T11:20:00Z")
    ledger.write(
        Put(champion_item(2, promoted_at=since)),
        Put(version_item(2, baseline_uri=stored(b"garbage"), serving_from=since)),
        Update(VersionItem, (1,), {"serving_until": since}),
    )
    write_capture(HOUR, records(HOUR))
    write_capture(HOUR, records(HOUR, seed=2), version=2)
    for _ in range(2):
        with pytest.raises(UnusableBaselineError, match="not a driftloop baseline file"):
            analyze(live)
    assert [item["version"] for item in bus.details("Analysis Completed")] == [1]
    assert series("Heartbeat") == {}
    assert [subject for subject in people.subjects if "can't be analyzed" in subject] == []

    stored(baseline_bytes())
    analyze(live, revision=1)
    assert report(revision=1, version=2).counts.records == 300
    assert [item["version"] for item in bus.details("Analysis Completed")] == [1, 1, 2]


def test_a_failed_analysis_for_want_of_a_baseline_is_not_to_be_redriven(live, people):
    error = {"Error": UnusableBaselineError.__name__, "Cause": "…"}
    failed = {"input": work(), "failed_at": "2026-03-10T12:26:00Z"}
    notify_failure({**failed, "error": error}, None, live)
    notify_failure({**failed, "error": {"Error": "Other", "Cause": "…"}}, None, live)
    (_, unusable_body), (_, other_body) = people.messages
    assert "redrive-execution" not in unusable_body
    assert "redrive-execution" in other_body


def test_a_batch_that_was_skipped_stays_so_until_the_next_revision(canary, ledger):
    """A repair between profile and detect, or before a redrive of detect alone."""
    aws = canary(UNUSABLE["garbage"]())
    planned = plan(work(hour=10), None, aws)
    for item in manifest(planned):
        profile(item, None, aws)
    stored(baseline_bytes())
    detect({"input": work(hour=10), "plan": planned}, None, aws)
    assert ledger.query(WindowItem, 2) == []
    analyze(aws, hour=10, revision=1)
    assert report(10, revision=1, version=2).counts.records == 20


def test_a_baseline_that_is_replaced_while_a_window_is_analyzed_concerns_its_version_alone(
    canary, ledger
):
    aws = canary(stored(baseline_bytes()))
    planned = plan(work(hour=10), None, aws)
    for item in manifest(planned):
        profile(item, None, aws)
    stored(replacement())
    detect({"input": work(hour=10), "plan": planned}, None, aws)
    assert report(10).counts.records == 300
    [item] = ledger.query(UnusableBaselineItem)
    assert "another baseline" in item.reason


def replacement():
    """Another baseline of the same features."""
    other = Baseline.from_bytes(baseline_bytes())
    object.__setattr__(other, "suspected", ("temp",))
    return other.to_bytes()


@pytest.mark.parametrize("version", [1, 2])
def test_a_baseline_that_is_replaced_between_two_batches_concerns_its_version_alone(
    canary, ledger, people, monkeypatch, version
):
    monkeypatch.setattr(object_batches, "MAX_BATCH_OBJECTS", 1)
    aws = canary(stored(baseline_bytes()))
    for number in (1, 2):
        more = records("2026-03-10T10", count=10, seed=50 + number)
        write_capture("2026-03-10T10", more, version=number, name="30-00-000-b.jsonl")
    planned = plan(work(hour=10), None, aws)
    replaced = {1: False, 2: False}
    for item in manifest(planned):
        _baseline.cache_clear()  # two containers
        profile(item, None, aws)
        if item["version"] == version and not replaced[version]:
            replaced[version] = True
            stored(replacement(), baseline_key(version))
    event = {"input": work(hour=10), "plan": planned}
    if version == 1:
        with pytest.raises(UnusableBaselineError, match="another baseline was written"):
            detect(event, None, aws)
        assert report(10, version=2).counts.records == 30
    else:
        detect(event, None, aws)
        assert report(10).counts.records == 310
        assert [s for s in people.subjects if "version 2 of late can't be analyzed" in s]
    [item] = ledger.query(UnusableBaselineItem)
    assert (item.version, "another baseline" in item.reason) == (version, True)
    # the next revision reads all on the new baseline
    _baseline.cache_clear()
    analyze(aws, hour=10, revision=1)
    counts = {number: report(10, revision=1, version=number).counts.records for number in (1, 2)}
    assert counts == {1: 310, 2: 30}


@pytest.fixture
def by_carrier(live, fleet_of):
    live._environ["FLEET_KEY"] = fleet_of(entity="carrier")
    return live


def without_carrier():
    return stored(baseline_bytes(Schema(SCHEMA.features[:1], SCHEMA.target, SCHEMA.problem_type)))


def test_an_entity_that_an_older_version_does_not_have_concerns_that_version_alone(
    by_carrier, canary, ledger, people
):
    analyze(canary(without_carrier()), hour=10)
    assert report(10).counts.records == 3  # one of each carrier
    assert ledger.query(WindowItem, 2) == []
    [item] = ledger.query(UnusableBaselineItem)
    assert (item.version, item.reason) == (
        2,
        "`entity` is carrier, which is none of this version's features",
    )
    [body] = [body for subject, body in people.messages if "can't be analyzed" in subject]
    assert "Set `entity` in driftloop.yaml to a feature of all versions that serve" in body
    assert "Make the baseline file readable" not in body


def test_the_champion_fails_with_what_to_do_while_it_does_not_have_the_entity(
    by_carrier, ledger, people
):
    _baseline.cache_clear()
    served = {"serving_from": time("2026-03-10T08:00:00Z")}
    ledger.write(
        Put(champion_item(2)),
        Put(version_item(2, baseline_uri=without_carrier(), **served)),
    )
    write_capture(HOUR, records(HOUR), version=2)
    write_capture(HOUR, records(HOUR))
    with pytest.raises(UnusableBaselineError, match="or release a version that has the feature"):
        analyze(by_carrier)
    assert report().counts.records == 3


@pytest.mark.parametrize(("code", "status"), [("SlowDown", 503), ("KMS.ThrottlingException", 400)])
def test_an_error_that_passes_says_nothing_about_the_baseline(canary, ledger, code, status):
    aws = canary(stored(baseline_bytes()))
    planned = plan(work(hour=10), None, aws)
    throttled = refusing_s3(aws, baseline_key(2), code, status)
    for item in manifest(planned):
        if item["version"] == 2:
            with pytest.raises(TransientError):
                profile(item, None, throttled)
        profile(item, None, aws)
    with pytest.raises(TransientError):
        detect({"input": work(hour=10), "plan": planned}, None, throttled)
    assert listed("work/late/20260310T10-r0/unusable-baselines/") == []
    assert ledger.query(UnusableBaselineItem) == []
    analyze(aws, hour=10)
    assert report(10, version=2).counts.records == 20


@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDenied", 403), ("KMS.DisabledException", 400), ("PermanentRedirect", 301)],
)
def test_a_denied_baseline_is_unusable(canary, code, status):
    aws = refusing_s3(canary(stored(baseline_bytes())), baseline_key(2), code, status)
    with pytest.raises(UnusableBaselineError, match=code.rpartition(".")[2]):
        load_baseline(aws, f"s3://artifacts/{baseline_key(2)}")


@unusable
def test_the_check_without_numpy_finds_what_loading_finds(live, make):
    with pytest.raises(UnusableBaselineError) as raised:
        check_baseline_file(live, make())
    assert raised.value.problem


def test_a_huge_file_is_not_read(live, monkeypatch):
    monkeypatch.setattr(baseline_file, "MAX_BASELINE_BYTES", 100)
    with pytest.raises(UnusableBaselineError, match="at most 100 are read"):
        load_baseline(live, stored(baseline_bytes()))


def test_a_usable_baseline_passes_the_check(live):
    check_baseline_file(live, stored(baseline_bytes()))
