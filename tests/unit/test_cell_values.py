import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from driftloop.cell_values import (
    EMPTY_TEXTS,
    MAX_KEY_LENGTH,
    category_codes,
    category_key,
    is_missing,
    numeric_values,
    parse_number,
)
from driftloop.missing_texts import CLASS_MISSING_TEXTS


@pytest.mark.parametrize(
    "cell",
    [
        *(None, math.nan, np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT")),
        *("", "  ", "NaN", " NULL ", "none", "NA", "n/a", "<NA>"),
    ],
)
def test_a_missing_cell_is_missing_as_a_number_and_as_a_category(cell: object) -> None:
    assert is_missing(cell)
    value = parse_number(cell)
    assert value is not None
    assert math.isnan(value)
    assert category_key(cell) is None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1", 1.0),
        (" -2.5 ", -2.5),
        ("1e-3", 0.001),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("-1", -1.0),
        (True, 1.0),
        ("FALSE", 0.0),
        (np.int64(7), 7.0),
        (Decimal("0.5"), 0.5),
        (10**400, math.inf),
        (-(10**400), -math.inf),
    ],
)
def test_a_cell_in_plain_notation_is_a_number(cell: object, expected: float) -> None:
    assert parse_number(cell) == expected


@pytest.mark.parametrize(
    "cell", ["1_000", "1,000", "0x1f", "١", "abc", "1 2", "--1", object(), b"1"]
)
def test_a_cell_that_is_not_a_number_is_invalid_and_not_missing(cell: object) -> None:
    assert parse_number(cell) is None
    values, is_invalid = numeric_values([cell, 1, None])
    assert is_invalid is not None
    assert is_invalid.tolist() == [True, False, False]
    assert np.isnan(values).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        (["1", "1.0", 1, 1.0, np.int32(1), np.float64(1), " 1 ", "1.000", Decimal("1.0")], "1"),
        ([True, "true", "True", "TRUE", np.True_], "true"),
        ([False, "False"], "false"),
        (["-0", "0", 0, -0.0, "0.0"], "0"),
        (["1.50", 1.5, "1.5"], "1.5"),
        ([1e16, "1e+16", "10000000000000000", 10**16], "10000000000000000"),
        ([1e-7, "1e-07", "0.0000001"], "0.0000001"),
        (["Berlin", " Berlin "], "Berlin"),
    ],
)
def test_spellings_of_one_value_are_one_category(cells: list[object], key: str) -> None:
    assert {category_key(cell) for cell in cells} == {key}


def test_codes_that_are_not_plain_numbers_are_different_categories() -> None:
    cells = ["007", "7", "1e3", "1000", "a", "A", "12345678901234567890", "12345678901234567891"]
    assert len({category_key(cell) for cell in cells}) == len(cells)


def test_one_and_true_are_different_categories() -> None:
    codes, categories = category_codes([1, True, 1.0, "1", None])
    assert categories == ("1", "true")
    assert codes.tolist() == [0, 1, 0, 0, -1]


def test_categories_are_sorted_for_any_order_of_the_cells() -> None:
    assert category_codes(["b", "a", "b"])[1] == category_codes(["a", "b"])[1] == ("a", "b")


def test_very_long_categories_are_shortened_and_stay_different() -> None:
    one, other = (category_key("x" * 5000 + end) for end in "ab")
    assert one is not None
    assert one != other
    assert len(one) == MAX_KEY_LENGTH


def test_an_unpaired_surrogate_becomes_text_that_can_be_encoded() -> None:
    key = category_key("a\ud800")
    assert key is not None
    assert key.encode() == b"a\\ud800"


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint64", "bool"])
def test_arrays_of_numbers_are_converted_to_float64(dtype: str) -> None:
    values, is_invalid = numeric_values(np.array([0, 1], dtype=dtype))
    assert values.dtype == np.float64
    assert values.tolist() == [0.0, 1.0]
    assert is_invalid is None


# what pandas.read_csv takes for missing by default: pandas documentation, "na_values"
PANDAS_NA = ("NA", "N/A", "n/a", "NULL", "null", "None", "nan", "NaN", "<NA>")


def test_texts_of_pandas_for_missing_are_missing_by_default_and_kept_where_asked() -> None:
    cells = [*PANDAS_NA, "", "  ", None, math.nan, pd.NA]
    assert category_codes(cells)[1] == ()
    codes, categories = category_codes(cells, missing_texts=EMPTY_TEXTS)
    assert {*categories} == {*PANDAS_NA}
    assert codes[-5:].tolist() == [-1] * 5


def test_a_class_may_be_named_none_and_not_nan() -> None:
    cells = ["None", "NA", "nan", "<NA>", None, ""]
    assert category_codes(cells, missing_texts=CLASS_MISSING_TEXTS)[1] == ("NA", "None")


def test_bytes_are_the_text_that_they_encode() -> None:
    cells = [b"a", "a", "\u00e9".encode(), b"", b"NA", b"\xff"]
    assert category_codes(cells)[1] == ("\\xff", "a", "\u00e9")
