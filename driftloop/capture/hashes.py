"""A hash of an id, the same in every process: whole arrays of ids at once, or one."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

LONGEST = 64
"""Bytes of an id that is hashed as it is; of a longer one its digest is."""

GOLDEN = 0x9E3779B97F4A7C15
_WORD = 8
_ALL_BITS = (1 << 64) - 1
_FIRST, _SECOND, _LAST = (30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), 31


def hash_ids(ids: Sequence[str]) -> Hashes:
    """uint64[n]: a hash of each id's bytes in words of eight; padding, of which the longest
    neighbor decides, is out."""
    if not len(ids):
        return np.empty(0, dtype=np.uint64)
    return hashes_of(_all_encoded(ids))


def hashes_of(encoded: NDArray[np.bytes_]) -> Hashes:
    """uint64[n]: the hashes of n ids of at most ``LONGEST`` bytes, none of which is NUL."""
    width = -(-encoded.dtype.itemsize // _WORD) * _WORD
    words = encoded.astype(f"S{width}").view("<u8").reshape(len(encoded), width // _WORD)
    total = np.zeros(len(encoded), dtype=np.uint64)
    for place in range(words.shape[1]):
        word = words[:, place].astype(np.uint64)
        mixed = mix(word + np.uint64((place + 1) * GOLDEN & _ALL_BITS))
        total += np.where(word != 0, mixed, np.uint64(0))
    return total


def id_hash(one: str) -> int:
    """The hash that :func:`id_hashes` gives, of one id."""
    data, total = _encoded(one), 0
    for place, start in enumerate(range(0, len(data), _WORD), 1):
        mixed = int.from_bytes(data[start : start + _WORD], "little") + place * GOLDEN & _ALL_BITS
        for shift, factor in (_FIRST, _SECOND):
            mixed = (mixed ^ (mixed >> shift)) * factor & _ALL_BITS
        total += mixed ^ (mixed >> _LAST)
    return total & _ALL_BITS


def mix(word: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), uint64[n]."""
    for shift, factor in (_FIRST, _SECOND):
        word = (word ^ (word >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(word ^ (word >> np.uint64(_LAST)), dtype=np.uint64)


def _all_encoded(ids: Sequence[str]) -> NDArray[np.bytes_]:
    """The bytes of each id; ids that are all as long as the first and ASCII go in one piece."""
    together, length = "".join(ids), len(ids[0])
    alike = len(together) == length * len(ids) and set(map(len, ids)) == {length}
    if alike and together.isascii() and 0 < length <= LONGEST and "\0" not in together:
        return np.frombuffer(together.encode("ascii"), dtype=f"S{length}")
    return np.array([_encoded(one) for one in ids], dtype=np.bytes_)


def _encoded(one: str) -> bytes:
    data = one.encode("utf-8", "surrogatepass")
    if len(data) > LONGEST or b"\0" in data:
        return blake2b(data, digest_size=LONGEST // 2).hexdigest().encode()
    return data
