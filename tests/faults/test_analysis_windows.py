"""Each captured record counts once, whatever fails, is repeated, or happens at the same moment."""

import itertools
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from driftloop.contract import s3_keys
from driftloop.contract.ledger_items import WindowCountItem, WindowItem
from driftloop.errors import InputError
from driftloop.profile import Profile
from lambdas.aws.storage import Bucket
from lambdas.detect.handler import handle as detect
from lambdas.detect.window_count import commit_window
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import handle as profile
from tests.lambdas.analysis import analyze, manifest, objects_of, read, report, report_of, work
from tests.lambdas.captures import records, write_capture

DAY = "2026-03-10"


def capture(hour, count, name="10-00-000-a.jsonl", seed=None):
    at = f"{DAY}T{hour:02d}"
    return write_capture(at, records(at, count=count, seed=seed or hour), name=name)


def run_profile(aws, planned):
    for item in manifest(planned):
        profile(item, None, aws)


def run_detect(aws, planned, **which):
    detect({"input": work(**which), "plan": planned}, None, aws)


def late_objects(planned):
    """Label of the earlier window to the number of its late objects."""
    late = [item for item in manifest(planned) if item["purpose"] == "late"]
    return {item["label"]: len(objects_of(item)) for item in late}


def counted(ledger):
    """The counted records of each window: of its own profile, and of late ones."""
    found = {}
    for item in ledger.query(WindowCountItem):
        keys = list(item.late)
        keys += [
            s3_keys.profile("late", int(version), item.label, revision)
            for version, revision in item.completed.items()
        ]
        found[item.label] = sum(Profile.from_bytes(read(key)).records for key in keys)
    return found


@pytest.fixture
def late_file(live):
    """Hour 11 is analyzed; then 77 of its records arrive late, and hours 12 and 13 on time."""
    for hour in (11, 12, 13):
        capture(hour, 300)
    analyze(live, hour=11)
    capture(11, 77, "zz-late.jsonl", seed=55)
    return live


def test_a_late_file_of_a_failed_run_is_read_by_the_new_revision(late_file, ledger):
    failed = plan(work(12), None, late_file)
    assert late_objects(failed) == {"20260310T11": 1}
    assert late_objects(analyze(late_file, hour=12, revision=1)) == {"20260310T11": 1}
    assert late_objects(analyze(late_file, hour=13)) == {}
    assert counted(ledger)["20260310T11"] == 377


def test_a_late_file_of_a_run_that_nobody_repeats_is_read_by_the_next_window(late_file, ledger):
    plan(work(12), None, late_file)
    assert late_objects(analyze(late_file, hour=13)) == {"20260310T11": 1}
    for hour in range(14, 24):
        analyze(late_file, hour=hour)
    assert report_of("20260310").late_records == {"20260310T11": 77}
    assert "20260310T12" in report_of("20260310").windows.missing


def test_windows_planned_at_the_same_moment_count_a_late_file_once(late_file, ledger):
    planned = {hour: plan(work(hour), None, late_file) for hour in (12, 13)}
    assert [late_objects(planned[hour]) for hour in (12, 13)] == [{"20260310T11": 1}] * 2
    for hour in (13, 12):
        run_profile(late_file, planned[hour])
        run_detect(late_file, planned[hour], hour=hour)
    assert counted(ledger) == {"20260310T11": 377, "20260310T12": 300, "20260310T13": 300}
    assert (report(12).late_records, report(13).late_records) == ({}, {"20260310T11": 77})


def test_files_of_a_window_that_was_not_planned_are_left_to_its_own_analysis(live, ledger):
    for hour in (12, 13):
        capture(hour, 300)
    assert late_objects(analyze(live, hour=13)) == {}
    analyze(live, hour=12)
    assert counted(ledger) == {"20260310T12": 300, "20260310T13": 300}


def expire_work_files():
    """What the lifecycle rule of the analysis bucket does after two weeks."""
    s3 = boto3.client("s3")
    for item in s3.list_objects_v2(Bucket="analysis", Prefix="work/")["Contents"]:
        s3.delete_object(Bucket="analysis", Key=item["Key"])


def test_a_window_is_analyzed_again_after_the_plans_have_expired(late_file, ledger):
    analyze(late_file, hour=12)
    assert counted(ledger) == {"20260310T11": 377, "20260310T12": 300}
    expire_work_files()
    capture(12, 40, "zz-more.jsonl", seed=5)
    assert late_objects(analyze(late_file, hour=12, revision=1)) == {}
    assert counted(ledger) == {"20260310T11": 377, "20260310T12": 340}


def test_an_expired_revision_asks_for_a_new_one(late_file):
    expire_work_files()
    with pytest.raises(InputError, match="revision 0 of window 20260310T11 has expired: start"):
        plan(work(11), None, late_file)


def test_two_deliveries_of_a_plan_at_once_have_the_same_batches(live, monkeypatch):
    capture(11, 300)
    answers: list[Any] = []
    put = Bucket.put

    def delivered_again(bucket, key, *rest):
        if "/plan-" in key and not answers:
            answers.append(None)
            capture(11, 40, "zz-more.jsonl", seed=5)
            answers.append(plan(work(11), None, live))
        put(bucket, key, *rest)

    monkeypatch.setattr(Bucket, "put", delivered_again)
    first = plan(work(11), None, live)
    assert first == answers[1]
    assert [len(objects_of(item)) for item in manifest(first)] == [2]


