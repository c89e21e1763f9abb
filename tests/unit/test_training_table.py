"""Training data is one table, whatever writer, compression and name its file has."""

import gzip
import io
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftloop import training_table
from driftloop.capture.record_batch import to_column
from driftloop.errors import InputError
from driftloop.schema import Feature, Kind
from driftloop.storage import named
from driftloop.training_table import TableSample, parse_sample, parse_table

ROWS = pd.DataFrame({"x": [1.5, 2.5, 3.5], "city": ["a", 'b "c",\nd', "é"]})
TWO_TO_53 = 2**53


def parquet(table: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def categories(cells: Any) -> list[str | None]:
    column: Any = to_column(Feature("c", Kind.CATEGORICAL), list(cells))
    return [column.categories[code] if code >= 0 else None for code in column.codes]


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "training", "t.CSV.GZ", "t.parquet", "t.pq"])
@pytest.mark.parametrize("write", [csv, lambda frame: parquet(pa.Table.from_pandas(frame))])
def test_gzip_is_recognized_by_its_first_bytes_whatever_the_name(
    name: str, write: Callable[[pd.DataFrame], bytes]
) -> None:
    columns = parse_table(name, gzip.compress(write(ROWS)))
    assert [*columns] == ["x", "city"]
    assert [*columns["city"]] == ROWS["city"].to_list()


@pytest.mark.parametrize(
    "arrow_type",
    [
        *(pa.binary(), pa.large_binary(), pa.binary(1), pa.string(), pa.large_string()),
        *(pa.dictionary(pa.int8(), pa.binary()), pa.dictionary(pa.int32(), pa.string())),
    ],
    ids=str,
)
def test_text_is_the_same_text_in_every_type_of_parquet(arrow_type: pa.DataType) -> None:
    cells = pa.array(["a", None, "b"]).cast(pa.binary())
    table = pa.table(
        {"c": cells.cast(arrow_type) if arrow_type != pa.binary(1) else cells.cast(pa.binary(1))}
    )
    assert categories(parse_table("t.parquet", parquet(table))["c"]) == ["a", None, "b"]


def test_bytes_that_are_no_text_are_an_error_only_where_the_column_is_used() -> None:
    table = pa.table({"image": pa.array([b"\xff\xd8"]), "x": [1]})
    columns = parse_table("t.parquet", parquet(table))
    assert [*columns["x"]] == [1]
    with pytest.raises(InputError, match="column 'image' holds bytes that are no text in UTF-8"):
        columns["image"]


def test_lists_in_parquet_are_an_error_that_names_their_type() -> None:
    columns = parse_table("t.parquet", parquet(pa.table({"x": [[1, 2], [3]]})))
    with pytest.raises(InputError, match=r"column 'x' holds values of the type list<.*int64"):
        columns["x"]


def test_whole_numbers_beyond_2_to_53_stay_apart_beside_a_missing_value() -> None:
    ids = [TWO_TO_53, TWO_TO_53 + 1, None, 2**63 - 1]
    columns = parse_table("t.parquet", parquet(pa.table({"id": pa.array(ids, pa.int64())})))
    assert categories(columns["id"]) == [None if one is None else str(one) for one in ids]


def test_a_column_that_pandas_stores_as_its_index_is_a_column() -> None:
    frame = ROWS.set_index("city")
    columns = parse_table("t.parquet", parquet(pa.Table.from_pandas(frame)))
    assert [*columns["city"]] == ROWS["city"].to_list()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_column_is_found_under_its_name_in_any_unicode_form(form: Any) -> None:
    data = csv(pd.DataFrame({unicodedata.normalize(form, "größe"): [1]}))
    columns = parse_table("t.csv", data)
    for name in (unicodedata.normalize("NFC", "größe"), unicodedata.normalize("NFD", "größe")):
        assert name in columns
        assert [*columns[name]] == ["1"]


