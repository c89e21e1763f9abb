"""Data frames of three libraries become the same record batches, whatever their column types."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from driftloop.capture import CategoricalColumn, NumericColumn
from driftloop.data_frames import batch_from_frame, infer_kinds, read_frame
from driftloop.errors import InputError
from driftloop.schema import Feature, Kind, ProblemType, Schema

FRAMES: list[Callable[[dict[str, list[Any]]], Any]] = [pd.DataFrame, pl.DataFrame, pa.table]
NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
BERLIN = ZoneInfo("Europe/Berlin")
DAY = dt.date(2026, 1, 1)
NAN = float("nan")


def cells(data: Any, kind: Kind | None = None) -> tuple[Kind | None, list[Any]]:
    """The inferred kind of column ``c``, and its values (numbers, or categories)."""
    frame = read_frame(data, "reference")
    inferred = infer_kinds(frame, "reference")["c"]
    feature = Feature("c", kind or inferred or Kind.CATEGORICAL)
    schema = Schema((feature,), "", ProblemType.REGRESSION)
    column = batch_from_frame(frame, schema, name="reference").columns["c"]
    if isinstance(column, CategoricalColumn):
        known = [*column.categories, None]
        return inferred, [known[code] for code in column.codes]
    assert isinstance(column, NumericColumn)
    assert column.invalid is None
    return inferred, [None if np.isnan(value) else value for value in column.values.tolist()]


PLAIN: list[tuple[str, list[Any], Kind | None, list[Any]]] = [
    ("integers", [1, None, 3], Kind.NUMERIC, [1, None, 3]),
    ("floats", [1.5, None, -0.0], Kind.NUMERIC, [1.5, None, 0]),
    ("decimals", [Decimal("1.50"), None], Kind.NUMERIC, [1.5, None]),
    ("booleans", [True, None, False], Kind.CATEGORICAL, ["true", None, "false"]),
    ("texts", ["b", None, "a"], Kind.CATEGORICAL, ["b", None, "a"]),
    ("codes", ["007", "7", None], Kind.CATEGORICAL, ["007", "7", None]),
    ("dates", [DAY, None], Kind.DATE, [NOON.timestamp() - 43200, None]),
    ("times", [NOON.replace(tzinfo=None), None], Kind.DATE, [NOON.timestamp(), None]),
    ("times of a zone", [NOON.astimezone(BERLIN), None], Kind.DATE, [NOON.timestamp(), None]),
    ("text dates", ["2026-01-01T12:00:00Z", None], Kind.DATE, [NOON.timestamp(), None]),
    ("durations", [dt.timedelta(days=1), None], Kind.NUMERIC, [86400, None]),
    ("times of day", [dt.time(8), None], Kind.CATEGORICAL, ["08:00:00", None]),
    ("nothing", [None, None], None, [None, None]),
]


@pytest.mark.parametrize("make", FRAMES)
@pytest.mark.parametrize(("name", "given", "kind", "values"), PLAIN, ids=[p[0] for p in PLAIN])
def test_a_column_has_the_same_kind_and_values_in_every_library(
    make: Callable[..., Any], name: str, given: list[Any], kind: Kind | None, values: list[Any]
) -> None:
    assert cells(make({"c": given})) == (kind, values), name


OF_ONE_LIBRARY: list[tuple[str, Any, Kind | None, list[Any]]] = [
    (
        "pandas objects of mixed types",
        pd.Series([1, "x", None, 2.5], dtype=object),
        Kind.CATEGORICAL,
        ["1", "x", None, "2.5"],
    ),
    (
        "pandas objects that are numbers",
        pd.Series([1, 2.5, None], dtype=object),
        Kind.NUMERIC,
        [1, 2.5, None],
    ),
    ("pandas nullable integers", pd.Series([1, None], dtype="Int64"), Kind.NUMERIC, [1, None]),
    (
        "pandas nullable booleans",
        pd.Series([True, None], dtype="boolean"),
        Kind.CATEGORICAL,
        ["true", None],
    ),
    (
        "pandas categories",
        pd.Series([1, "b", None], dtype="category"),
        Kind.CATEGORICAL,
        ["1", "b", None],
    ),
    ("pandas Arrow types", pd.Series([1, None], dtype="int64[pyarrow]"), Kind.NUMERIC, [1, None]),
    ("pandas sparse", pd.Series([1.0, 0.0], dtype="Sparse[float]"), Kind.NUMERIC, [1, 0]),
    ("pandas not-a-number", pd.Series([NAN, NAN]), Kind.NUMERIC, [None, None]),
    (
        "polars categories",
        pl.Series(["a", None], dtype=pl.Categorical),
        Kind.CATEGORICAL,
        ["a", None],
    ),
    (
        "polars enum",
        pl.Series(["a", None], dtype=pl.Enum(["b", "a"])),
        Kind.CATEGORICAL,
        ["a", None],
    ),
    ("polars 128-bit integers", pl.Series([1, None], dtype=pl.Int128), Kind.NUMERIC, [1, None]),
    (
        "Arrow dictionary",
        pa.array(["a", None]).dictionary_encode(),
        Kind.CATEGORICAL,
        ["a", None],
    ),
    ("Arrow half floats", pa.array(np.array([1, 2], dtype="float16")), Kind.NUMERIC, [1, 2]),
    (
        "Arrow nanoseconds",
        pa.array([NOON, None], pa.timestamp("ns")),
        Kind.DATE,
        [NOON.timestamp(), None],
    ),
]


@pytest.mark.parametrize(
    ("name", "column", "kind", "values"), OF_ONE_LIBRARY, ids=[case[0] for case in OF_ONE_LIBRARY]
)
def test_types_of_one_library_keep_their_meaning(
    name: str, column: Any, kind: Kind | None, values: list[Any]
) -> None:
    assert cells(frame_of(column)) == (kind, values), name


def frame_of(column: Any) -> Any:
    if isinstance(column, pd.Series):
        return pd.DataFrame({"c": column})
    return pl.DataFrame({"c": column}) if isinstance(column, pl.Series) else pa.table({"c": column})


@pytest.mark.parametrize("make", FRAMES)
def test_an_integer_identifier_beyond_the_floats_keeps_its_digits_as_a_category(
    make: Callable[..., Any],
) -> None:
    assert cells(make({"c": [2**53 + 1]}), Kind.CATEGORICAL)[1] == [str(2**53 + 1)]


@pytest.mark.parametrize("make", FRAMES)
@pytest.mark.parametrize("year", [1600, 1970, 9999])
def test_dates_beyond_the_range_of_nanoseconds_are_exact(
    make: Callable[..., Any], year: int
) -> None:
    when = dt.datetime(year, 6, 1, tzinfo=dt.UTC)
    expected = (when - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(seconds=1)
    assert cells(make({"c": [when]}))[1] == [expected]
    assert cells(make({"c": [when.replace(tzinfo=None)]}))[1] == [expected]


def test_early_nanoseconds_are_not_taken_for_another_unit() -> None:
    frame = pd.DataFrame({"c": pd.to_datetime(["1970-01-02"]).astype("datetime64[ns]")})
    assert cells(frame)[1] == [86400.0]


@pytest.mark.parametrize("make", FRAMES)
def test_the_error_of_columns_without_single_values_names_them(make: Callable[..., Any]) -> None:
    data = make({"a": [1], "items": [[1, 2]], "raw": [b"x"]})
    with pytest.raises(InputError, match=r"reference: .*items \(.*\), raw \("):
        infer_kinds(read_frame(data, "reference"), "reference")


WRONG: list[tuple[Any, str]] = [
    (pd.DataFrame([[1, 2]], columns=["a", "a"]), "several columns are named 'a'"),
    (pa.table([[1], [2]], names=["a", "a"]), "several columns are named 'a'"),
    (pd.DataFrame([[1, 2]]), "column names must be strings, and 0, 1 are not"),
    (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "must be strings"),
    (pl.LazyFrame({"a": [1]}), r"is lazy; call its \.collect\(\) first"),
    (pd.DataFrame(), "has no columns"),
    (pd.DataFrame({"a": []}), "has no rows"),
    (pl.DataFrame({"a": []}), "has no rows"),
    ({"a": [1]}, "a data frame is needed .* and dict was given"),
    (np.zeros((2, 2)), "and numpy.ndarray was given"),
    ("training.csv", "and str was given"),
    (None, "and NoneType was given"),
]


@pytest.mark.parametrize(("data", "message"), WRONG)
def test_the_error_of_an_unusable_data_frame_has_the_reason(data: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^current: .*{message}"):
        read_frame(data, "current")


def test_a_time_that_is_none_is_named_with_its_row() -> None:
    frame = read_frame(pd.DataFrame({"c": [1, 2], "when": ["2026-01-31", "soon"]}), "current")
    schema = Schema((Feature("c", Kind.NUMERIC),), "", ProblemType.REGRESSION)
    with pytest.raises(InputError, match=r"^current: row 2: 'soon' is not a time"):
        batch_from_frame(frame, schema, name="current", time_column="when")
