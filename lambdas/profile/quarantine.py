"""Stores rejected lines with their reasons: one file per captured object that has any."""

import base64
import hashlib
import json
import tempfile
from typing import IO, Self

from driftloop.capture import RejectedLine
from driftloop.contract import s3_keys
from lambdas.aws.storage import Bucket

_MAX_BYTES_IN_MEMORY = 4 * 1024 * 1024
"""Beyond this size, the rejected lines of an object are spooled to disk."""


class Quarantine:
    """Collects the rejected lines of one object after the other; many of them on disk."""

    def __init__(self, analysis: Bucket, model: str, version: int, label: str) -> None:
        self._analysis, self._model, self._version, self._label = analysis, model, version, label
        self._object: str | None = None
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write the open file; a failed batch writes none, and its retry writes all."""
        if kind is None:
            self._flush()
        elif self._file is not None:
            self._file.close()

    def add(self, reject: RejectedLine) -> None:
        """Add a rejected line; lines arrive in the order of the objects."""
        if reject.object != self._object:
            self._flush()
            self._object = reject.object
            self._file = tempfile.SpooledTemporaryFile(_MAX_BYTES_IN_MEMORY)  # noqa: SIM115  (closed by _flush)
        if self._file is not None:
            self._file.write(_line(reject))

    def _flush(self) -> None:
        if self._object is None or self._file is None:
            return
        identity = hashlib.sha256(self._object.encode()).hexdigest()[:16]
        key = s3_keys.quarantine(self._model, self._version, self._label, identity)
        self._file.seek(0)
        with self._file as source:
            self._analysis.upload(key, source)
        self._object = self._file = None


def _line(reject: RejectedLine) -> bytes:
    entry = {
        "object": reject.object,
        "line": reject.line,
        "reason": str(reject.reason),
        "detail": reject.detail,
        "raw": base64.b64encode(reject.raw).decode(),
    }
    return json.dumps(entry, sort_keys=True).encode() + b"\n"
