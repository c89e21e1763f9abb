"""Inputs that no usual file or request has: damaged files, columns of another kind, refusals."""

import importlib.util
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from driftloop import cell_values, missing_texts, storage
from driftloop.calibration.population import (
    Population,
    category_name,
    most_frequent,
    trimmed_mean,
)
from driftloop.capture import CategoricalColumn, NumericColumn
from driftloop.errors import FormatError, InputError, UnreachableError
from driftloop.file_format import encode
from driftloop.labels.join import RecordIds
from driftloop.labels.pending import (
    KIND,
    PENDING_RECORDS_VERSION,
    CodedColumn,
    PendingRecords,
    with_classes,
)
from driftloop.profile.columns import (
    add_columns,
    all_missing_column,
    count_column,
    fit_column,
    from_stored_counts,
    to_stored_counts,
    zero_column,
)
from driftloop.profile.hourly.cells import cell_counts, make_cells
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.seasonality.hourly_counts import pack_hour, unpack_hour

NUMBERS = NumericColumn(np.array([1.0, 2.0, 2.0, 3.0]))
CITIES = CategoricalColumn(np.array([0, 0, 0, 1], dtype=np.int32), ("Basel", "Bern"))
NUMERIC = fit_column(Feature("x", Kind.NUMERIC), [NUMBERS], max_split_points=100)
CATEGORICAL = fit_column(Feature("city", Kind.CATEGORICAL), [CITIES], max_split_points=100)
NUMBER_COUNTS = count_column("x", NUMERIC, NUMBERS)
CITY_COUNTS = count_column("city", CATEGORICAL, CITIES)


def pending(level: int = 0, probabilities: list[list[float]] | None = None) -> PendingRecords:
    return PendingRecords(
        RecordIds(np.array([1, 2], np.uint64), None, np.zeros(2, np.int32)),
        np.array([1e9, 2e9]),
        np.array([1.0, np.nan]),
        ("a", "b"),
        None if probabilities is None else np.array(probabilities),
        (CodedColumn("city", ("Basel", "Bern"), np.array([level, 1], np.uint8)),),
        (),
    )


def test_pending_records_with_a_code_of_no_level_are_damaged() -> None:
    with pytest.raises(FormatError, match=r"damaged: its columns do not fit together"):
        PendingRecords.from_bytes(pending(level=2).to_bytes())


def test_pending_records_of_another_layout_are_damaged() -> None:
    stored = encode(KIND, PENDING_RECORDS_VERSION, msgspec.msgpack.encode("no records"))
    with pytest.raises(FormatError, match="these pending-records are damaged"):
        PendingRecords.from_bytes(stored)


def test_probabilities_follow_their_classes_and_a_new_class_has_none() -> None:
    found = with_classes(pending(probabilities=[[0.25, 0.75], [np.nan, np.nan]]), ("b", "c", "a"))
    np.testing.assert_array_equal(found.predictions, [0.0, np.nan])
    assert found.probabilities is not None
    np.testing.assert_array_equal(found.probabilities, [[0.75, 0.0, 0.25], [np.nan] * 3])


def test_hourly_cells_refuse_a_column_of_the_other_kind() -> None:
    numeric, categorical = (
        make_cells(NUMERIC, NUMBER_COUNTS, 2),
        make_cells(CATEGORICAL, CITY_COUNTS, 2),
    )
    with pytest.raises(InputError, match="a numeric column of the baseline has categories"):
        numeric.codes(CITIES)
    with pytest.raises(InputError, match="a categorical column of the baseline has numbers"):
        categorical.codes(NUMBERS)
    with pytest.raises(TypeError, match="counts of its own kind"):
        make_cells(NUMERIC, CITY_COUNTS, 2)
    with pytest.raises(TypeError, match="cells of numbers need a numeric binning"):
        cell_counts(numeric, CATEGORICAL, CITY_COUNTS)


def test_columns_of_different_kinds_are_neither_counted_nor_added() -> None:
    with pytest.raises(InputError, match=r"^x: it is numeric in the baseline or in the records"):
        count_column("x", NUMERIC, CITIES)
    with pytest.raises(InputError, match="don't add up"):
        add_columns(NUMBER_COUNTS, CITY_COUNTS)


@pytest.mark.parametrize("binning", [NUMERIC, CATEGORICAL], ids=["numeric", "categorical"])
def test_a_column_without_values_has_only_missing_ones(binning: Any) -> None:
    counts = all_missing_column(binning, 7)
    assert (counts.rows, counts.missing) == (7, 7)


def test_a_stored_sum_that_is_no_integer_is_damaged() -> None:
    stored: Any = to_stored_counts(NUMBER_COUNTS)
    stored.total = "1.5x"
    with pytest.raises(FormatError, match="a stored sum is not an integer"):
        from_stored_counts(stored)


