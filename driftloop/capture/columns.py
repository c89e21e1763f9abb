"""Many plain rows of CSV as typed columns at once.

A block of rows is cut into cells in one go, and the cells of a numeric column are decoded as one
JSON list, which msgspec does several times faster than numpy or Python read a number. JSON numbers
mean what Python's ``float`` says; cells that are none (``+5``, ``1_000``, a word) send the column's
block the exact way.
"""

import struct
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.capture.batch import CategoricalColumn, Column, NumericColumn
from driftloop.schema import Feature, Kind
from driftloop.values import category_key, numeric_values

BLOCK = 250
"""Rows that are cut at a time: enough to amortise a call, few enough for the processor's cache."""

_MISSING = dict.fromkeys(("", "nan", "NaN", "NA", "N/A", "None", "NULL"), "null")
"""Usual spellings of a missing value, as JSON writes it."""

_Floats = NDArray[np.float64]
_Marks = NDArray[np.bool_]

_decode = msgspec.json.Decoder(list[float | None]).decode


class PlainColumns:
    """Columns in the making, of rows that each have one cell per feature, without quotes."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._names = [feature.name for feature in features]
        self._parts = [_Numbers() if f.kind is Kind.NUMERIC else _Words() for f in features]
        numbers = [(at, part) for at, part in enumerate(self._parts) if isinstance(part, _Numbers)]
        # numeric columns without gaps are decoded together; one that has a gap goes alone from then
        self._together = dict(numbers)
        self._alone: dict[int, _Numbers | _Words] = {
            at: part for at, part in enumerate(self._parts) if at not in self._together
        }

    def add(self, rows: Sequence[str]) -> None:
        """Take the next rows."""
        step = len(self._names)
        for start in range(0, len(rows), BLOCK):
            cells = ",".join(rows[start : start + BLOCK]).split(",")
            self._add_together(cells, step)
            for at, part in self._alone.items():
                part.add(cells[at::step])

    def columns(self) -> dict[str, Column]:
        """All rows, column by column."""
        return {name: part.column() for name, part in zip(self._names, self._parts, strict=True)}

    def _add_together(self, cells: list[str], step: int) -> None:
        while self._together:
            numbers: list[str] = []
            for at in self._together:
                numbers += cells[at::step]
            values = _all_present(numbers)
            if values is not None:
                table = values.reshape(len(self._together), -1)
                for part, column in zip(self._together.values(), table, strict=True):
                    part.take(column)
                return
            odd = [at for at in self._together if _all_present(cells[at::step]) is None]
            self._alone |= {at: self._together.pop(at) for at in odd}


def plain_column(feature: Feature, cells: Sequence[str]) -> Column:
    """One column of cells that are texts without commas."""
    column = PlainColumns([feature])
    column.add(cells)
    return column.columns()[feature.name]


class _Numbers:
    """A numeric column in the making."""

    def __init__(self) -> None:
        self._values: list[_Floats] = []
        self._wrong: list[_Marks | None] = []

    def take(self, values: _Floats, wrong: _Marks | None = None) -> None:
        """Take the next values."""
        self._values.append(values)
        self._wrong.append(wrong)

    def add(self, cells: list[str]) -> None:
        """Take the next cells."""
        values = _json_numbers(cells)
        if values is None:
            self.take(*numeric_values(cells))
        else:
            self.take(values)

    def column(self) -> NumericColumn:
        """All cells, as numbers."""
        if not self._values:
            return NumericColumn(np.empty(0))
        return NumericColumn(np.concatenate(self._values), self._all_wrong())

    def _all_wrong(self) -> _Marks | None:
        if all(wrong is None for wrong in self._wrong):
            return None
        marks = zip(self._values, self._wrong, strict=True)
        return np.concatenate([np.zeros(len(v), np.bool_) if w is None else w for v, w in marks])


class _Words:
    """A categorical column in the making: a code for every text, then for what the texts mean."""

    def __init__(self) -> None:
        self._texts = _Numbered()
        self._codes: list[NDArray[np.int32]] = []

    def add(self, cells: Sequence[str]) -> None:
        """Take the next cells."""
        codes = map(self._texts.__getitem__, cells)
        self._codes.append(np.fromiter(codes, np.int32, len(cells)))

    def column(self) -> CategoricalColumn:
        """All cells, as codes of sorted levels."""
        keys = [category_key(text) for text in self._texts]
        levels = tuple(sorted({key for key in keys if key is not None}))
        place: dict[str | None, int] = {level: code for code, level in enumerate(levels)}
        place[None] = -1
        if not self._codes:
            return CategoricalColumn(np.empty(0, dtype=np.int32), levels)
        final = np.array([place[key] for key in keys], dtype=np.int32)
        return CategoricalColumn(final[np.concatenate(self._codes)], levels)


class _Numbered(dict[str, int]):
    """Texts numbered in the order in which they are first asked for."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


def _all_present(cells: list[str]) -> _Floats | None:
    """float64[n], None unless each cell is a JSON number.

    A cell adds an element for each comma in it, and a text, a list or an object is no number: so a
    list of n elements has one for each of n cells.
    """
    try:
        values = _decode(f"[{','.join(cells)}]")
        # a third of the time that numpy needs for a list; None, for null, is an error
        packed = struct.pack(f"{len(cells)}d", *values)
    except (ValueError, struct.error):
        return None
    # -0 is an integer to JSON, which has no sign: zero has one form
    return np.frombuffer(packed, dtype=np.float64) + 0.0


def _json_numbers(cells: list[str]) -> _Floats | None:
    """float64[n], NaN where missing; None unless each cell is a JSON number or says "missing"."""
    try:
        values = _decode(f"[{','.join([_MISSING.get(cell, cell) for cell in cells])}]")
    except ValueError:
        return None
    # None becomes NaN
    return np.array(values, dtype=np.float64) + 0.0 if len(values) == len(cells) else None
