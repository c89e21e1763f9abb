"""With an entity, a window is read as one batch, and each entity counts once in it."""

import pytest

from driftloop import object_batches
from driftloop.errors import InputError
from lambdas.plan.handler import handle as plan
from tests.lambdas.analysis import (
    HOUR,
    analyze,
    listed,
    manifest,
    metrics,
    objects_of,
    read,
    report,
    work,
)
from tests.lambdas.captures import records, write_capture


@pytest.fixture
def by_user(live, fleet_of):
    live._environ["FLEET_KEY"] = fleet_of(entity="attribute:user")
    return live


def of_users(hour=HOUR, users=150, **how):
    """Records of ``users``, who take turns."""
    lines = records(hour, **how)
    for number, line in enumerate(lines):
        line["eventMetadata"]["customAttributes"] = [f"user={number % users}"]
    return lines


def test_each_user_counts_once_in_a_window_however_many_files_it_has(by_user, monkeypatch):
    monkeypatch.setattr(object_batches, "MAX_BATCH_BYTES", 10_000)
    monkeypatch.setattr(object_batches, "MAX_BATCH_OBJECTS", 1)
    write_capture(HOUR, of_users(seed=1))
    write_capture(HOUR, of_users(seed=2), name="20-00-000-b.jsonl")
    planned = analyze(by_user)

    assert planned["batches"] == 1
    assert report().counts.records == 150
    assert report().counts.lines_skipped == {"repeated_entity": 450}
    published = metrics()
    assert published["RecordsAnalyzed"][0][0] == 150
    assert published["RequestsCaptured"][0][0] == 600


def test_a_window_of_repeated_users_delivered_twice_has_the_same_bytes(by_user):
    write_capture(HOUR, of_users())
    write_capture(HOUR, b"garbage\n", name="20-00-000-g.jsonl")
    analyze(by_user)
    before = {key: read(key) for key in listed("")}
    analyze(by_user)
    assert {key: read(key) for key in listed("")} == before
    assert sum(report().counts.lines_rejected.values()) == 1
    [quarantined] = listed("quarantine/")
    assert len(read(quarantined).splitlines()) == 1


def test_a_file_of_the_hour_before_counts_for_the_users_of_the_window(by_user):
    name = "2026-03-10T10"
    earlier = of_users(name) + of_users(HOUR, seed=2, minute=5)
    write_capture(name, earlier, name="59-30-000-a.jsonl")
    write_capture(HOUR, of_users(seed=3, minute=10))
    analyze(by_user)
    assert report().counts.records == 150


def test_late_files_of_a_window_are_one_batch_too(by_user):
    plan(work(11), None, by_user)
    for number in range(3):
        write_capture(HOUR, of_users(seed=number), name=f"{number}0-00-000-l.jsonl")
    planned = plan(work(12), None, by_user)
    late = [item for item in manifest(planned) if item["purpose"] == "late"]
    assert [(item["label"], len(objects_of(item))) for item in late] == [("20260310T11", 3)]


def test_a_window_that_is_too_large_for_one_batch_is_an_error(by_user, monkeypatch):
    monkeypatch.setattr(object_batches, "MAX_SINGLE_BATCH_BYTES", 1000)
    write_capture(HOUR, of_users())
    with pytest.raises(InputError, match=r"with `entity` they are read together"):
        plan(work(), None, by_user)


def test_a_feature_may_be_the_entity(live, fleet_of):
    live._environ["FLEET_KEY"] = fleet_of(entity="carrier", monitoring={"min_records": 1})
    write_capture(HOUR, records(HOUR))
    analyze(live)
    assert report().counts.records == 3
