"""Columns of rows some of which are plain, and were read together, and some were not."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.batch import CategoricalColumn, Column, NumericColumn, to_column
from driftloop.capture.columns import ColumnBuilder
from driftloop.capture.rows import Row
from driftloop.capture.text import CellOffsets
from driftloop.schema import Feature


class MergedColumns:
    """Columns in the making, of rows in the order in which they are added."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._features = features
        self._plain = ColumnBuilder(features)
        self._others: list[Row] = []
        self._lengths: list[int] = []
        self._are_plain: list[bool] = []

    def add_plain(self, cells: CellOffsets) -> None:
        """Take the next rows, which are plain."""
        self._plain.add(cells)
        self._grow(cells.start.shape[1], plain=True)

    def add(self, rows: Sequence[Row]) -> None:
        """Take the next rows, as cells of any kind."""
        self._others.extend(rows)
        self._grow(len(rows), plain=False)

    def columns(self) -> dict[str, Column]:
        """All rows, column by column."""
        plain = self._plain.columns()
        if all(self._are_plain):
            return plain
        cells = zip(*self._others, strict=True) if self._others else [()] * len(self._features)
        others = {f.name: to_column(f, c) for f, c in zip(self._features, cells, strict=True)}
        if not any(self._are_plain):
            return others
        here = np.repeat(self._are_plain, self._lengths)
        return {name: merge_columns(here, plain[name], others[name]) for name in plain}

    def _grow(self, count: int, *, plain: bool) -> None:
        if count:
            self._lengths.append(count)
            self._are_plain.append(plain)


def merge_columns(here: NDArray[np.bool_], first: Column, second: Column) -> Column:
    """Rows where ``here`` holds are the first's in their order, the others the second's."""
    if isinstance(first, NumericColumn) and isinstance(second, NumericColumn):
        values = np.empty(len(here))
        values[here], values[~here] = first.values, second.values
        return NumericColumn(values, _woven_wrong(here, first, second))
    if isinstance(first, CategoricalColumn) and isinstance(second, CategoricalColumn):
        categories = tuple(sorted({*first.categories, *second.categories}))
        codes = np.empty(len(here), dtype=np.int32)
        codes[here], codes[~here] = _recoded(first, categories), _recoded(second, categories)
        return CategoricalColumn(codes, categories)
    raise TypeError("a numeric and a categorical column are no parts of one column")


def _woven_wrong(
    here: NDArray[np.bool_], first: NumericColumn, second: NumericColumn
) -> NDArray[np.bool_] | None:
    if first.invalid is None and second.invalid is None:
        return None
    wrong = np.zeros(len(here), dtype=np.bool_)
    for rows, column in ((here, first), (~here, second)):
        if column.invalid is not None:
            wrong[rows] = column.invalid
    return wrong


def _recoded(column: CategoricalColumn, categories: tuple[str, ...]) -> NDArray[np.int32]:
    position = {category: code for code, category in enumerate(categories)}
    table = np.array([*(position[category] for category in column.categories), -1], dtype=np.int32)
    return table[column.codes]
