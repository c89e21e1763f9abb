"""Texts numbered in the order in which they come, whole arrays of cells at once.

A cell is looked up by a hash of its words in a table of one text a slot, and is found only where
its length and all its words are that text's. What is not found there (a new text, one whose slot
another one took, a long one) is looked up one by one.
"""

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.text import REACH, WORD, ByteBuffer, Positions

Numbers = NDArray[np.int32]

_SLOT_BITS = 15
"""Among 32,768 slots, two of a few hundred texts rarely share one; and they fit into the cache."""

_FEW = 256
"""Texts that there is room for before more is made."""

_LONGEST = WORD * REACH
_NO_SIZE = -1
_SCRAMBLE = np.uint64(0x9E3779B97F4A7C15)
_HASH_BITS = np.uint64(64 - _SLOT_BITS)


class DictionaryEncoder:
    """Numbers, from 1 on, every text that it is asked for; 0 stands in free slots."""

    def __init__(self) -> None:
        self._numbers = _Numbered()
        self._slots = np.zeros(1 << _SLOT_BITS, dtype=np.int32)
        self._sizes = np.full(_FEW, _NO_SIZE, dtype=np.int64)
        self._words = np.zeros((REACH, _FEW), dtype=np.uint64)

    def texts(self) -> list[bytes]:
        """The texts, that of number 1 first."""
        return list(self._numbers)

    def numbers(self, text: ByteBuffer, start: Positions, end: Positions) -> Numbers:
        """int32[n]: the number of each cell's text."""
        size = end - start
        word = text.word(end, size, 0)
        words = []
        mixed = word * _SCRAMBLE
        for place in range(1, REACH):
            far = np.flatnonzero(size > WORD * place)
            if not len(far):
                break
            words.append((far, text.word(end[far], size[far], place)))
            mixed[far] = (mixed[far] ^ words[-1][1]) * _SCRAMBLE
        slots = (mixed >> _HASH_BITS).view(np.int64)
        numbers = self._slots.take(slots)
        same = (self._sizes.take(numbers) == size) & (self._words[0].take(numbers) == word)
        for place, (far, part) in enumerate(words, 1):
            same[far] &= self._words[place].take(numbers[far]) == part
        if not same.all():
            odd = np.flatnonzero(~same)
            numbers[odd] = self._looked_up(text, start[odd], end[odd], slots[odd])
        return numbers

    def _looked_up(
        self, text: ByteBuffer, start: Positions, end: Positions, slots: Positions
    ) -> Numbers:
        found = map(self._numbers.__getitem__, text.slices(start, end))
        numbers = np.fromiter(found, np.int32, len(start))
        self._make_room()
        size = end - start
        self._slots[slots] = numbers
        self._sizes[numbers] = np.where(size <= _LONGEST, size, _NO_SIZE)
        for place in range(REACH):
            self._words[place, numbers] = text.word(end, size, place)
        return numbers

    def _make_room(self) -> None:
        if len(self._numbers) < len(self._sizes):
            return
        more = 2 * len(self._numbers) - len(self._sizes)
        self._sizes = np.pad(self._sizes, (0, more), constant_values=_NO_SIZE)
        self._words = np.pad(self._words, ((0, 0), (0, more)))


class _Numbered(dict[bytes, int]):
    """Texts numbered from 1 in the order in which they are first asked for."""

    def __missing__(self, text: bytes) -> int:
        number = self[text] = len(self) + 1
        return number
