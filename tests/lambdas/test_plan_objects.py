"""Which captured objects are late, and when the lists of other batches are read for it."""

import boto3
import pytest

from driftloop.contract.ledger_items import WindowCountItem
from lambdas.aws.storage import Bucket
from lambdas.detect.handler import handle as detect
from lambdas.plan import capture_listing
from lambdas.plan.handler import handle as plan
from lambdas.profile.handler import handle as profile
from tests.lambdas.analysis import HOUR, analyze, listed_in, manifest, objects_of, report, work
from tests.lambdas.captures import records, write_capture


def late_of(planned):
    """The late batches of a plan: the window's label to the names of its files."""
    return {
        item["label"]: [found["key"].rpartition("/")[2] for found in objects_of(item)]
        for item in manifest(planned)
        if item["purpose"] == "late"
    }


@pytest.fixture
def read_lists(monkeypatch):
    """The keys of the lists that are read."""
    keys = []
    find = Bucket.find

    def noted(bucket, key):
        if "/objects-" in key:
            keys.append(key)
        return find(bucket, key)

    monkeypatch.setattr(Bucket, "find", noted)
    return keys


@pytest.fixture
def late_file(live):
    """Hour 11 is analyzed, then a file of it arrives late."""
    write_capture(HOUR, records(HOUR))
    analyze(live, hour=11)
    write_capture(HOUR, records(HOUR, count=40, seed=5), name="50-00-000-late.jsonl")
    return live


def run(aws, planned, hour):
    for item in manifest(planned):
        profile(item, None, aws)
    detect({"input": work(hour), "plan": planned}, None, aws)


def test_an_object_that_is_written_again_under_its_key_is_not_late(live):
    write_capture(HOUR, records(HOUR))
    analyze(live, hour=11)
    write_capture(HOUR, records(HOUR, seed=2))
    assert late_of(plan(work(12), None, live)) == {}


def test_an_object_is_late_although_it_is_older_than_the_plan(late_file):
    """S3 dates a multipart upload by its start: neither time nor order of keys decides."""
    write_capture(HOUR, records(HOUR, count=5, seed=6), name="00-00-000-first.jsonl")
    names = ["00-00-000-first.jsonl", "50-00-000-late.jsonl"]
    assert late_of(plan(work(12), None, late_file)) == {"20260310T11": names}


def test_objects_that_were_deleted_since_their_plan_make_no_other_late(late_file):
    [item] = manifest(plan(work(11), None, late_file))
    [analyzed] = objects_of(item)
    boto3.client("s3").delete_object(Bucket="capture", Key=analyzed["key"])
    assert late_of(plan(work(12), None, late_file)) == {"20260310T11": ["50-00-000-late.jsonl"]}


def test_hours_that_are_listed_at_once_give_the_same_plan(late_file, monkeypatch):
    for hour in (9, 10, 12):
        name = f"2026-03-10T{hour:02d}"
        write_capture(name, records(name, count=3, seed=hour))
    one_by_one = plan(work(12), None, late_file)
    monkeypatch.setattr(capture_listing, "MANY_OBJECTS", 0)
    at_once = plan(work(12, revision=1), None, late_file)
    items = [manifest(planned) for planned in (one_by_one, at_once)]
    found = [[(i["label"], i["purpose"], objects_of(i)) for i in each] for each in items]
    assert found[0] == found[1]
    assert len(found[0]) == 2


def test_detect_compares_objects_only_if_others_were_counted_since_the_plan(
    late_file, ledger, read_lists
):
    slow, fast = plan(work(12), None, late_file), plan(work(13), None, late_file)
    for item in manifest(fast):
        profile(item, None, late_file)
    read_lists.clear()
    detect({"input": work(13), "plan": fast}, None, late_file)
    assert read_lists == []
    assert report(13).late_records == {"20260310T11": 40}

    run(late_file, slow, 12)
    [late] = [item for item in manifest(slow) if item["purpose"] == "late"]
    assert listed_in(late) in read_lists
    assert report(12).late_records == {}
    assert len(ledger.get(WindowCountItem, "20260310T11").late) == 1


def test_a_late_batch_that_is_delivered_again_counts_once(late_file, ledger, read_lists):
    planned = plan(work(12), None, late_file)
    for _ in range(2):
        run(late_file, planned, 12)
    assert report(12).late_records == {"20260310T11": 40}
    assert len(ledger.get(WindowCountItem, "20260310T11").late) == 1


def delete_lists(label, revision=0):
    """What the lifecycle rule does to the lists of a window a day before it does it to the plan."""
    s3 = boto3.client("s3")
    prefix = f"work/late/{label}-r{revision}/objects-"
    for item in s3.list_objects_v2(Bucket="analysis", Prefix=prefix)["Contents"]:
        s3.delete_object(Bucket="analysis", Key=item["Key"])


def test_a_window_whose_lists_have_expired_has_no_late_files(late_file):
    delete_lists("20260310T11")
    write_capture("2026-03-10T12", records("2026-03-10T12", count=3))
    planned = analyze(late_file, hour=12)
    assert late_of(planned) == {}
    assert report(12).counts.records == 3


@pytest.mark.parametrize(("is_expired", "late"), [(False, {"20260310T11": 40}), (True, {})])
def test_a_late_batch_counts_only_if_it_is_known_what_else_does(live, is_expired, late):
    """The key of the late file is in the range of those that another revision has read."""
    write_capture(HOUR, records(HOUR))
    write_capture(HOUR, records(HOUR, count=20, seed=3), name="55-00-000-b.jsonl")
    analyze(live, hour=11)
    again = plan(work(11, revision=1), None, live)
    write_capture(HOUR, records(HOUR, count=40, seed=5), name="50-00-000-late.jsonl")
    following = plan(work(12), None, live)
    for planned in (again, following):
        for item in manifest(planned):
            profile(item, None, live)
    detect({"input": work(11, revision=1), "plan": again}, None, live)
    if is_expired:
        delete_lists("20260310T11", revision=1)
    detect({"input": work(12), "plan": following}, None, live)
    assert report(12).late_records == late
