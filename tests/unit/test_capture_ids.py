"""A record's hash is its own: ids of one length, which are hashed together, hash as any other."""

import numpy as np
import pytest

from driftloop.capture.event_ids import EventIds, hash_ids, id_hash
from driftloop.profile.bottom_k_sample import record_hashes

IDS = [f"4597ce74-996f-42d3-9892-76333aa9db{i:02x}" for i in range(9)]


@pytest.mark.parametrize("neighbor", ["short", "ü" * 36, "x" * 65, "x" * 35 + "\0", ""])
def test_a_hash_does_not_depend_on_the_neighbours_ids(neighbor: str) -> None:
    rows = np.zeros(len(IDS), dtype=np.int32)
    alone = record_hashes(IDS, rows)
    among = record_hashes([*IDS, neighbor], np.append(rows, np.int32(0)))
    np.testing.assert_array_equal(alone, among[:-1])
    assert len(set(among.tolist())) == len(IDS) + 1


@pytest.mark.parametrize("one", [*IDS[:2], "a", "ü" * 36, "x" * 64, "x" * 65, "a\0", "\0", "x" * 8])
def test_one_id_hashes_as_it_does_among_many(one: str) -> None:
    assert id_hash(one) == hash_ids([*IDS, one])[-1] == hash_ids([one])[0]


def test_ids_taken_from_a_text_are_equal_to_a_list_of_them_and_hash_alike() -> None:
    taken = EventIds.from_fixed_width("".join(IDS).encode(), 36)
    assert taken == IDS
    assert taken != IDS[:-1]
    assert [taken[3], *taken[4:6]] == IDS[3:6]
    np.testing.assert_array_equal(taken.hashes, hash_ids(IDS))
    both = EventIds.joined([taken, EventIds.from_strings(["one", "two"])])
    assert list(both) == [*IDS, "one", "two"]
    np.testing.assert_array_equal(both.hashes, hash_ids(list(both)))


def test_long_ids_of_one_length_hash_as_any_other() -> None:
    ids = ["x" * 70 + str(i) for i in range(3)]
    np.testing.assert_array_equal(
        EventIds.from_fixed_width("".join(ids).encode(), 71).hashes, hash_ids(ids)
    )


def test_ids_that_end_in_nul_are_not_those_without() -> None:
    assert len(set(hash_ids(["a", "a\0", "a\0\0", "\0a"]).tolist())) == 4
