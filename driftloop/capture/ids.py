"""Event ids of many records, hashed as they stand in the text, and strings only when looked at."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import overload

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.hashes import LONGEST, Hashes, hashes_of, id_hashes


def cut(text: str, size: int) -> list[str]:
    """The text in pieces of so many letters."""
    return [text[start : start + size] for start in range(0, len(text), size)]


class _Uncut:
    """Ids of one length, cut when they are asked for."""

    def __init__(self, letters: bytes, size: int) -> None:
        self._letters = letters
        self._size = size

    def __iter__(self) -> Iterator[str]:
        return iter(cut(self._letters.decode("ascii"), self._size))


class _Taken:
    """Some of other ids, looked up when they are asked for."""

    def __init__(self, ids: "Ids", places: NDArray[np.intp]) -> None:
        self._ids = ids
        self._places = places

    def __iter__(self) -> Iterator[str]:
        return (self._ids[place] for place in self._places.tolist())


class Ids(Sequence[str]):
    """Ids in their order, equal to a list of the same; ``hashes`` uint64[n] are theirs."""

    def __init__(self, hashes: Hashes, parts: Sequence[Iterable[str]]) -> None:
        self.hashes = hashes
        self._parts = parts

    @classmethod
    def of(cls, ids: Sequence[str]) -> "Ids":
        """Ids of any kind."""
        return ids if isinstance(ids, cls) else cls(id_hashes(ids), [ids])

    @classmethod
    def alike(cls, letters: bytes, size: int) -> "Ids":
        """Ids of ``size`` ASCII letters each, none of which is NUL, one after the other."""
        if size > LONGEST:
            return cls.of(cut(letters.decode("ascii"), size))
        return cls(hashes_of(np.frombuffer(letters, dtype=f"S{size}")), [_Uncut(letters, size)])

    @classmethod
    def joined(cls, many: Sequence["Ids"]) -> "Ids":
        """All of some, in their order."""
        hashes = np.concatenate([np.empty(0, dtype=np.uint64), *(ids.hashes for ids in many)])
        return cls(hashes, [part for ids in many for part in ids._parts])

    def taken(self, places: NDArray[np.intp]) -> "Ids":
        """Those at some places."""
        return Ids(self.hashes[places], [_Taken(self, places)])

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
