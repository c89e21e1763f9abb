"""Reads training data, CSV (plain or gzip) or Parquet, as columns of cells.

The commands ``baseline`` and ``validate`` and the step Curate use it, so that a file which one of
them accepts is the same table for the others. The format is recognized by the content, not by the
name: SageMaker and CDK give files names of their own.
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pandas as pd

from driftloop.column_names import composed, equivalent_names
from driftloop.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZIP = b"PK\x03\x04"
_JSON = (b'{"', b"[{", b"[[", b'["')
_NEWLINE, _QUOTE = b'\n"'

_HEAD_BYTES = 1 << 10
"""Bytes by which a format is recognized."""

MAX_SAMPLE_BYTES = 1 << 25
"""Bytes of text of a sample."""

MAX_SAMPLE_ROWS = 100_000
"""Rows of a sample."""


@dataclass(frozen=True, slots=True)
class TableSample:
    """The first rows of a table.

    Attributes:
        columns: Columns by name, as :func:`parse_table` returns them.
        rows: Number of these rows.
        is_complete: Whether the table has no other rows.
    """

    columns: Mapping[str, Any]
    rows: int
    is_complete: bool


def parse_table(name: str, data: bytes) -> Mapping[str, Any]:
    """Columns by name; cells of CSV files stay text, as those of captured payloads do.

    A column is found under its name in any Unicode form. Bytes in Parquet are text, as older
    writers store it.

    Args:
        name: Path or URI of the file, for messages.
        data: Its content.
    Raises:
        InputError: The file can't be read, or several columns have one name. On access of a column:
            its values are no single values, or bytes that are no text.
    """
    was_gzip = data.startswith(_GZIP)
    if was_gzip:
        data = _decompress(name, io.BytesIO(data))
    if data.startswith(_PARQUET):
        return _read_parquet(name, data)
    _check_no_parquet(name, was_gzip)
    return _FrameColumns(name, _parse_csv(name, data))


def parse_sample(name: str, stream: BinaryIO) -> TableSample:
    """The first rows of a table; only a part of the file is read.

    Args:
        name: Path or URI of the file, for messages.
        stream: Its content; it must be seekable.
    Raises:
        InputError: As :func:`parse_table`.
    """
    head = stream.read(len(_PARQUET))
    stream.seek(0)
    if head == _PARQUET:
        return _sample_parquet(name, stream)
    was_gzip = head.startswith(_GZIP)
    data = (
        _decompress(name, stream, MAX_SAMPLE_BYTES + 1)
        if was_gzip
        else stream.read(MAX_SAMPLE_BYTES + 1)
    )
    if data.startswith(_PARQUET):
        stream.seek(0)
        return _sample_parquet(name, io.BytesIO(_decompress(name, stream)))
    _check_no_parquet(name, was_gzip)
    is_complete = len(data) <= MAX_SAMPLE_BYTES
    frame = _parse_csv(name, data if is_complete else _complete_records(data), MAX_SAMPLE_ROWS + 1)
    rows = min(len(frame), MAX_SAMPLE_ROWS)
    columns = _FrameColumns(name, frame.iloc[:rows])
    return TableSample(columns, rows, is_complete and len(frame) == rows)


class _Columns(Mapping[str, Any]):
    """Columns under their names, which are found in any Unicode form."""

    def __init__(self, file: str, names: list[str]) -> None:
        pairs = equivalent_names(names)
        if pairs:
            repeated = ", ".join(sorted({repr(name) for pair in pairs for name in pair}))
            raise InputError(
                f"{file}: several columns are named {repeated}: rename or remove all but one of"
                " them"
            )
        self._file, self._names = file, names
        self._position = {composed(name): position for position, name in enumerate(names)}

    def __getitem__(self, name: str) -> Any:
        return self._column(self._position[composed(name)])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and composed(name) in self._position

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _column(self, position: int) -> Any:
        raise NotImplementedError


class _FrameColumns(_Columns):
    def __init__(self, file: str, frame: pd.DataFrame) -> None:
        super().__init__(file, [str(column).strip() for column in frame.columns])
        self._frame = frame

    def _column(self, position: int) -> Any:
        return self._frame.iloc[:, position]


class _ArrowColumns(_Columns):
    """Columns of Parquet, converted when they are used.

    pandas would make floats of whole numbers beside a missing value, which merges ids beyond 2^53.
    """

    def __init__(self, file: str, table: "pa.Table") -> None:
        super().__init__(file, [name.strip() for name in table.column_names])
        self._table = table

    def _column(self, position: int) -> Any:
        import pyarrow as pa

        name, column = self._names[position], self._table.column(position)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_nested(column.type):
            raise InputError(
                f"{self._file}: column {name!r} holds values of the type {column.type}, and a cell"
                " must be one value: write each of its values to a column of its own"
            )
        if _is_binary(column.type):
            column = self._decode(name, column)
        return column.to_pandas(integer_object_nulls=True)

    def _decode(self, name: str, column: "pa.ChunkedArray") -> "pa.ChunkedArray":
        import pyarrow as pa

        try:
            return column.cast(pa.large_binary()).cast(pa.large_string())
        except pa.ArrowInvalid as error:
            raise InputError(
                f"{self._file}: column {name!r} holds bytes that are no text in UTF-8: store text,"
                " or leave the column out"
            ) from error


def _is_binary(arrow_type: "pa.DataType") -> bool:
    from pyarrow import types

    checks = (types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    return any(check(arrow_type) for check in checks) or types.is_binary_view(arrow_type)


def _check_no_parquet(name: str, was_gzip: bool) -> None:
    if not was_gzip and name.lower().endswith((".parquet", ".pq")):
        raise InputError(f"{name}: this is not a Parquet file")


def _read_parquet(name: str, data: bytes) -> Mapping[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return _ArrowColumns(name, pq.ParquetFile(io.BytesIO(data)).read())
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{name}: this Parquet file can't be read: {error}") from error


def _sample_parquet(name: str, stream: BinaryIO) -> TableSample:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream, buffer_size=1 << 16, pre_buffer=False)
        total, batches = file.metadata.num_rows, file.iter_batches(MAX_SAMPLE_ROWS)
        empty = file.schema_arrow.empty_table()
        first = next(batches, None)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{name}: this Parquet file can't be read: {error}") from error
    table = empty if first is None else pa.Table.from_batches([first])
    return TableSample(_ArrowColumns(name, table), table.num_rows, table.num_rows == total)


def _parse_csv(name: str, data: bytes, rows: int | None = None) -> pd.DataFrame:
    other = _other_format(data)
    if other is not None:
        raise InputError(f"{name}: this is neither Parquet nor CSV in UTF-8: {other}")
    try:
        # pandas gives a repeated name a number of its own: names are read as cells first
        names = _parse(data, header=None, nrows=1).iloc[0].to_list()
        frame = _parse(data, header=0, nrows=rows)
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: this is neither Parquet nor CSV in UTF-8") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"{name}: this CSV file can't be read: {error}") from error
    return frame.set_axis(names, axis=1)


def _other_format(data: bytes) -> str | None:
    """What the data is instead of CSV, by its first bytes, and what to do; None for CSV."""
    save = "save it as CSV in UTF-8"
    if data.startswith(_UTF_16):
        return f"it begins as text in UTF-16 does; {save}"
    if data.startswith(_ZIP):
        return f"it is a ZIP archive, as workbooks of Excel are; {save}"
    if data[:_HEAD_BYTES].translate(None, b" \t\r\n").startswith(_JSON):
        return f"it begins as JSON does; {save}, with the names in the first line"
    return None


def _parse(data: bytes, *, header: int | None, nrows: int | None = None) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(data),
        header=header,
        nrows=nrows,
        dtype=object,
        keep_default_na=False,
        na_filter=False,
        skipinitialspace=True,
        encoding="utf-8-sig",
        index_col=False,
    )


def _complete_records(data: bytes) -> bytes:
    """CSV without its last record, which is cut off: up to the last line end outside of quotes."""
    values = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(values == _NEWLINE)
    quotes = np.flatnonzero(values == _QUOTE)
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    last = outside if len(outside) else ends
    return data[: int(last[-1]) + 1] if len(last) else data


def _decompress(name: str, stream: BinaryIO, size: int = -1) -> bytes:
    try:
        with gzip.GzipFile(fileobj=stream) as file:
            return file.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{name}: this gzip file is damaged: {error}") from error
