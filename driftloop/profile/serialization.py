"""Stored files: a kind, a version and a compressed body; arrays in as few bytes as they need."""

import zlib
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.errors import FormatError

_MAX_BODY = 1 << 30
"""Bytes of a decompressed body; a damaged or hostile file can't fill the memory."""

_UNSIGNED = ("<u1", "<u2", "<u4", "<u8")


_REMEDIES = {
    "baseline": "make the baseline again with `driftloop baseline`",
    "profile": "profile the captured files again",
    "seasonality": "make it again with `driftloop baseline` or `driftloop accept`",
}
"""What to do with a file of another version, by kind."""


def encode(kind: str, version: int, body: bytes) -> bytes:
    """``driftloop <kind> <version>\\n`` and the compressed body."""
    return f"driftloop {kind} {version}\n".encode() + zlib.compress(body, 6)


def decode(kind: str, version: int, data: bytes) -> bytes:
    """The body that :func:`encode` was given.

    Raises:
        FormatError: The bytes have another kind or version, or are damaged.
    """
    return decode_prefix(kind, version, data)[0]


def decode_prefix(kind: str, version: int, data: bytes) -> tuple[bytes, bytes]:
    """The body that :func:`encode` was given, and the bytes that follow it; raises FormatError."""
    head = data[:64].partition(b"\n")[0]
    fields = head.decode("ascii", "replace").split(" ")
    if len(fields) != 3 or fields[0] != "driftloop":
        raise FormatError(f"this is not a driftloop {kind} file; was another file given?")
    if fields[1] != kind:
        raise FormatError(
            f"this is a driftloop {fields[1]} file (format version {fields[2]}), and a {kind} file "
            f"(format version {version}) is needed"
        )
    if fields[2] != str(version):
        raise FormatError(
            f"this {kind} file has format version {fields[2]}, and this driftloop reads version "
            f"{version}: {_REMEDIES[kind]}, or use the driftloop release that wrote it"
        )
    return _decompress(kind, data[len(head) + 1 :])


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


def _decompress(kind: str, data: bytes) -> tuple[bytes, bytes]:
    decompressor = zlib.decompressobj()
    try:
        body = decompressor.decompress(data, _MAX_BODY)
    except zlib.error as error:
        raise FormatError(f"this {kind} is damaged: {error}") from error
    if not decompressor.eof:
        raise FormatError(f"this {kind} is truncated: write or copy it again")
    return body, decompressor.unused_data
