"""Blocks of plain rows give what their cells give one by one, whatever stands in a few of them."""

import subprocess
import sys

import numpy as np
import pytest

from driftloop.capture import CategoricalColumn, Column, NumericColumn
from driftloop.capture.record_batch import to_column
from driftloop.capture.vectorized.byte_buffer import CellOffsets
from driftloop.capture.vectorized.column_builder import ColumnBuilder
from driftloop.schema import Feature, Kind

BLOCK = 250

FEATURES = [
    Feature("a", Kind.NUMERIC),
    Feature("b", Kind.CATEGORICAL),
    Feature("c", Kind.NUMERIC),
    Feature("d", Kind.CATEGORICAL),
]


def cell_by_cell(rows: list[str]) -> dict[str, Column]:
    table = [row.split(",") for row in rows]
    columns = zip(*table, strict=True)
    return {f.name: to_column(f, list(column)) for f, column in zip(FEATURES, columns, strict=True)}


def read_at_once(rows: list[str]) -> dict[str, Column]:
    columns = ColumnBuilder(FEATURES)
    cells = CellOffsets.from_rows(rows, len(FEATURES))
    assert cells is not None
    columns.add(cells)
    return columns.columns()


def assert_same(left: Column, right: Column) -> None:
    if isinstance(left, NumericColumn) and isinstance(right, NumericColumn):
        np.testing.assert_array_equal(left.values, right.values)
        marks = [np.zeros(len(c)) if c.invalid is None else c.invalid for c in (left, right)]
        np.testing.assert_array_equal(marks[0], marks[1])
    else:
        assert isinstance(left, CategoricalColumn)
        assert isinstance(right, CategoricalColumn)
        assert left.categories == right.categories
        np.testing.assert_array_equal(left.codes, right.codes)


def ordinary(count: int) -> list[str]:
    rng = np.random.default_rng(0)
    return [f"{rng.normal():.6g},{rng.choice(['x', 'y'])},{i},1.0" for i in range(count)]


@pytest.mark.parametrize(
    "odd",
    [
        "no number,x,1,y",
        ",,,",
        ",x,,",
        "1,,2,",
        "NA,NA,null,None",
        "n/a,<na>,nan,NaN",
        "true,True,FALSE,false",
        "1,München,2,naïve",
        "١,x,1,y",
        f"1,{'x' * 32},2,{'y' * 31}",
        f"1,{'x' * 41}1,2,z",
        "1,nul\0,2,\0",
        " 1 , x , 2, y ",
        "1_0,a_b,2,#",
        "inf,inf,-Infinity,-inf",
        "[1,x,2],y",
        "-0,-0,12345678901234567890123,1e16",
        "9007199254740993,a,18446744073709551617,b",
        '{"a":1},x,null,y',
        "0x1f,0x1f,1d3,1e999",
    ],
)
def test_an_odd_row_among_ordinary_ones_changes_only_itself(odd: str) -> None:
    rows = ordinary(BLOCK + 100)
    for position in (0, 5, BLOCK - 1, BLOCK + 50, len(rows) - 1):
        rows[position] = odd
    expected, made = cell_by_cell(rows), read_at_once(rows)
    for name, column in expected.items():
        assert_same(made[name], column)


def test_blocks_of_ascii_and_of_other_letters_go_together() -> None:
    rows = [*ordinary(BLOCK), *(f"1,Zürich{i % 3},2,x" for i in range(BLOCK))]
    expected, made = cell_by_cell(rows), read_at_once(rows)
    for name, column in expected.items():
        assert_same(made[name], column)


def test_rows_that_are_all_odd_are_still_read() -> None:
    rows = ["?,x,!,y"] * 100
    made = read_at_once(rows)["a"]
    assert isinstance(made, NumericColumn)
    assert made.invalid is not None
    assert made.invalid.all()


def test_reading_captures_loads_numpy_and_msgspec_alone() -> None:
    heavy = {"pandas", "scipy", "pydantic", "pyarrow", "yaml", "boto3"}
    code = f"import sys, driftloop.capture; print(sorted({heavy} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