def test_two_columns_of_one_name_in_two_unicode_forms_are_an_error() -> None:
    names = [unicodedata.normalize(form, "é") for form in ("NFC", "NFD")]
    with pytest.raises(InputError, match="several columns are named"):
        parse_table("t.csv", f"{names[0]},{names[1]}\n1,2\n".encode())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(encoding: str) -> None:
    data = "x,city\n1,a\n".encode(encoding)
    if encoding == "utf-16":
        with pytest.raises(InputError, match="save it as CSV in UTF-8"):
            parse_table("t.csv", data)
    else:
        assert [*parse_table("t.csv", data)] == ["x", "city"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"PK\x03\x04\x14\x00", "it is a ZIP archive, as workbooks of Excel are; save it as CSV"),
        (b'[{"x": 1, "city": "a"}]', "it begins as JSON does; save it as CSV"),
        (b'{"x": 1}\n{"x": 2}\n', "it begins as JSON does; save it as CSV"),
        (b'{\n  "x": [1, 2]}', "it begins as JSON does; save it as CSV"),
        (b"[[1, 2], [3, 4]]", "it begins as JSON does; save it as CSV"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_another_format_is_named(data: bytes, text: str, pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(InputError, match=text):
        parse_table("t", pack(data))
    with pytest.raises(InputError, match=text):
        sample(pack(data))


def sample(data: bytes) -> TableSample:
    return parse_sample("t", io.BytesIO(data))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("write", [csv, lambda frame: parquet(pa.Table.from_pandas(frame))])
def test_the_sample_of_a_small_table_is_the_table(
    write: Callable[[pd.DataFrame], bytes], pack: Callable[[bytes], bytes]
) -> None:
    found = sample(pack(write(ROWS)))
    assert (found.rows, found.is_complete) == (3, True)
    assert [*found.columns["city"]] == ROWS["city"].to_list()


class Counted(io.BytesIO):
    """Bytes that count how many of them were read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_only_the_first_part_of_a_large_file_is_read(
    pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_table, "MAX_SAMPLE_BYTES", 1000)
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=200_000), "text": ['say "a,\nb"'] * 200_000})
    stream = Counted(pack(csv(frame)))
    found = parse_sample("t.csv", stream)
    assert not found.is_complete
    assert 10 < found.rows < 50
    assert {*found.columns["text"]} == {'say "a,\nb"'}
    assert stream.count < 300_000


def test_only_the_first_rows_of_a_large_parquet_file_are_read() -> None:
    rng = np.random.default_rng(1)
    table = pa.table({f"x{i}": rng.normal(size=400_000) for i in range(4)})
    data = parquet(table, row_group_size=100_000, compression="none")
    stream = Counted(data)
    found = parse_sample("t.parquet", stream)
    assert (found.rows, found.is_complete) == (100_000, False)
    assert stream.count < len(data) / 2


def test_the_rows_of_a_sample_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_table, "MAX_SAMPLE_ROWS", 2)
    assert sample(csv(ROWS)).rows == 2
    assert not sample(csv(ROWS)).is_complete
    monkeypatch.setattr(training_table, "MAX_SAMPLE_ROWS", 3)
    assert sample(csv(ROWS)).is_complete


def test_an_empty_parquet_table_has_its_columns() -> None:
    found = sample(parquet(pa.table({"x": pa.array([], pa.int64())})))
    assert (found.rows, found.is_complete, [*found.columns]) == (0, True, ["x"])


@pytest.mark.parametrize("cells", [[b"\xff\xfea"], [[1.0]]])
def test_a_column_that_can_not_be_read_is_named_with_its_file_once(cells: list[object]) -> None:
    data = parquet(pa.table({"x": cells}))
    with pytest.raises(InputError) as caught, named("t.parquet"):
        _ = parse_table("t.parquet", data)["x"]
    assert str(caught.value).startswith("t.parquet: column 'x' holds ")
