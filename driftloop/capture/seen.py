"""The event ids of one object, in eight bytes each."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RECENT = 1 << 17


class Seen:
    """A set of ids that grows by eight bytes an id beyond the first 131,072.

    Ids are told apart by Python's 64-bit hash: among ten million ids of one object two would be
    mistaken for each other about once in 370,000 objects.
    """

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._settled = False
        self._older: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def again(self, event_id: str) -> bool:
        """Whether the id was there before; from now on it is."""
        key = hash(event_id)
        if key in self._recent or (self._settled and self._is_older(key)):
            return True
        self._recent.add(key)
        if len(self._recent) >= RECENT:
            self._settle()
        return False

    def add_new(self, event_ids: Sequence[str]) -> bool:
        """Take ids of which each is there for the first time; else False, and nothing is taken."""
        keys = set(map(hash, event_ids))
        if len(keys) < len(event_ids) or not self._recent.isdisjoint(keys):
            return False
        if self._settled and any(map(self._is_older, keys)):
            return False
        self._recent |= keys
        if len(self._recent) >= RECENT:
            self._settle()
        return True

    def _is_older(self, key: int) -> bool:
        place = int(np.searchsorted(self._older, key))
        return place < len(self._older) and int(self._older[place]) == key

    def _settle(self) -> None:
        fresh = np.fromiter(self._recent, np.int64, len(self._recent))
        fresh.sort()
        # two sorted runs: the stable sort merges them in linear time
        self._older = np.sort(np.concatenate([self._older, fresh]), kind="stable")
        self._recent.clear()
        self._settled = True
