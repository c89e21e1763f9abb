"""The event ids of one object, in eight bytes each."""

import numpy as np

from driftloop.capture.hashes import Hashes, id_hash

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
