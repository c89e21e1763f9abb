"""Objects that vanish, or are garbage, or a gzip bomb: their window is analyzed nevertheless."""

import json
import resource
import zlib
from time import process_time

import boto3
import pytest
from botocore.exceptions import ClientError

from driftloop.profile import Profile
from lambdas.detect.handler import handle as detect
from lambdas.plan.handler import handle as plan
from lambdas.profile import quarantine
from lambdas.profile.handler import handle as profile
from tests.faults.s3 import refusing_s3
from tests.lambdas.analysis import HOUR, analyze, listed, manifest, objects_of, read, report, work
from tests.lambdas.captures import records, write_capture

MAX_CPU_SECONDS = 60
"""A tenth of the profile function's 600 seconds, on a machine that is busy with other tests."""
MAX_MEMORY_MIB = 600
"""What a bomb may add; the profile function has 2,048 MiB."""


def gzip_bomb(unit, size):
    """About ``size`` bytes: a gzip member of a million bytes of text, many times."""
    compressor = zlib.compressobj(9, wbits=31)
    member = compressor.compress(unit * (1_000_000 // len(unit))) + compressor.flush()
    return member * max(1, size // len(member))


def stored(prefix):
    keys = listed(prefix)
    s3 = boto3.client("s3")
    return sum(s3.head_object(Bucket="analysis", Key=key)["ContentLength"] for key in keys)


@pytest.mark.parametrize("size", [1_000, 1_000_000])
@pytest.mark.parametrize("unit", [b"x\n", b"\n", b"{}\n", b"\0"], ids=repr)
def test_a_gzip_bomb_takes_bounded_time_memory_and_disk_and_its_window_is_analyzed(
    live, unit, size
):
    write_capture(HOUR, records(HOUR))
    write_capture(HOUR, gzip_bomb(unit, size), name="20-00-000-bomb.jsonl")
    planned = plan(work(), None, live)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = process_time()
    for item in manifest(planned):
        profile(item, None, live)

    assert process_time() - start < MAX_CPU_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_MEMORY_MIB * 1024
    assert stored("quarantine/") <= quarantine.MAX_OBJECT_BYTES + 1000
    detect({"input": work(), "plan": planned}, None, live)
    assert report().counts.lines_used == 300


def test_lines_beyond_the_limit_of_an_object_are_counted_and_not_stored(live):
    write_capture(HOUR, records(HOUR) + ["x"] * 5000)
    analyze(live)
    [key] = listed("quarantine/")
    *entries, last = [json.loads(line) for line in read(key).splitlines()]
    assert len(entries) == quarantine.MAX_OBJECT_LINES
    assert last["omitted_lines"] == 4000
    assert sum(report().counts.lines_rejected.values()) == 5000


def test_lines_beyond_the_limit_of_a_window_are_counted_and_not_stored(live, monkeypatch):
    monkeypatch.setattr(quarantine, "MAX_WINDOW_LINES", 5)
    for number in range(4):
        write_capture(HOUR, b"garbage\n" * (2 + number), name=f"0{number}-00-000-g.jsonl")
    analyze(live)
    entries = [json.loads(line) for key in listed("quarantine/") for line in read(key).splitlines()]
    assert sum("raw" in entry for entry in entries) == 5
    assert sum(report().counts.lines_rejected.values()) == 2 + 3 + 4 + 5


def test_a_long_rejected_line_is_cut(live):
    write_capture(HOUR, b"x" * 3_000_000 + b"\n")
    analyze(live)
    [key] = listed("quarantine/")
    [entry] = [json.loads(line) for line in read(key).splitlines()]
    assert entry["length"] == 3_000_000
    assert stored("quarantine/") < 2 * quarantine.MAX_LINE_BYTES


def test_the_window_of_an_object_that_was_deleted_is_analyzed_and_the_loss_is_in_its_report(live):
    write_capture(HOUR, records(HOUR))
    key = write_capture(HOUR, records(HOUR, seed=2), name="20-00-000-b.jsonl")
    planned = plan(work(), None, live)
    boto3.client("s3").delete_object(Bucket="capture", Key=key)
    for item in manifest(planned):
        profile(item, None, live)
    detect({"input": work(), "plan": planned}, None, live)

    assert report().counts.lines_used == 300
    assert report().counts.lines_rejected == {"object_lost": 1}
    [stored_lines] = listed("quarantine/")
    assert json.loads(read(stored_lines))["object"] == key


def test_a_retry_after_a_garbage_object_was_deleted_analyzes_the_window(live, monkeypatch):
    """The object stopped the function; a person deletes it and redrives the execution."""
    write_capture(HOUR, records(HOUR))
    key = write_capture(HOUR, b"garbage\n", name="20-00-000-g.jsonl")
    [item] = manifest(plan(work(), None, live))
    with monkeypatch.context() as patch:
        patch.setattr(quarantine.Quarantine, "add", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            profile(item, None, live)
    boto3.client("s3").delete_object(Bucket="capture", Key=key)
    analyze(live)
    assert report().counts.lines_used == 300
    assert report().counts.lines_rejected == {"object_lost": 1}

    analyze(live, revision=1)
    assert report(revision=1).counts.lines_rejected == {}


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDenied", 403),
        ("InvalidObjectState", 403),
        ("InvalidRequest", 400),
        ("KMS.DisabledException", 400),
    ],
)
def test_an_object_that_s3_refuses_to_return_is_lost_also_where_another_has_its_size(
    live, code, status
):
    write_capture(HOUR, records(HOUR))
    key = write_capture(HOUR, records(HOUR, seed=2), name="20-00-000-b.jsonl")
    [item] = manifest(plan(work(), None, live))
    sizes = {listed["size"] for listed in objects_of(item)}
    item["objects"] = [{**listed, "size": max(sizes)} for listed in objects_of(item)]
    profile(item, None, refusing_s3(live, key, code, status))
    detect({"input": work(), "plan": plan(work(), None, live)}, None, live)
    assert report().counts.lines_used == 300
    assert report().counts.lines_rejected == {"object_lost": 1}


def test_a_refusal_that_concerns_the_whole_bucket_fails_the_batch(live):
    key = write_capture(HOUR, records(HOUR))
    [item] = manifest(plan(work(), None, live))
    with pytest.raises(ClientError):
        profile(item, None, refusing_s3(live, key, "NoSuchBucket", 404))


def test_an_object_of_the_hour_before_that_is_lost_is_lost_for_this_window_too(live):
    key = write_capture("2026-03-10T10", records(HOUR), name="59-30-000-a.jsonl")
    planned = plan(work(), None, live)
    boto3.client("s3").delete_object(Bucket="capture", Key=key)
    [item] = [item for item in manifest(planned) if item["purpose"] == "window"]
    profile(item, None, live)
    counts = Profile.from_bytes(read(item["output"])).line_counts
    assert counts.rejected == {"object_lost": 1}
