"""Training data, CSV or Parquet, as columns of cells."""

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


def read_table(place: str) -> Mapping[str, Any]:
    """Columns by name. CSV cells stay text, so that training and captured text get one rule.

    Raises InputError where it can't be read, or two columns have one name.
    """
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
    return _columns(place, frame)


def _csv(place: str, data: bytes) -> Mapping[str, Any]:
    try:
        # pandas gives a repeated name a number of its own: names are read as cells first
        names = _parsed(data, header=None, nrows=1).iloc[0].to_list()
        frame = _parsed(data, header=0)
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: this is neither Parquet nor CSV in UTF-8") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"{place}: this CSV file can't be read: {error}") from error
    return _columns(place, frame.set_axis(names, axis=1))


def _parsed(data: bytes, *, header: int | None, nrows: int | None = None) -> pd.DataFrame:
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


def _columns(place: str, frame: pd.DataFrame) -> Mapping[str, Any]:
    names = [str(name).strip() for name in frame.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(
            f"{place}: several columns are named {', '.join(map(repr, repeated))}: which one is"
            " meant can't be told; rename or remove the others"
        )
    return {name: frame.iloc[:, number] for number, name in enumerate(names)}


def _unpacked(place: str, data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{place}: this gzip file is damaged: {error}") from error
