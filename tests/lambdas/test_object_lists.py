"""The objects of batches are found in stored lists, which are read only where they are needed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftloop.object_batches import CapturedObject
from lambdas.aws.object_lists import (
    ExpiredListError,
    KnownObjects,
    count_known,
    load_objects,
    store_objects,
)
from lambdas.aws.storage import Bucket

WORK = "work/late/20260310T11-r0/"
KEYS = st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=8, unique=True)


class ReadBucket(Bucket):
    """Has what is written in memory, and notes what is read."""

    def __init__(self):
        super().__init__(None, "analysis")
        self.contents = {}
        self.reads = []

    def put(self, key, data, content_type=""):
        self.contents[key] = data

    def find(self, key):
        self.reads.append(key)
        return self.contents.get(key)


@pytest.fixture
def bucket():
    return ReadBucket()


def stored(bucket, *keys, number=0):
    """The field ``objects`` of a manifest item; batches of other numbers have other sizes."""
    listed = store_objects(bucket, WORK, [CapturedObject(key, number) for key in keys])
    return {name: getattr(listed, name) for name in listed.__struct_fields__}


def inline(*keys):
    """As in a plan from before the lists."""
    return [{"key": key, "size": 1, "etag": "e", "overlap": False} for key in keys]


def test_a_list_has_its_objects_in_order_with_what_profile_needs(bucket):
    objects = [CapturedObject("b", 3), CapturedObject("a", 2, True)]
    listed = store_objects(bucket, WORK, objects)
    assert (listed.first, listed.last, listed.count, listed.bytes) == ("a", "b", 2, 5)
    assert bucket.contents == {listed.list_key: b'[["a",2,true],["b",3,false]]'}
    assert listed.list_key.startswith(f"{WORK}objects-")
    assert load_objects(bucket, {"list_key": listed.list_key}) == sorted(objects)


def test_a_plan_from_before_a_deployment_has_the_objects_themselves(bucket):
    assert [item.key for item in load_objects(bucket, inline("b", "a"))] == ["a", "b"]
    known = KnownObjects(bucket, [inline("c", "a"), stored(bucket, "b")])
    assert [known.has(key) for key in "abcd"] == [True, True, True, False]


def test_other_objects_are_another_list(bucket):
    assert stored(bucket, "a")["list_key"] != stored(bucket, "b")["list_key"]
    assert stored(bucket, "a")["list_key"] == stored(bucket, "a")["list_key"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(KEYS, max_size=6), KEYS)
def test_an_object_is_known_if_any_list_has_it(batches, asked):
    bucket = ReadBucket()
    lists = [stored(bucket, *keys, number=number) for number, keys in enumerate(batches)]
    known = KnownObjects(bucket, lists)
    expected = {key for keys in batches for key in keys}
    assert [known.has(key) for key in sorted(asked)] == [key in expected for key in sorted(asked)]
    assert len(bucket.reads) == len(set(bucket.reads))


def test_a_list_is_read_only_if_an_object_in_its_range_is_asked_for(bucket):
    lists = [stored(bucket, *keys) for keys in ("abc", "def", "ghi")]
    known = KnownObjects(bucket, lists)
    assert [known.has(key) for key in ("d", "dd", "z")] == [True, False, False]
    assert bucket.reads == [lists[1]["list_key"]]


def test_lists_are_forgotten_after_their_ranges(bucket):
    lists = [stored(bucket, f"{number:03d}a", f"{number:03d}b") for number in range(100)]
    known = KnownObjects(bucket, lists)
    assert all(known.has(f"{number:03d}{name}") for number in range(100) for name in "ab")
    assert len(known._read) == 1


def test_objects_are_counted_by_their_batch_in_one_reading(bucket):
    lists = [stored(bucket, "a", "b"), stored(bucket, "c", "d")]
    batches = {
        name: [CapturedObject(key, 1) for key in keys]
        for name, keys in {"none": "x", "part": "cy", "all": "ad"}.items()
    }
    counts = count_known(batches, KnownObjects(bucket, lists))
    assert [counts[name] for name in batches] == [0, 1, 2]
    assert len(bucket.reads) == 2


def test_a_list_that_has_expired_is_an_error_with_what_to_do(bucket):
    listed = stored(bucket, "a")
    bucket.contents.clear()
    with pytest.raises(ExpiredListError, match="has expired: start the analysis with a new"):
        load_objects(bucket, listed)
    with pytest.raises(ExpiredListError):
        KnownObjects(bucket, [listed]).has("a")
