"""Captured objects are split into batches while they are listed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftloop import object_batches
from driftloop.errors import InputError
from driftloop.object_batches import Batches, CapturedObject, SingleBatch
from driftloop.window import Window, parse_time

WINDOW = Window(parse_time("2026-03-10T11:00:00Z"), parse_time("2026-03-10T12:00:00Z"))
SIZES = st.lists(st.integers(0, 1000), max_size=40)


def listed(sizes, hour=0):
    return [CapturedObject(f"{hour}/{number:05d}", size) for number, size in enumerate(sizes)]


def split(*hours):
    """The batches of each hour, joined: what is left of an hour is in a batch with the next one."""
    joined = Batches(list)
    for items in hours:
        batches = Batches(list)
        for item in items:
            batches.add(item)
        joined.extend(batches)
    return joined.finish()


@given(SIZES, SIZES, st.integers(1, 2000), st.integers(1, 10))
@example([3, 0, 0], [], 1, 2)
@example([3, 0, 0], [5], 2000, 2)
def test_batches_contain_every_object_once_within_the_limits(first, second, size, most):
    hours = [listed(first), listed(second, hour=1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(object_batches, "MAX_BATCH_BYTES", size)
        patch.setattr(object_batches, "MAX_BATCH_OBJECTS", most)
        batches = split(*hours)
    assert sorted(item for batch in batches for item in batch) == [*hours[0], *hours[1]]
    assert all(1 <= len(batch) <= most for batch in batches)
    assert all(sum(i.size for i in batch) <= size for batch in batches if len(batch) > 1)
    # Two batches that follow each other in an hour exceed a limit together.
    total = sum(item.size for items in hours for item in items)
    count = len(first) + len(second)
    assert len(batches) <= 2 * (total // size + count // most + 2)


def test_few_objects_of_many_hours_are_one_batch():
    assert split(*(listed([10], hour) for hour in range(25))) == [
        [CapturedObject(f"{hour}/00000", 10) for hour in range(25)]
    ]


def test_a_full_batch_is_stored_before_the_listing_ends(monkeypatch):
    monkeypatch.setattr(object_batches, "MAX_BATCH_OBJECTS", 2)
    stored: list[list[CapturedObject]] = []
    batches = Batches(stored.append)
    for item in listed([1] * 5):
        batches.add(item)
    assert [len(batch) for batch in stored] == [2, 2]


def test_more_objects_than_one_function_can_read_are_an_error_with_a_remedy(monkeypatch):
    monkeypatch.setattr(object_batches, "MAX_SINGLE_BATCH_BYTES", 30)
    monkeypatch.setattr(object_batches, "MAX_SINGLE_BATCH_OBJECTS", 3)
    batch = SingleBatch(list, WINDOW)
    for item in listed([10, 10]):
        batch.add(item)
    last = SingleBatch(list, WINDOW)
    last.add(CapturedObject("1/00000", 10))
    batch.extend(last)
    too_many = CapturedObject("z", 0)
    with pytest.raises(InputError, match=r"20260310T11 has more captured files.*Lower"):
        batch.add(too_many)
    monkeypatch.setattr(object_batches, "MAX_SINGLE_BATCH_OBJECTS", 4)
    with pytest.raises(InputError, match="window_hours"):
        batch.add(CapturedObject("z", 1))
    batch.add(too_many)
    [single] = batch.finish()
    assert [item.key for item in single] == ["0/00000", "0/00001", "1/00000", "z"]


def test_one_object_that_is_too_large_is_an_error(monkeypatch):
    monkeypatch.setattr(object_batches, "MAX_SINGLE_BATCH_BYTES", 29)
    with pytest.raises(InputError, match="window_hours"):
        SingleBatch(list, WINDOW).add(CapturedObject("a", 30))
