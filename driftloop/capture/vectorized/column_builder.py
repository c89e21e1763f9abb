"""Columns of the cells of many simple rows, built for all rows at once.

Numbers that are not in decimal notation (``1e5``, ``+5``, text among numbers) are read one by one,
by the rules of ``cell_values``.

Texts are encoded as integers, in the order in which they first occur. A cell is looked up by a hash
of its 64-bit words in a table of one text per slot, and is known only if its length and all its
words equal that text's. All other texts (new, long, or with a slot that another text holds) are
looked up one by one.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.record_batch import CategoricalColumn, Column, NumericColumn
from driftloop.capture.vectorized.byte_buffer import (
    MAX_CELL_WORDS,
    WORD_BYTES,
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

TextIds = NDArray[np.int32]

_SLOT_BITS = 15
"""Bits of a slot number. Among 32,768 slots, two of a few hundred texts rarely share one, and the
table fits into the CPU cache."""

_INITIAL_TEXTS = 256
"""Capacity of the tables, in texts, before they grow."""

_MAX_CACHED_LENGTH = 200
"""Characters of a text whose canonical key is cached between batches; long texts would fill the
memory, and rarely occur again."""

_MAX_SLOT_LENGTH = WORD_BYTES * MAX_CELL_WORDS
_NO_SIZE = -1
_HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_HASH_SHIFT = np.uint64(64 - _SLOT_BITS)


class ColumnBuilder:
    """Builds columns of rows of cells without quotes.

    ``positions`` of the features among the cells of a row are 0, 1, … by default.
    """

    def __init__(self, features: Sequence[Feature], positions: Sequence[int] | None = None) -> None:
        numeric = np.array([feature.kind is Kind.NUMERIC for feature in features], dtype=np.bool_)
        self._is_date = np.array(
            [feature.kind is Kind.DATE for feature in features], dtype=np.bool_
        )
        self._names = [feature.name for feature in features]
        self._missing_texts = [feature.missing_texts for feature in features]
        self._numeric, self._text = np.flatnonzero(numeric), np.flatnonzero(~numeric)
        cells = (
            np.arange(len(features)) if positions is None else np.array(positions, dtype=np.intp)
        )
        self._numeric_cells, self._text_cells = cells[self._numeric], cells[self._text]
        self._values: list[Floats] = []
        self._invalid: list[Mask | None] = []
        self._dictionary = DictionaryEncoder()
        self._text_ids: list[TextIds] = []

    def add(self, cells: CellOffsets) -> None:
        """Add the next rows."""
        if len(self._numeric):
            start, end = cells.start[self._numeric_cells], cells.end[self._numeric_cells]
            values, invalid = _read_numbers(cells, start.ravel(), end.ravel())
            self._values.append(values.reshape(start.shape))
            self._invalid.append(None if invalid is None else invalid.reshape(start.shape))
        if len(self._text):
            start, end = cells.start[self._text_cells], cells.end[self._text_cells]
            text_ids = self._dictionary.encode(cells.buffer, start.ravel(), end.ravel())
            self._text_ids.append(text_ids.reshape(start.shape))

    def columns(self) -> dict[str, Column]:
        """All rows by column name."""
        positions = [*self._numeric.tolist(), *self._text.tolist()]
        columns = [*self._numeric_columns(), *self._text_columns()]
        by_position = dict(zip(positions, columns, strict=True))
        return {name: by_position[position] for position, name in enumerate(self._names)}

    def _numeric_columns(self) -> list[Column]:
        no_rows = np.empty((len(self._numeric), 0))
        values = np.concatenate([no_rows, *self._values], axis=1)
        if all(invalid is None for invalid in self._invalid):
            return [NumericColumn(column) for column in values]
        blocks = zip(self._values, self._invalid, strict=True)
        masks = [np.zeros(v.shape, np.bool_) if i is None else i for v, i in blocks]
        pairs = zip(values, np.concatenate(masks, axis=1), strict=True)
        return [NumericColumn(column, mask if mask.any() else None) for column, mask in pairs]

    def _text_columns(self) -> list[Column]:
        no_rows = np.empty((len(self._text), 0), dtype=np.int32)
        texts = [_decode(text) for text in self._dictionary.texts()]
        text_ids = np.concatenate([no_rows, *self._text_ids], axis=1)
        return [
            _to_dates(column, texts)
            if self._is_date[position]
            else _to_categories(column, texts, self._missing_texts[position])
            for position, column in zip(self._text.tolist(), text_ids, strict=True)
        ]


class DictionaryEncoder:
    """Gives every distinct text an id, from 1 on; 0 marks free slots."""

    def __init__(self) -> None:
        self._ids = _IdByText()
        self._slots = np.zeros(1 << _SLOT_BITS, dtype=np.int32)
        self._sizes = np.full(_INITIAL_TEXTS, _NO_SIZE, dtype=np.int64)
        self._words = np.zeros((MAX_CELL_WORDS, _INITIAL_TEXTS), dtype=np.uint64)

    def texts(self) -> list[bytes]:
        """The texts by id, from id 1 on."""
        return list(self._ids)

    def encode(self, buffer: ByteBuffer, start: Positions, end: Positions) -> TextIds:
        """int32[n]: the id of each cell's text."""
        size = end - start
        last_word = buffer.read_words(end, size, 0)
        other_words = []
        hashes = last_word * _HASH_MULTIPLIER
        for index in range(1, MAX_CELL_WORDS):
            longer = np.flatnonzero(size > WORD_BYTES * index)
            if not len(longer):
                break
            other_words.append((longer, buffer.read_words(end[longer], size[longer], index)))
            hashes[longer] = (hashes[longer] ^ other_words[-1][1]) * _HASH_MULTIPLIER
        slots = (hashes >> _HASH_SHIFT).view(np.int64)
        ids = self._slots.take(slots)
        is_known = (self._sizes.take(ids) == size) & (self._words[0].take(ids) == last_word)
        for index, (longer, word) in enumerate(other_words, 1):
            is_known[longer] &= self._words[index].take(ids[longer]) == word
        if not is_known.all():
            unknown = np.flatnonzero(~is_known)
            ids[unknown] = self._look_up(buffer, start[unknown], end[unknown], slots[unknown])
        return ids

    def _look_up(
        self, buffer: ByteBuffer, start: Positions, end: Positions, slots: Positions
    ) -> TextIds:
        found = map(self._ids.__getitem__, buffer.slices(start, end))
        ids = np.fromiter(found, np.int32, len(start))
        self._grow()
        size = end - start
        self._slots[slots] = ids
        self._sizes[ids] = np.where(size <= _MAX_SLOT_LENGTH, size, _NO_SIZE)
        for index in range(MAX_CELL_WORDS):
            self._words[index, ids] = buffer.read_words(end, size, index)
        return ids

    def _grow(self) -> None:
        if len(self._ids) < len(self._sizes):
            return
        added = 2 * len(self._ids) - len(self._sizes)
        self._sizes = np.pad(self._sizes, (0, added), constant_values=_NO_SIZE)
        self._words = np.pad(self._words, ((0, 0), (0, added)))


