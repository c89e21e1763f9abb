"""Many plain rows of CSV as typed columns at once: numpy's parser where it reads what we would.

``np.loadtxt`` stops at the first cell it can't read, cuts long texts and drops NULs silently, and
wants every cell filled. So cells that say "missing" are filled first, and blocks in which any of
this happens are halved until the few rows at fault are read one by one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.batch import CategoricalColumn, Column, NumericColumn, column_of
from driftloop.capture.weave import woven
from driftloop.schema import Feature, Kind
from driftloop.values import category_key

BLOCK = 2048
"""Rows that are parsed at a time: enough to amortise a call, few enough to read again."""

SMALLEST = 8
"""Rows below which a block at fault is read one by one."""

WIDTH = 32
"""Characters of a category in the fast way; longer ones are read one by one."""

_WORDS = ("NA", "null", "None", "NULL", "N/A", "NaN")
"""Spellings of a missing value that numpy's parser may not know."""

_Table = NDArray[np.void]


def plain_columns(features: Sequence[Feature], rows: Sequence[str]) -> dict[str, Column]:
    """Columns of rows that each have one cell per feature, without quotes or line ends."""
    here = np.ones(len(rows), dtype=np.bool_)
    tables: list[_Table] = []
    for start in range(0, len(rows), BLOCK):
        _parse(features, rows, start, min(start + BLOCK, len(rows)), tables, here)
    slow = _one_by_one(features, [rows[position] for position in np.flatnonzero(~here).tolist()])
    if not tables:
        return slow
    table = np.concatenate(tables)
    fast = {f.name: _column(f, table[f"f{i}"]) for i, f in enumerate(features)}
    if len(table) == len(rows):
        return fast
    return {name: woven(here, column, slow[name]) for name, column in fast.items()}


def _parse(
    features: Sequence[Feature],
    rows: Sequence[str],
    start: int,
    end: int,
    tables: list[_Table],
    here: NDArray[np.bool_],
) -> None:
    """Append the table of rows [start, end); ``here`` loses the rows that numpy can't read."""
    table = _table(features, rows[start:end])
    if table is not None:
        tables.append(table)
    elif end - start <= SMALLEST:
        here[start:end] = False
    else:
        middle = (start + end) // 2
        _parse(features, rows, start, middle, tables, here)
        _parse(features, rows, middle, end, tables, here)


def _table(features: Sequence[Feature], rows: Sequence[str]) -> _Table | None:
    text = _filled("\n".join(rows))
    if "\0" in text:
        return None
    words = f"{'S' if text.isascii() else 'U'}{WIDTH}"
    kinds = ["f8" if feature.kind is Kind.NUMERIC else words for feature in features]
    dtype = np.dtype([(f"f{position}", kind) for position, kind in enumerate(kinds)])
    try:
        table: _Table = np.loadtxt(
            text.split("\n"), dtype=dtype, delimiter=",", comments=None, ndmin=1
        )
    except ValueError:
        return None
    if len(table) != len(rows) or _is_cut(table, features, 1 if text.isascii() else 4):
        return None
    return table


def _filled(text: str) -> str:
    """The text with ``nan`` in empty cells and for words that stand for a missing value."""
    spellings = [word for word in _WORDS if word in text]
    if spellings or ",," in text or "\n," in text or ",\n" in text or "," in (text[0], text[-1]):
        text = f"\n{text}\n".replace("\n", ",\n,")
        for word in ("", *spellings):
            # twice, since neighbours share a comma
            text = text.replace(f",{word},", ",nan,").replace(f",{word},", ",nan,")
        text = text.replace(",\n,", "\n")[1:-1]
    return text


def _is_cut(table: _Table, features: Sequence[Feature], letter: int) -> bool:
    """Whether a category fills its field to the last letter (of so many bytes), so may be cut."""
    fields: Mapping[str, Any] = table.dtype.fields or {}
    ends = [
        offset + size * letter
        for position, feature in enumerate(features)
        if feature.kind is Kind.CATEGORICAL
        for offset, size in [(fields[f"f{position}"][1], WIDTH)]
    ]
    letters = table.view(np.uint8).reshape(len(table), table.dtype.itemsize)
    return any(bool(letters[:, end - letter : end].any()) for end in ends)


def _column(feature: Feature, cells: NDArray[np.generic]) -> Column:
    if feature.kind is Kind.NUMERIC:
        return NumericColumn(np.ascontiguousarray(cells, dtype=np.float64))
    values: list[bytes | str] = cells.tolist()
    keys = {value: category_key(_text(value)) for value in set(values)}
    levels = tuple(sorted({key for key in keys.values() if key is not None}))
    position: dict[str | None, int] = {level: code for code, level in enumerate(levels)}
    position[None] = -1
    code = {value: position[key] for value, key in keys.items()}
    codes = np.fromiter(map(code.__getitem__, values), np.int32, len(values))
    return CategoricalColumn(codes, levels)


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode("ascii")


def _one_by_one(features: Sequence[Feature], rows: Sequence[str]) -> dict[str, Column]:
    cells = ",".join(rows).split(",") if rows else []
    step = len(features)
    return {
        feature.name: column_of(feature, cells[position::step])
        for position, feature in enumerate(features)
    }