def test_ledger_report_and_profile_are_of_the_same_revision_when_two_run_at_once(
    live, ledger, monkeypatch
):
    capture(11, 300)
    slow = plan(work(11), None, live)
    run_profile(live, slow)
    capture(11, 400, "zz-more.jsonl", seed=2)

    def overtaken(*arguments):
        monkeypatch.setattr("lambdas.detect.handler.commit_window", commit_window)
        analyze(live, hour=11, revision=1)
        commit_window(*arguments)

    monkeypatch.setattr("lambdas.detect.handler.commit_window", overtaken)
    run_detect(live, slow, hour=11)

    assert ledger.get(WindowItem, 1, "20260310T11").revision == 1
    assert report(11, revision=1).counts.records == 700
    assert counted(ledger) == {"20260310T11": 700}
    for hour in range(12, 24):
        analyze(live, hour=hour)
    assert report_of("20260310").counts.records == 700


def test_a_revision_that_has_read_a_part_of_a_late_batch_asks_for_another_one(late_file, ledger):
    part = plan(work(11, revision=1), None, late_file)
    run_profile(late_file, part)
    capture(11, 20, "zz-later.jsonl", seed=56)
    analyze(late_file, hour=12)
    with pytest.raises(InputError, match="start a new revision"):
        run_detect(late_file, part, hour=11, revision=1)
    assert counted(ledger)["20260310T11"] == 397
    analyze(late_file, hour=11, revision=2)
    assert counted(ledger)["20260310T11"] == 397


HOURS = (11, 12, 13)
STEPS = st.one_of(
    st.tuples(st.just("capture"), st.sampled_from((11, 11, 12, 13))),
    st.tuples(st.just("plan"), st.sampled_from(HOURS), st.integers(0, 1)),
    # The number of the write before which detect is killed; beyond all of them, it is not.
    st.tuples(st.just("detect"), st.sampled_from(HOURS), st.integers(0, 1), st.integers(0, 8)),
)


class KilledError(BaseException):
    """The function is killed."""


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=12))
@example(
    [
        ("capture", 11),
        ("plan", 12, 0),
        ("plan", 13, 0),
        ("detect", 13, 0, 1),
        ("detect", 12, 0, 99),
        ("detect", 13, 0, 99),
    ]
)
@example(
    [
        ("capture", 11),
        ("plan", 11, 1),
        ("plan", 12, 0),
        ("detect", 12, 0, 99),
        ("detect", 11, 1, 3),
        ("detect", 12, 0, 99),
        ("detect", 11, 1, 99),
    ]
)
def test_each_captured_record_counts_once_in_any_order_of_runs_and_failures(live, ledger, steps):
    _empty("analysis", "capture")
    for item in boto3.client("dynamodb").scan(TableName="ledger")["Items"]:
        if item["sk"]["S"].startswith("W"):
            key = {name: item[name] for name in ("pk", "sk")}
            boto3.client("dynamodb").delete_item(TableName="ledger", Key=key)
    captured = dict.fromkeys(HOURS, 0)
    numbers = itertools.count(1)

    def arrive(hour):
        number = next(numbers)
        capture(hour, number, f"{number:02d}-a.jsonl", seed=number)
        captured[hour] += number

    def assert_none_counts_twice():
        for label, total in counted(ledger).items():
            assert total <= captured.get(int(label[-2:]), 0)

    for hour in HOURS:
        arrive(hour)
    analyze(live, hour=11)
    planned = {}
    for kind, hour, *rest in steps:
        if kind == "capture":
            arrive(hour)
        elif kind == "plan":
            planned[hour, rest[0]] = plan(work(hour, revision=rest[0]), None, live)
        elif (hour, rest[0]) in planned:
            run_profile(live, planned[hour, rest[0]])
            _detect_until(live, planned[hour, rest[0]], hour, *rest)
            assert_none_counts_twice()
    # Failed executions are redriven, and the next hours are analyzed.
    for (hour, revision), answer in planned.items():
        run_profile(live, answer)
        _detect_until(live, answer, hour, revision, None)
    for hour in HOURS:
        analyze(live, hour=hour)
    for hour in (14, 15):
        analyze(live, hour=hour)
    found = counted(ledger)
    assert {hour: found[f"20260310T{hour}"] for hour in HOURS} == captured


def _detect_until(aws, planned, hour, revision, killed_before):
    """Run detect; it is killed before one of its writes, unless that is None."""
    written = itertools.count()

    def die(params, **_):
        if next(written) == killed_before:
            raise KilledError

    clients = [aws.client(name) for name in ("s3", "dynamodb")]
    names = ("s3.PutObject", "s3.DeleteObject", "dynamodb.TransactWriteItems")
    for client, name in itertools.product(clients, names):
        client.meta.events.register(f"before-parameter-build.{name}", die)
    try:
        run_detect(aws, planned, hour=hour, revision=revision)
    except KilledError:
        return
    except InputError as error:
        if "start a new revision" not in str(error):
            raise
    finally:
        for client, name in itertools.product(clients, names):
            client.meta.events.unregister(f"before-parameter-build.{name}", die)


def _empty(*buckets):
    s3 = boto3.client("s3")
    for bucket in buckets:
        for item in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
            s3.delete_object(Bucket=bucket, Key=item["Key"])
