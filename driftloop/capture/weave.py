"""One column made of two, each of which holds some of its rows."""

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.batch import CategoricalColumn, Column, NumericColumn


def woven(here: NDArray[np.bool_], first: Column, second: Column) -> Column:
    """Rows where ``here`` holds are the first's in their order, the others the second's."""
    if isinstance(first, NumericColumn) and isinstance(second, NumericColumn):
        values = np.empty(len(here))
        values[here], values[~here] = first.values, second.values
        return NumericColumn(values, _woven_wrong(here, first, second))
    if isinstance(first, CategoricalColumn) and isinstance(second, CategoricalColumn):
        levels = tuple(sorted({*first.levels, *second.levels}))
        codes = np.empty(len(here), dtype=np.int32)
        codes[here], codes[~here] = _recoded(first, levels), _recoded(second, levels)
        return CategoricalColumn(codes, levels)
    raise TypeError("a numeric and a categorical column are no parts of one column")


def _woven_wrong(
    here: NDArray[np.bool_], first: NumericColumn, second: NumericColumn
) -> NDArray[np.bool_] | None:
    if first.wrong is None and second.wrong is None:
        return None
    wrong = np.zeros(len(here), dtype=np.bool_)
    for rows, column in ((here, first), (~here, second)):
        if column.wrong is not None:
            wrong[rows] = column.wrong
    return wrong


def _recoded(column: CategoricalColumn, levels: tuple[str, ...]) -> NDArray[np.int32]:
    position = {level: code for code, level in enumerate(levels)}
    table = np.array([*(position[level] for level in column.levels), -1], dtype=np.int32)
    return table[column.codes]
