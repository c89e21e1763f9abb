"""Rows read together give the same columns as cells read one by one, whatever they hold."""

import csv
import subprocess
import sys

import numpy as np
import pytest

from driftloop.capture import CategoricalColumn, Column, NumericColumn
from driftloop.capture.record_batch import to_column
from driftloop.capture.vectorized.byte_buffer import CellOffsets
from driftloop.capture.vectorized.column_builder import ColumnBuilder
from driftloop.cell_values import EMPTY_TEXTS
from driftloop.schema import Feature, Kind

BLOCK = 250

FEATURES = [
    Feature("a", Kind.NUMERIC),
    Feature("b", Kind.CATEGORICAL),
    Feature("c", Kind.NUMERIC),
    Feature("d", Kind.CATEGORICAL, EMPTY_TEXTS),
]


def read_cell_by_cell(rows: list[str]) -> dict[str, Column]:
    # blanks after a separator are no part of a cell, as for requests that are not simple
    lines = ([row] for row in rows)
    reader = (csv.reader(line, skipinitialspace=True, quoting=csv.QUOTE_NONE) for line in lines)
    table = [next(cells) for cells in reader]
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
        masks = [np.zeros(len(c)) if c.invalid is None else c.invalid for c in (left, right)]
        np.testing.assert_array_equal(masks[0], masks[1])
    else:
        assert isinstance(left, CategoricalColumn)
        assert isinstance(right, CategoricalColumn)
        assert left.categories == right.categories
        np.testing.assert_array_equal(left.codes, right.codes)


def usual_rows(count: int) -> list[str]:
    rng = np.random.default_rng(0)
    return [f"{rng.normal():.6g},{rng.choice(['x', 'y'])},{i},1.0" for i in range(count)]


@pytest.mark.parametrize(
    "unusual",
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
def test_an_unusual_row_changes_no_other_row(unusual: str) -> None:
    rows = usual_rows(BLOCK + 100)
    for position in (0, 5, BLOCK - 1, BLOCK + 50, len(rows) - 1):
        rows[position] = unusual
    expected, read = read_cell_by_cell(rows), read_at_once(rows)
    for name, column in expected.items():
        assert_same(read[name], column)


def test_blocks_with_and_without_ascii_characters_give_one_column() -> None:
    rows = [*usual_rows(BLOCK), *(f"1,Zürich{i % 3},2,x" for i in range(BLOCK))]
    expected, read = read_cell_by_cell(rows), read_at_once(rows)
    for name, column in expected.items():
        assert_same(read[name], column)


def test_rows_that_are_all_unusual_are_read() -> None:
    rows = ["?,x,!,y"] * 100
    read = read_at_once(rows)["a"]
    assert isinstance(read, NumericColumn)
    assert read.invalid is not None
    assert read.invalid.all()


def test_reading_captures_imports_numpy_and_msgspec_only() -> None:
    heavy = {"pandas", "scipy", "pydantic", "pyarrow", "yaml", "boto3"}
    code = f"import sys, driftloop.capture; print(sorted({heavy} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
