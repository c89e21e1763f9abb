"""numpy's .npy: arrays of one or two dimensions. Objects (pickles) are never loaded."""

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
_HEADER_ERRORS = (
    *(ValueError, KeyError, IndexError, TypeError, SyntaxError, tokenize.TokenError),
    *(OverflowError, MemoryError, RecursionError),  # Python's own parser reads the header
)
_MAX_CODE_POINT = 0x10FFFF


def read(data: bytes) -> object:
    """The array as nested lists; with named fields, as a list of objects."""
    stream = io.BytesIO(data)
    try:
        shape, fortran, dtype = _HEADERS[npy.read_magic(stream)](stream)
    except _HEADER_ERRORS as error:
        raise RejectedLineError(
            RejectReason.UNREADABLE_PAYLOAD, f"not a .npy header: {error}"
        ) from error
    body = data[stream.tell() :]
    # the header is not trusted: its shape must fit the bytes before an array is allocated
    if not _is_table(shape, dtype) or math.prod(shape) * dtype.itemsize != len(body):
        detail = f"a .npy of shape {shape} and type {dtype} in {len(body)} bytes can't be used"
        raise RejectedLineError(RejectReason.UNREADABLE_PAYLOAD, detail)
    if not body:
        return []
    array = np.frombuffer(body, dtype=dtype).reshape(shape, order="F" if fortran else "C")
    if not all(_is_valid_text(array[name] if name else array) for name in dtype.names or (None,)):
        raise RejectedLineError(
            RejectReason.UNREADABLE_PAYLOAD, "a .npy with text that is not Unicode"
        )
    if names := dtype.names:
        rows = zip(*(_decoded(array[name].ravel()).tolist() for name in names), strict=True)
        return [dict(zip(names, row, strict=True)) for row in rows]
    return _decoded(array).tolist()


def _decoded(array: NDArray[Any]) -> NDArray[Any]:
    """Bytes as text."""
    return np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array


def _is_table(shape: tuple[object, ...], dtype: np.dtype[Any]) -> bool:
    """At most two dimensions, of scalars or of named scalars."""
    are_lengths = all(type(count) is int and count >= 0 for count in shape)
    fields = [dtype[name] for name in dtype.names or ()] or [dtype]
    are_scalars = all(field.subdtype is None and field.names is None for field in fields)
    return are_lengths and len(shape) <= 2 and are_scalars and not dtype.hasobject


def _is_valid_text(array: NDArray[Any]) -> bool:
    """Whether text holds only valid Unicode code points; numbers always do."""
    if array.dtype.kind != "U" or not array.dtype.itemsize:
        return True
    code_points = array.ravel().astype(array.dtype.newbyteorder("=")).view(np.uint32)
    return bool((code_points <= _MAX_CODE_POINT).all())
