"""A record's hash is its own: ids of one length, which are hashed together, hash as any other."""

import numpy as np
import pytest

from driftloop.profile.sample import record_hashes

IDS = [f"4597ce74-996f-42d3-9892-76333aa9db{i:02x}" for i in range(9)]


@pytest.mark.parametrize("neighbour", ["short", "ü" * 36, "x" * 65, "x" * 35 + "\0", ""])
def test_a_hash_does_not_depend_on_the_neighbours_ids(neighbour: str) -> None:
    rows = np.zeros(len(IDS), dtype=np.int32)
    alone = record_hashes(IDS, rows)
    among = record_hashes([*IDS, neighbour], np.append(rows, np.int32(0)))
    np.testing.assert_array_equal(alone, among[:-1])
    assert len(set(among.tolist())) == len(IDS) + 1
