"""Training data, CSV or Parquet, as columns of cells."""

import gzip
import io
import zlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from driftloop.cli.places import read_bytes
from driftloop.errors import InputError

_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"


def read_table(place: str) -> Mapping[str, Any]:
    """Columns by name. CSV cells stay text, so that training and captured text get one rule."""
    data = read_bytes(place)
    if data.startswith(_PARQUET):
        return _parquet(place, data)
    if place.lower().endswith((".parquet", ".pq")):
        raise InputError(f"{place}: this is not a Parquet file")
    if data.startswith(_GZIP):
        data = _unpacked(place, data)
    return _csv(place, data)


def _parquet(place: str, data: bytes) -> Mapping[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame = pq.read_table(io.BytesIO(data)).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{place}: this Parquet file can't be read: {error}") from error
    return _columns(frame)


def _csv(place: str, data: bytes) -> Mapping[str, Any]:
    try:
        frame = pd.read_csv(
            io.BytesIO(data),
            dtype=object,
            keep_default_na=False,
            na_filter=False,
            skipinitialspace=True,
            encoding="utf-8-sig",
            index_col=False,
        )
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: this is neither Parquet nor CSV in UTF-8") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"{place}: this CSV file can't be read: {error}") from error
    return _columns(frame)


def _columns(frame: pd.DataFrame) -> Mapping[str, Any]:
    return {str(name).strip(): frame[name] for name in frame.columns}


def _unpacked(place: str, data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{place}: this gzip file is damaged: {error}") from error
