"""Event ids of many records, hashed as they stand in the text, and strings only when looked at.

A hash of an id, the same in every process: whole arrays of ids at once, or one.

The event ids of one object, in eight bytes each.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from hashlib import blake2b
from itertools import chain
from typing import overload

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


def split_fixed_width(text: str, size: int) -> list[str]:
    """The text in pieces of so many letters."""
    return [text[start : start + size] for start in range(0, len(text), size)]


class _Uncut:
    """Ids of one length, cut when they are asked for."""

    def __init__(self, byte_values: bytes, size: int) -> None:
        self._byte_values = byte_values
        self._size = size

    def __iter__(self) -> Iterator[str]:
        return iter(split_fixed_width(self._byte_values.decode("ascii"), self._size))


class _Taken:
    """Some of other ids, looked up when they are asked for."""

    def __init__(self, ids: "EventIds", places: NDArray[np.intp]) -> None:
        self._ids = ids
        self._places = places

    def __iter__(self) -> Iterator[str]:
        return (self._ids[place] for place in self._places.tolist())


class EventIds(Sequence[str]):
    """Ids in their order, equal to a list of the same; ``hashes`` uint64[n] are theirs."""

    def __init__(self, hashes: Hashes, parts: Sequence[Iterable[str]]) -> None:
        self.hashes = hashes
        self._parts = parts

    @classmethod
    def from_strings(cls, ids: Sequence[str]) -> "EventIds":
        """Ids of any kind."""
        return ids if isinstance(ids, cls) else cls(hash_ids(ids), [ids])

    @classmethod
    def from_fixed_width(cls, byte_values: bytes, size: int) -> "EventIds":
        """Ids of ``size`` ASCII letters each, none of which is NUL, one after the other."""
        if size > LONGEST:
            return cls.from_strings(split_fixed_width(byte_values.decode("ascii"), size))
        return cls(
            hashes_of(np.frombuffer(byte_values, dtype=f"S{size}")), [_Uncut(byte_values, size)]
        )

    @classmethod
    def joined(cls, many: Sequence["EventIds"]) -> "EventIds":
        """All of some, in their order."""
        hashes = np.concatenate([np.empty(0, dtype=np.uint64), *(ids.hashes for ids in many)])
        return cls(hashes, [part for ids in many for part in ids._parts])

    def take(self, positions: NDArray[np.intp]) -> "EventIds":
        """The ids at some positions (``intp[k]``), in their order."""
        return EventIds(self.hashes[positions], [_Taken(self, positions)])

    def __len__(self) -> int:
        return len(self.hashes)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        return self._listed[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._listed == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self._listed))

    def __repr__(self) -> str:
        return repr(self._listed)

    @cached_property
    def _listed(self) -> list[str]:
        return [*chain.from_iterable(self._parts)]


MAX_SINGLE = 1 << 12
"""Ids that came one by one and wait to be sorted among the others."""


class EventIdSet:
    """A set of ids that grows by eight bytes an id.

    Ids are told apart by a 64-bit hash: among ten million ids of one object two would be mistaken
    for each other about once in 370,000 objects.
    """

    def __init__(self) -> None:
        self._single: set[int] = set()
        # sorted, each less than half as long as the one before: there are few, and each hash is
        # moved as often as there are
        self._categories: list[Hashes] = []

    def add(self, event_id: str) -> bool:
        """Whether the id was there before; from now on it is."""
        key = id_hash(event_id)
        if key in self._single or self._holds_any(np.array([key], dtype=np.uint64)):
            return True
        self._single.add(key)
        if len(self._single) >= MAX_SINGLE:
            self._settle()
        return False

    def add_new(self, hashes: Hashes) -> bool:
        """Take ids, by their hashes, of which each is there for the first time; else False.

        Where it is False nothing is taken.
        """
        self._settle()
        keys = np.sort(hashes)
        if np.any(keys[1:] == keys[:-1]) or self._holds_any(keys):
            return False
        self._add(keys)
        return True

    def _holds_any(self, keys: Hashes) -> bool:
        places = ((level, np.searchsorted(level, keys)) for level in self._categories)
        return any(np.any(level.take(place, mode="clip") == keys) for level, place in places)

    def _settle(self) -> None:
        if self._single:
            self._add(np.sort(np.fromiter(self._single, np.uint64, len(self._single))))
            self._single.clear()

    def _add(self, keys: Hashes) -> None:
        while self._categories and len(self._categories[-1]) <= 2 * len(keys):
            keys = np.sort(np.concatenate([self._categories.pop(), keys]))
        if len(keys):
            self._categories.append(keys)
