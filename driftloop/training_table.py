"""Reads training data, CSV (plain or gzip) or Parquet, as columns of cells.

The command ``baseline`` and the step Curate use it, so that a file which one of them accepts is the
same table for the other. The format is recognized by the content, not by the name: SageMaker and
CDK give files names of their own.
"""

import gzip
import io
import zlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from driftloop.errors import InputError

_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"


def parse_table(name: str, data: bytes) -> Mapping[str, Any]:
    """Columns by name; cells of CSV files stay text, as those of captured payloads do.

    Args:
        name: Path or URI of the file, for messages.
        data: Its content.
    Raises:
        InputError: The file can't be read, or several columns have one name.
    """
    if data.startswith(_PARQUET):
        return _parquet(name, data)
    if name.lower().endswith((".parquet", ".pq")):
        raise InputError(f"{name}: this is not a Parquet file")
    if data.startswith(_GZIP):
        data = _decompress(name, data)
    return _csv(name, data)


def _parquet(name: str, data: bytes) -> Mapping[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame = pq.read_table(io.BytesIO(data)).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{name}: this Parquet file can't be read: {error}") from error
    return _columns(name, frame)


def _csv(name: str, data: bytes) -> Mapping[str, Any]:
    try:
        # pandas gives a repeated name a number of its own: names are read as cells first
        names = _parse(data, header=None, nrows=1).iloc[0].to_list()
        frame = _parse(data, header=0)
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: this is neither Parquet nor CSV in UTF-8") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"{name}: this CSV file can't be read: {error}") from error
    return _columns(name, frame.set_axis(names, axis=1))


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


def _columns(name: str, frame: pd.DataFrame) -> Mapping[str, Any]:
    names = [str(column).strip() for column in frame.columns]
    repeated = sorted({column for column in names if names.count(column) > 1})
    if repeated:
        raise InputError(
            f"{name}: several columns are named {', '.join(map(repr, repeated))}: rename"
            " or remove all but one of them"
        )
    return {column: frame.iloc[:, number] for number, column in enumerate(names)}


def _decompress(name: str, data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{name}: this gzip file is damaged: {error}") from error
