"""Cells of many plain rows as typed columns at once.

Cells that the quick ways don't know (``1e5``, ``+5``, a word among numbers) are read one by one,
by the rules of ``values``.

Texts numbered in the order in which they come, whole arrays of cells at once.

A cell is looked up by a hash of its words in a table of one text a slot, and is found only where
its length and all its words are that text's. What is not found there (a new text, one whose slot
another one took, a long one) is looked up one by one.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.record_batch import CategoricalColumn, Column, NumericColumn
from driftloop.capture.vectorized.byte_buffer import (
    REACH,
    WORD,
    ByteBuffer,
    CellOffsets,
    Floats,
    Mask,
    Positions,
)
from driftloop.capture.vectorized.decimal_parser import parse_decimals
from driftloop.cell_dates import epoch_seconds
from driftloop.cell_values import category_key, numeric_values
from driftloop.schema import Feature, Kind

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


_SHORT = 200
"""Letters of a text whose meaning is kept from batch to batch: long ones would fill the memory."""


class ColumnBuilder:
    """Columns in the making, of rows that each have one cell per feature, without quotes."""

    def __init__(self, features: Sequence[Feature]) -> None:
        kinds = np.array([feature.kind is Kind.NUMERIC for feature in features], dtype=np.bool_)
        self._dates = np.array([feature.kind is Kind.DATE for feature in features], dtype=np.bool_)
        self._names = [feature.name for feature in features]
        self._numeric, self._words = np.flatnonzero(kinds), np.flatnonzero(~kinds)
        self._values: list[Floats] = []
        self._wrong: list[Mask | None] = []
        self._dictionary = DictionaryEncoder()
        self._numbers: list[Numbers] = []

    def add(self, cells: CellOffsets) -> None:
        """Take the next rows."""
        if len(self._numeric):
            start, end = cells.start[self._numeric], cells.end[self._numeric]
            values, wrong = _numbers(cells, start.ravel(), end.ravel())
            self._values.append(values.reshape(start.shape))
            self._wrong.append(None if wrong is None else wrong.reshape(start.shape))
        if len(self._words):
            start, end = cells.start[self._words], cells.end[self._words]
            numbers = self._dictionary.numbers(cells.text, start.ravel(), end.ravel())
            self._numbers.append(numbers.reshape(start.shape))

    def columns(self) -> dict[str, Column]:
        """All rows, column by column."""
        places = [*self._numeric.tolist(), *self._words.tolist()]
        made = dict(zip(places, [*self._number_columns(), *self._word_columns()], strict=True))
        return {name: made[place] for place, name in enumerate(self._names)}

    def _number_columns(self) -> list[Column]:
        nothing = np.empty((len(self._numeric), 0))
        values = np.concatenate([nothing, *self._values], axis=1)
        if all(wrong is None for wrong in self._wrong):
            return [NumericColumn(column) for column in values]
        blocks = zip(self._values, self._wrong, strict=True)
        marks = [np.zeros(v.shape, np.bool_) if w is None else w for v, w in blocks]
        pairs = zip(values, np.concatenate(marks, axis=1), strict=True)
        return [NumericColumn(column, wrong if wrong.any() else None) for column, wrong in pairs]

    def _word_columns(self) -> list[Column]:
        nothing = np.empty((len(self._words), 0), dtype=np.int32)
        texts = [_decoded(text) for text in self._dictionary.texts()]
        table = np.concatenate([nothing, *self._numbers], axis=1)
        pairs = zip(self._dates[self._words].tolist(), table, strict=True)
        return [_dated(column, texts) if date else _coded(column, texts) for date, column in pairs]


def _numbers(cells: CellOffsets, start: Positions, end: Positions) -> tuple[Floats, Mask | None]:
    """Numbers float64[n], NaN where missing or wrong, and what is wrong (None where nothing is)."""
    values, odd = parse_decimals(cells.text, start, end)
    places = np.flatnonzero(odd)
    if not len(places):
        return values, None
    texts = [_decoded(text) for text in cells.text.slices(start[places], end[places])]
    values[places], wrong = numeric_values(texts)
    if wrong is None:
        return values, None
    odd[places] = wrong
    return values, odd


def _coded(numbers: Numbers, texts: Sequence[str]) -> CategoricalColumn:
    """Texts by their numbers, from 1 on, as codes of sorted levels."""
    used = np.flatnonzero(np.bincount(numbers, minlength=len(texts) + 1)).tolist()
    keys = {number: _key_of(texts[number - 1]) for number in used}
    categories = tuple(sorted({key for key in keys.values() if key is not None}))
    place: dict[str | None, int] = {category: code for code, category in enumerate(categories)}
    place[None] = -1
    codes = np.full(len(texts) + 1, -1, dtype=np.int32)
    codes[used] = [place[keys[number]] for number in used]
    return CategoricalColumn(codes[numbers], categories)


def _dated(numbers: Numbers, texts: Sequence[str]) -> NumericColumn:
    """Texts by their numbers, from 1 on, as epoch seconds."""
    used, places = np.unique(numbers, return_inverse=True)
    seconds, wrong = epoch_seconds([texts[number - 1] for number in used.tolist()])
    return NumericColumn(seconds[places], None if wrong is None else wrong[places])


def _key_of(text: str) -> str | None:
    return _key(text) if len(text) <= _SHORT else category_key(text)


@lru_cache(maxsize=4096)  # batch after batch has the same few texts
def _key(text: str) -> str | None:
    return category_key(text)


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")
