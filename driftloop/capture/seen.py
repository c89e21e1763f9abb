"""The event ids of one object, in eight bytes each."""

import numpy as np

from driftloop.capture.hashes import Hashes, id_hash

MOST_SINGLE = 1 << 12
"""Ids that came one by one and wait to be sorted among the others."""


class Seen:
    """A set of ids that grows by eight bytes an id.

    Ids are told apart by a 64-bit hash: among ten million ids of one object two would be mistaken
    for each other about once in 370,000 objects.
    """

    def __init__(self) -> None:
        self._single: set[int] = set()
        # sorted, each less than half as long as the one before: there are few, and each hash is
        # moved as often as there are
        self._levels: list[Hashes] = []

    def again(self, event_id: str) -> bool:
        """Whether the id was there before; from now on it is."""
        key = id_hash(event_id)
        if key in self._single or self._holds_any(np.array([key], dtype=np.uint64)):
            return True
        self._single.add(key)
        if len(self._single) >= MOST_SINGLE:
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
        places = ((level, np.searchsorted(level, keys)) for level in self._levels)
        return any(np.any(level.take(place, mode="clip") == keys) for level, place in places)

    def _settle(self) -> None:
        if self._single:
            self._add(np.sort(np.fromiter(self._single, np.uint64, len(self._single))))
            self._single.clear()

    def _add(self, keys: Hashes) -> None:
        while self._levels and len(self._levels[-1]) <= 2 * len(keys):
            keys = np.sort(np.concatenate([self._levels.pop(), keys]))
        if len(keys):
            self._levels.append(keys)
