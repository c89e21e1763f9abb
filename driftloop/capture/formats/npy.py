"""numpy's .npy: a table of at most two dimensions. Objects (pickles) are never loaded."""

import io
import math

import numpy as np
from numpy.lib import format as npy

from driftloop.capture.outcome import Unusable
from driftloop.capture.tally import Reason

MAGIC = b"\x93NUMPY"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read(data: bytes) -> object:
    """Nested lists of the array; of named fields, a list of objects."""
    stream = io.BytesIO(data)
    try:
        shape, fortran, dtype = _HEADERS[npy.read_magic(stream)](stream)
    except (ValueError, KeyError, SyntaxError, TypeError) as error:
        raise Unusable(Reason.PAYLOAD, f"not a .npy header: {error}") from error
    body = data[stream.tell() :]
    # the header is not trusted: its shape must be what the bytes hold before anything is made
    if dtype.hasobject or len(shape) > 2 or math.prod(shape) * dtype.itemsize != len(body):
        detail = f"a .npy of shape {shape} and type {dtype} in {len(body)} bytes can't be used"
        raise Unusable(Reason.PAYLOAD, detail)
    if not body:
        return []
    array = np.frombuffer(body, dtype=dtype).reshape(shape, order="F" if fortran else "C")
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype.names:
        return [dict(zip(array.dtype.names, row, strict=True)) for row in array.ravel().tolist()]
    return array.tolist()
