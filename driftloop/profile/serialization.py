"""What stored files contain: structs, and arrays in as few bytes as they need."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.errors import FormatError

_UNSIGNED = ("<u1", "<u2", "<u4", "<u8")


def decode_struct(kind: str, body: bytes, form: Any) -> Any:
    """A msgspec Struct from a body; raises FormatError if it has another form."""
    try:
        return msgspec.msgpack.decode(body, type=form)
    except (msgspec.DecodeError, ValueError) as error:
        raise FormatError(f"this {kind} is damaged: {error}") from error


def pack_counts(counts: NDArray[np.int64]) -> bytes:
    """Non-negative int64[n] as the narrowest unsigned integers, after a byte with their width."""
    largest = int(counts.max()) if len(counts) else 0
    dtype = next(one for one in _UNSIGNED if largest <= np.iinfo(one).max)
    return dtype[-1].encode() + counts.astype(dtype).tobytes()


def unpack_counts(data: bytes) -> NDArray[np.int64]:
    """The inverse of :func:`pack_counts`; raises FormatError on anything else."""
    dtype = f"<u{data[:1].decode('ascii', 'replace')}"
    if dtype not in _UNSIGNED:
        raise FormatError("stored counts have an unknown width; the file is damaged")
    return unpack(data[1:], dtype).astype(np.int64)


def pack(values: NDArray[Any], dtype: str) -> bytes:
    """The bytes of an array, converted to the type ``dtype``."""
    return values.astype(dtype).tobytes()


def unpack(data: bytes, dtype: str) -> NDArray[Any]:
    """An array of the type ``dtype``; raises FormatError if the bytes don't fit it."""
    try:
        return np.frombuffer(data, dtype=dtype).copy()
    except ValueError as error:
        raise FormatError(f"a stored array is damaged: {error}") from error
