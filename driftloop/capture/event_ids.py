"""Event ids of many records: hashed in bulk, decoded to strings only when they are read.

A hash is the same in every process and for one id or many, so that profiles of different batches
agree on it.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from hashlib import blake2b
from itertools import chain
from typing import overload

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

MAX_HASHED_LENGTH = 64
"""Bytes of an id that is hashed directly (a UUID has 36); of a longer id, its digest is hashed."""

MAX_UNSORTED_IDS = 1 << 12
"""Ids of single requests that wait before they are sorted: sorting each by itself is slow, and
searching a few thousand is fast."""

GOLDEN_RATIO = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: SplitMix64's increment."""

_WORD_BYTES = 8
_ALL_BITS = (1 << 64) - 1
_FIRST_MIX, _SECOND_MIX, _LAST_SHIFT = (30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), 31


class EventIds(Sequence[str]):
    """A sequence of ids, equal to a list of the same ids; ``hashes`` uint64[n] are their hashes."""

    def __init__(self, hashes: Hashes, parts: Sequence[Iterable[str]]) -> None:
        self.hashes = hashes
        self._parts = parts

    @classmethod
    def from_strings(cls, ids: Sequence[str]) -> "EventIds":
        """Ids from strings of any length."""
        return ids if isinstance(ids, cls) else cls(hash_ids(ids), [ids])

    @classmethod
    def from_fixed_width(cls, byte_values: bytes, size: int) -> "EventIds":
        """Ids from ASCII bytes without NUL: ``size`` bytes each, one after the other."""
        if size > MAX_HASHED_LENGTH:
            return cls.from_strings(split_fixed_width(byte_values.decode("ascii"), size))
        return cls(
            hash_encoded_ids(np.frombuffer(byte_values, dtype=f"S{size}")),
            [_FixedWidthIds(byte_values, size)],
        )

    @classmethod
    def from_parts(cls, parts: Sequence["EventIds"]) -> "EventIds":
        """The ids of several sequences, in their order."""
        hashes = np.concatenate([np.empty(0, dtype=np.uint64), *(ids.hashes for ids in parts)])
        return cls(hashes, [part for ids in parts for part in ids._parts])

    def take(self, positions: NDArray[np.intp]) -> "EventIds":
        """The ids at some positions (``intp[k]``), in their order."""
        return EventIds(self.hashes[positions], [_SelectedIds(self, positions)])

    def __len__(self) -> int:
        return len(self.hashes)

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> list[str]: ...
    def __getitem__(self, position: int | slice) -> str | list[str]:
        return self._list[position]

    def __iter__(self) -> Iterator[str]:
        return iter(self._list)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._list == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self._list))

    def __repr__(self) -> str:
        return repr(self._list)

    @cached_property
    def _list(self) -> list[str]:
        return [*chain.from_iterable(self._parts)]


class EventIdSet:
    """A set of event ids that grows by eight bytes an id.

    It holds 64-bit hashes: in an object of ten million ids, the chance that two different ids
    have the same hash is about 1 in 370,000.
    """

    def __init__(self) -> None:
        self._unsorted: set[int] = set()
        # sorted arrays, each less than half as long as the one before it: there are few of them,
        # and a hash is merged at most as often as there are arrays
        self._sorted_runs: list[Hashes] = []

    def add(self, event_id: str) -> bool:
        """Add an id; returns whether the set had it before."""
        key = hash_id(event_id)
        if key in self._unsorted or self._contains_any(np.array([key], dtype=np.uint64)):
            return True
        self._unsorted.add(key)
        if len(self._unsorted) >= MAX_UNSORTED_IDS:
            self._sort_pending()
        return False

    def add_new(self, hashes: Hashes) -> bool:
        """Add ids by their hashes (uint64[n]) if all of them are new and distinct.

        Returns:
            Whether they were added; if not, the set is unchanged.
        """
        self._sort_pending()
        keys = np.sort(hashes)
        if np.any(keys[1:] == keys[:-1]) or self._contains_any(keys):
            return False
        self._add_run(keys)
        return True

    def _contains_any(self, keys: Hashes) -> bool:
        positions = ((run, np.searchsorted(run, keys)) for run in self._sorted_runs)
        return any(np.any(run.take(position, mode="clip") == keys) for run, position in positions)

    def _sort_pending(self) -> None:
        if self._unsorted:
            self._add_run(np.sort(np.fromiter(self._unsorted, np.uint64, len(self._unsorted))))
            self._unsorted.clear()

    def _add_run(self, keys: Hashes) -> None:
        while self._sorted_runs and len(self._sorted_runs[-1]) <= 2 * len(keys):
            keys = np.sort(np.concatenate([self._sorted_runs.pop(), keys]))
        if len(keys):
            self._sorted_runs.append(keys)


