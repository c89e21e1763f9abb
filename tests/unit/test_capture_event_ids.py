"""The hash of an id does not depend on the ids that are hashed with it."""

import numpy as np
import pytest

from driftloop.capture.event_ids import EventIds, hash_id, hash_ids
from driftloop.profile.bottom_k_sample import record_hashes

IDS = [f"4597ce74-996f-42d3-9892-76333aa9db{i:02x}" for i in range(9)]


@pytest.mark.parametrize("neighbor", ["short", "ü" * 36, "x" * 65, "x" * 35 + "\0", ""])
def test_a_hash_does_not_depend_on_other_ids(neighbor: str) -> None:
    rows = np.zeros(len(IDS), dtype=np.int32)
    alone = record_hashes(IDS, rows)
    with_neighbor = record_hashes([*IDS, neighbor], np.append(rows, np.int32(0)))
    np.testing.assert_array_equal(alone, with_neighbor[:-1])
    assert len(set(with_neighbor.tolist())) == len(IDS) + 1


@pytest.mark.parametrize(
    "event_id", [*IDS[:2], "a", "ü" * 36, "x" * 64, "x" * 65, "a\0", "\0", "x" * 8]
)
def test_one_id_has_the_same_hash_alone_and_among_many(event_id: str) -> None:
    assert hash_id(event_id) == hash_ids([*IDS, event_id])[-1] == hash_ids([event_id])[0]


def test_fixed_width_ids_equal_a_list_of_the_ids_and_have_the_same_hashes() -> None:
    ids = EventIds.from_fixed_width("".join(IDS).encode(), 36)
    assert ids == IDS
    assert ids != IDS[:-1]
    assert [ids[3], *ids[4:6]] == IDS[3:6]
    np.testing.assert_array_equal(ids.hashes, hash_ids(IDS))
    both = EventIds.from_parts([ids, EventIds.from_strings(["one", "two"])])
    assert list(both) == [*IDS, "one", "two"]
    np.testing.assert_array_equal(both.hashes, hash_ids(list(both)))


def test_long_fixed_width_ids_have_the_same_hashes_as_strings() -> None:
    ids = ["x" * 70 + str(i) for i in range(3)]
    np.testing.assert_array_equal(
        EventIds.from_fixed_width("".join(ids).encode(), 71).hashes, hash_ids(ids)
    )


def test_ids_with_a_nul_byte_have_other_hashes_than_ids_without() -> None:
    assert len(set(hash_ids(["a", "a\0", "a\0\0", "\0a"]).tolist())) == 4
