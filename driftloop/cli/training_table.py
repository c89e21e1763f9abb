"""Reads training data, CSV or Parquet, as columns of cells."""

import gzip
import io
import zlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from driftloop.errors import InputError
from driftloop.storage import read_bytes

_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"


def read_table(uri: str) -> Mapping[str, Any]:
    """Columns by name; cells of CSV files stay text, as those of captured payloads do.

    Raises InputError where the file can't be read, or several columns have one name.
    """
    data = read_bytes(uri)
    if data.startswith(_PARQUET):
        return _parquet(uri, data)
    if uri.lower().endswith((".parquet", ".pq")):
        raise InputError(f"{uri}: this is not a Parquet file")
    if data.startswith(_GZIP):
        data = _decompress(uri, data)
    return _csv(uri, data)


def _parquet(uri: str, data: bytes) -> Mapping[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame = pq.read_table(io.BytesIO(data)).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{uri}: this Parquet file can't be read: {error}") from error
    return _columns(uri, frame)


def _csv(uri: str, data: bytes) -> Mapping[str, Any]:
    try:
        # pandas gives a repeated name a number of its own: names are read as cells first
        names = _parse(data, header=None, nrows=1).iloc[0].to_list()
        frame = _parse(data, header=0)
    except UnicodeDecodeError as error:
        raise InputError(f"{uri}: this is neither Parquet nor CSV in UTF-8") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"{uri}: this CSV file can't be read: {error}") from error
    return _columns(uri, frame.set_axis(names, axis=1))


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


def _columns(uri: str, frame: pd.DataFrame) -> Mapping[str, Any]:
    names = [str(name).strip() for name in frame.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(
            f"{uri}: several columns are named {', '.join(map(repr, repeated))}: rename"
            " or remove all but one of them"
        )
    return {name: frame.iloc[:, number] for number, name in enumerate(names)}


def _decompress(uri: str, data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{uri}: this gzip file is damaged: {error}") from error
