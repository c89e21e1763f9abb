"""Cells of many plain rows as typed columns at once.

Cells that the quick ways don't know (``1e5``, ``+5``, a word among numbers) are read one by one,
by the rules of ``values``.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from driftloop.capture.batch import CategoricalColumn, Column, NumericColumn
from driftloop.capture.decimals import parse_decimals
from driftloop.capture.dictionary import DictionaryEncoder, Numbers
from driftloop.capture.text import CellOffsets, Floats, Mask, Positions
from driftloop.dates import epoch_seconds
from driftloop.schema import Feature, Kind
from driftloop.values import category_key, numeric_values

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