def test_a_damaged_hour_is_refused() -> None:
    data = pack_hour({"x": NUMBER_COUNTS})
    assert unpack_hour(["x"], data)["x"].rows == 4
    with pytest.raises(FormatError, match="an hour of this seasonality file is damaged"):
        unpack_hour(["x"], b"no zlib")
    with pytest.raises(FormatError, match="has 1 columns, not 2"):
        unpack_hour(["x", "y"], data)
    with pytest.raises(FormatError):
        unpack_hour(["x"], zlib.compress(b"\xc1"))


def test_a_population_of_no_records_is_all_missing() -> None:
    found = Population.from_counts(NUMERIC, zero_column(NUMERIC))
    assert found.shares[0] == 1.0
    assert found.shares[1:].sum() == 0.0
    assert trimmed_mean(found) is None


def test_only_categories_have_names_and_a_second_one() -> None:
    cities = Population.from_counts(CATEGORICAL, CITY_COUNTS)
    names = [category_name(cities, cell) for cell in most_frequent(cities)]
    assert names == ["Basel", "Bern"]
    assert trimmed_mean(cities) is None
    with pytest.raises(TypeError, match="a numeric column has no categories"):
        category_name(Population.from_counts(NUMERIC, NUMBER_COUNTS), 2)
    with pytest.raises(ValueError, match="a column of one category"):
        most_frequent(Population.from_counts(CATEGORICAL, zero_column(CATEGORICAL)))


def test_a_schema_refuses_what_is_no_schema() -> None:
    with pytest.raises(ValueError, match=r"no features of a model: x \(kind ignore\)"):
        Schema((Feature("x", Kind.IGNORE),), "label", ProblemType.REGRESSION)
    data = Schema((Feature("x", Kind.NUMERIC),), "label", ProblemType.REGRESSION).to_dict()
    with pytest.raises(ValueError, match="features: a mapping of name to kind"):
        Schema.from_dict({**data, "features": ["x"]})
    with pytest.raises(ValueError, match="keep_na_texts: a list of names"):
        Schema.from_dict({**data, "keep_na_texts": "x"})


def test_an_integer_beyond_the_floats_is_infinite() -> None:
    values, invalid = cell_values.numeric_values([10**400, -(10**400), 1])
    assert values.tolist() == [np.inf, -np.inf, 1.0]
    assert invalid is None or not invalid.any()


def test_a_model_archive_has_the_rules_without_the_package(monkeypatch: Any) -> None:
    copy: Any = ModuleType("driftloop_missing_texts")
    copy.EMPTY_TEXTS, copy.MISSING_TEXTS = missing_texts.EMPTY_TEXTS, frozenset({"", "absent"})
    monkeypatch.setitem(sys.modules, "driftloop.missing_texts", None)
    monkeypatch.setitem(sys.modules, "driftloop_missing_texts", copy)
    spec = importlib.util.spec_from_file_location("archived_values", cell_values.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.is_missing(" Absent ")
    assert not module.is_missing("present")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


@pytest.mark.usefixtures("s3")
def test_an_absent_bucket_is_an_error_where_an_absent_object_is_not() -> None:
    with pytest.raises(InputError, match=r"^s3://absent/key: .*NoSuchBucket"):
        storage.find_content("s3://absent/key")
    with pytest.raises(InputError, match=r"^s3://absent/key: .*NoSuchBucket"):
        storage.write_unchanged("s3://absent/key", b"", None)


def test_a_file_that_somebody_else_wrote_is_kept(tmp_path: Path) -> None:
    uri = str(tmp_path / "file")
    storage.write_bytes(uri, b"theirs")
    with pytest.raises(InputError, match="somebody else wrote this file meanwhile"):
        storage.write_unchanged(uri, b"own", None)
    assert storage.read_bytes(uri) == b"theirs"


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: Any) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    try:
        with pytest.raises(InputError, match=r": Permission denied$"):
            storage.list_files(str(tmp_path))
    finally:
        monkeypatch.undo()


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject"),
        EndpointConnectionError(endpoint_url="https://s3"),
    ],
    ids=["refused", "no connection"],
)
def test_s3_that_refuses_or_is_away_is_unreachable(error: Exception, monkeypatch: Any) -> None:
    class Client:
        def head_object(self, **_: object) -> None:
            raise error

    monkeypatch.setattr(storage, "_quick_client", Client)
    with pytest.raises(UnreachableError) as caught:
        storage.open_seekable("s3://bucket/key")
    assert str(caught.value) == f"s3://bucket/key: {error}"


def test_s3_is_unreachable_without_boto3(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(UnreachableError, match="boto3 is not installed"):
        storage.open_seekable("s3://bucket/key")
