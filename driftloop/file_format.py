"""Stored files: a first line with kind and format version, and a compressed body.

This module needs no numpy: functions without it check a stored file before others read it.
"""

import zlib
from typing import Final

from driftloop.errors import FormatError

BASELINE_VERSION: Final = 4
PROFILE_VERSION: Final = 5
SEASONALITY_VERSION: Final = 2
DAYS_VERSION: Final = 3
LIVE_DAYS_VERSION: Final = 3
HOURS_VERSION: Final = 2
OUTCOMES_VERSION: Final = 1
OUTCOME_BINNING_VERSION: Final = 1
REFERENCE_OUTCOMES_VERSION: Final = 1
"""Versions of the file formats; each rises with every change of what is stored."""

_MAX_BODY = 1 << 30
"""Bytes of a decompressed body; a damaged or hostile file can't fill the memory."""

_CHUNK_BYTES = 1 << 20
"""Bytes of a body that are decompressed at a time where it is only checked."""

_REMEDIES = {
    "baseline": "make the baseline again with `driftloop baseline`",
    "profile": "profile the captured files again",
    "days": "make the baseline again with `driftloop baseline`",
    "live-days": "the days of the version start again",
    "reference-outcomes": "make the baseline again with `driftloop baseline`",
    "pending-records": "read the captured files again",
    "hours-file": "delete the file, and analyze its window again",
    "outcomes": "count the labeled records again",
    "outcome-binning": "make the baseline again with `driftloop baseline`",
    "seasonality": "make the baseline again with `driftloop baseline`",
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
    decompressor = zlib.decompressobj()
    try:
        body = decompressor.decompress(_compressed(kind, version, data), _MAX_BODY)
    except zlib.error as error:
        raise _damaged(kind, error) from error
    if not decompressor.eof:
        raise _truncated(kind)
    return body, decompressor.unused_data


def is_kind(kind: str, data: bytes) -> bool:
    """Whether bytes begin as a file of a kind does."""
    return data.startswith(f"driftloop {kind} ".encode())


def is_of_later_version(kind: str, version: int, data: bytes) -> bool:
    """Whether bytes begin as a file of a kind does that has a higher format version."""
    fields = data[:64].partition(b"\n")[0].split(b" ")
    return is_kind(kind, data) and fields[2].isdigit() and int(fields[2]) > version


def check_baseline(data: bytes) -> None:
    """Check kind, version and checksum of a baseline file, without the memory for its content.

    Raises:
        FormatError: The bytes are no baseline of this version, or are damaged.
    """
    rest = _check("baseline", BASELINE_VERSION, data)
    if is_kind("days", rest):
        rest = _check("days", DAYS_VERSION, rest)
    if is_kind("reference-outcomes", rest):
        rest = _check("reference-outcomes", REFERENCE_OUTCOMES_VERSION, rest)
    if rest:
        _check("seasonality", SEASONALITY_VERSION, rest)


def _check(kind: str, version: int, data: bytes) -> bytes:
    """Decompress the body to nothing, which compares its checksum; return what follows it."""
    compressed = _compressed(kind, version, data)
    decompressor = zlib.decompressobj()
    size = 0
    for start in range(0, len(compressed), _CHUNK_BYTES):
        pending = compressed[start : start + _CHUNK_BYTES]
        while pending and not decompressor.eof:
            try:
                size += len(decompressor.decompress(pending, _CHUNK_BYTES))
            except zlib.error as error:
                raise _damaged(kind, error) from error
            if size > _MAX_BODY:
                raise _truncated(kind)
            pending = decompressor.unconsumed_tail
        if decompressor.eof:
            return decompressor.unused_data + compressed[start + _CHUNK_BYTES :]
    raise _truncated(kind)


def _compressed(kind: str, version: int, data: bytes) -> bytes:
    """What follows the first line, which has the expected kind and version."""
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
    return data[len(head) + 1 :]


def _damaged(kind: str, error: zlib.error) -> FormatError:
    return FormatError(f"this {kind} is damaged: {error}")


def _truncated(kind: str) -> FormatError:
    return FormatError(f"this {kind} is truncated: write or copy it again")