class _IdByText(dict[bytes, int]):
    """The id of each text; a new text gets the next one."""

    def __missing__(self, text: bytes) -> int:
        text_id = self[text] = len(self) + 1
        return text_id


def _read_numbers(
    cells: CellOffsets, start: Positions, end: Positions
) -> tuple[Floats, Mask | None]:
    """Numbers float64[n], NaN for missing and invalid cells, and bool[n]: the invalid ones.

    The mask is None if no cell is invalid.
    """
    values, undecided = parse_decimals(cells.buffer, start, end)
    positions = np.flatnonzero(undecided)
    if not len(positions):
        return values, None
    texts = [_decode(text) for text in cells.buffer.slices(start[positions], end[positions])]
    values[positions], invalid = numeric_values(texts)
    if invalid is None:
        return values, None
    undecided[positions] = invalid
    return values, undecided


def _to_categories(
    text_ids: TextIds, texts: Sequence[str], missing_texts: frozenset[str]
) -> CategoricalColumn:
    """Text ids, int32[n], as codes of sorted categories."""
    used = np.flatnonzero(np.bincount(text_ids, minlength=len(texts) + 1)).tolist()
    keys = {text_id: _canonical_key(texts[text_id - 1], missing_texts) for text_id in used}
    categories = tuple(sorted({key for key in keys.values() if key is not None}))
    code_by_category: dict[str | None, int] = {
        category: code for code, category in enumerate(categories)
    }
    code_by_category[None] = -1
    codes = np.full(len(texts) + 1, -1, dtype=np.int32)
    codes[used] = [code_by_category[keys[text_id]] for text_id in used]
    return CategoricalColumn(codes[text_ids], categories)


def _to_dates(text_ids: TextIds, texts: Sequence[str]) -> NumericColumn:
    """Text ids, int32[n], as epoch seconds."""
    used, positions = np.unique(text_ids, return_inverse=True)
    seconds, invalid = epoch_seconds([texts[text_id - 1] for text_id in used.tolist()])
    return NumericColumn(seconds[positions], None if invalid is None else invalid[positions])


def _canonical_key(text: str, missing_texts: frozenset[str]) -> str | None:
    """The key of a CSV cell; blanks after a separator are no part of it, as in ``csv_text``."""
    text = text.lstrip(" ")
    if len(text) > _MAX_CACHED_LENGTH:
        return category_key(text, keep_blanks=True, missing_texts=missing_texts)
    return _cached_key(text, missing_texts)


@lru_cache(maxsize=4096)  # batch after batch has the same few texts
def _cached_key(text: str, missing_texts: frozenset[str]) -> str | None:
    return category_key(text, keep_blanks=True, missing_texts=missing_texts)


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")
