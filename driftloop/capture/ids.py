"""Event ids of many records, hashed as they stand in the text, and strings only when looked at."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import overload

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.hashes import LONGEST, Hashes, hash_ids, hashes_of


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

    def taken(self, places: NDArray[np.intp]) -> "EventIds":
        """Those at some places."""
        return EventIds(self.hashes[places], [_Taken(self, places)])

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