def hash_ids(ids: Sequence[str]) -> Hashes:
    """uint64[n]: a hash of each id, over its bytes in 64-bit words without padding."""
    if not len(ids):
        return np.empty(0, dtype=np.uint64)
    return hash_encoded_ids(_encode_all(ids))


def hash_encoded_ids(encoded: NDArray[np.bytes_]) -> Hashes:
    """uint64[n]: the hashes of n ids of at most ``MAX_HASHED_LENGTH`` bytes, none of them NUL."""
    width = -(-encoded.dtype.itemsize // _WORD_BYTES) * _WORD_BYTES
    words = encoded.astype(f"S{width}").view("<u8").reshape(len(encoded), width // _WORD_BYTES)
    total = np.zeros(len(encoded), dtype=np.uint64)
    for position in range(words.shape[1]):
        word = words[:, position].astype(np.uint64)
        mixed = mix(word + np.uint64((position + 1) * GOLDEN_RATIO & _ALL_BITS))
        total += np.where(word != 0, mixed, np.uint64(0))
    return total


def hash_id(event_id: str) -> int:
    """The hash of one id, as :func:`hash_ids` gives it."""
    data, total = _encode(event_id), 0
    for position, start in enumerate(range(0, len(data), _WORD_BYTES), 1):
        mixed = (
            int.from_bytes(data[start : start + _WORD_BYTES], "little") + position * GOLDEN_RATIO
            & _ALL_BITS
        )
        for shift, factor in (_FIRST_MIX, _SECOND_MIX):
            mixed = (mixed ^ (mixed >> shift)) * factor & _ALL_BITS
        total += mixed ^ (mixed >> _LAST_SHIFT)
    return total & _ALL_BITS


def mix(word: Hashes) -> Hashes:
    """The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), uint64[n]."""
    for shift, factor in (_FIRST_MIX, _SECOND_MIX):
        word = (word ^ (word >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(word ^ (word >> np.uint64(_LAST_SHIFT)), dtype=np.uint64)


def split_fixed_width(text: str, size: int) -> list[str]:
    """The text in pieces of ``size`` characters."""
    return [text[start : start + size] for start in range(0, len(text), size)]


class _FixedWidthIds:
    """Ids of one length, split when they are read."""

    def __init__(self, byte_values: bytes, size: int) -> None:
        self._byte_values = byte_values
        self._size = size

    def __iter__(self) -> Iterator[str]:
        return iter(split_fixed_width(self._byte_values.decode("ascii"), self._size))


class _SelectedIds:
    """A selection of other ids, looked up when they are read."""

    def __init__(self, ids: "EventIds", positions: NDArray[np.intp]) -> None:
        self._ids = ids
        self._positions = positions

    def __iter__(self) -> Iterator[str]:
        return (self._ids[position] for position in self._positions.tolist())


def _encode_all(ids: Sequence[str]) -> NDArray[np.bytes_]:
    """bytes[n]: the bytes of each id; ASCII ids of one length are encoded together."""
    joined_text, length = "".join(ids), len(ids[0])
    have_one_length = len(joined_text) == length * len(ids) and set(map(len, ids)) == {length}
    if (
        have_one_length
        and joined_text.isascii()
        and 0 < length <= MAX_HASHED_LENGTH
        and "\0" not in joined_text
    ):
        return np.frombuffer(joined_text.encode("ascii"), dtype=f"S{length}")
    return np.array([_encode(event_id) for event_id in ids], dtype=np.bytes_)


def _encode(event_id: str) -> bytes:
    data = event_id.encode("utf-8", "surrogatepass")
    if len(data) > MAX_HASHED_LENGTH or b"\0" in data:
        return blake2b(data, digest_size=MAX_HASHED_LENGTH // 2).hexdigest().encode()
    return data
