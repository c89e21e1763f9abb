"""numpy's .npy: a table of at most two dimensions. Objects (pickles) are never loaded."""

import io
import math
import tokenize
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from driftloop.capture.line_counts import RejectedLineError, RejectReason

MAGIC = b"\x93NUMPY"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


_BROKEN = (
    *(ValueError, KeyError, IndexError, TypeError, SyntaxError, tokenize.TokenError),
    *(OverflowError, MemoryError, RecursionError),  # Python's own parser reads the header
)
_LAST_LETTER = 0x10FFFF


def read(data: bytes) -> object:
    """Nested lists of the array; of named fields, a list of objects."""
    stream = io.BytesIO(data)
    try:
        shape, fortran, dtype = _HEADERS[npy.read_magic(stream)](stream)
    except _BROKEN as error:
        raise RejectedLineError(
            RejectReason.UNREADABLE_PAYLOAD, f"not a .npy header: {error}"
        ) from error
    body = data[stream.tell() :]
    # the header is not trusted: its shape must be what the bytes hold before anything is made
    if not _is_table(shape, dtype) or math.prod(shape) * dtype.itemsize != len(body):
        detail = f"a .npy of shape {shape} and type {dtype} in {len(body)} bytes can't be used"
        raise RejectedLineError(RejectReason.UNREADABLE_PAYLOAD, detail)
    if not body:
        return []
    array = np.frombuffer(body, dtype=dtype).reshape(shape, order="F" if fortran else "C")
    if not all(_is_text(array[name] if name else array) for name in dtype.names or (None,)):
        raise RejectedLineError(
            RejectReason.UNREADABLE_PAYLOAD, "a .npy with text that is no Unicode"
        )
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype.names:
        return [dict(zip(array.dtype.names, row, strict=True)) for row in array.ravel().tolist()]
    return array.tolist()


def _is_table(shape: tuple[object, ...], dtype: np.dtype[Any]) -> bool:
    """At most two dimensions, of plain values or of named plain values."""
    counts = all(type(count) is int and count >= 0 for count in shape)
    fields = [dtype[name] for name in dtype.names or ()] or [dtype]
    plain = all(field.subdtype is None and field.names is None for field in fields)
    return counts and len(shape) <= 2 and plain and not dtype.hasobject


def _is_text(array: NDArray[Any]) -> bool:
    """Whether Python can read its letters, where it is text."""
    if array.dtype.kind != "U" or not array.dtype.itemsize:
        return True
    byte_values = array.ravel().astype(array.dtype.newbyteorder("=")).view(np.uint32)
    return bool((byte_values <= _LAST_LETTER).all())
