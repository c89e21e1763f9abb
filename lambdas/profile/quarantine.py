"""Stores rejected lines with their reasons: one bounded file per captured object that has any.

What is beyond the limits is only counted, so that no object can fill the function's memory or the
bucket: the profile counts every line by its reason.
"""

import base64
import hashlib
import json
import logging
from typing import Self

from driftloop.capture import RejectedLine
from driftloop.contract import s3_keys
from driftloop.untrusted_text import single_line
from lambdas.aws.storage import Bucket

logger = logging.getLogger(__name__)

MAX_OBJECT_LINES = 1000
MAX_OBJECT_BYTES = 1 << 20
"""Rejected lines of one object that are stored: enough to see what is wrong."""

MAX_WINDOW_LINES = 20_000
MAX_WINDOW_BYTES = 1 << 24
"""Rejected lines of one window. Its batches have equal shares, since they are read at once."""

MAX_LINE_BYTES = 1 << 16
"""Bytes that are stored of one line; ``length`` of its entry is the line's own."""


class Quarantine:
    """Collects the rejected lines of one object after the other, up to the limits.

    ``batches`` is the number of batches of the window.
    """

    def __init__(
        self, analysis: Bucket, model: str, version: int, label: str, *, batches: int
    ) -> None:
        self._analysis, self._model, self._version, self._label = analysis, model, version, label
        self._lines_left = -(-MAX_WINDOW_LINES // batches)
        self._bytes_left = MAX_WINDOW_BYTES // batches
        self._start("")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write the last file; a failed batch writes none for it, and its retry writes all."""
        if kind is None:
            self._flush()

    def add(self, reject: RejectedLine) -> None:
        """Add a rejected line; lines arrive in the order of the objects."""
        if reject.object != self._object:
            self._flush()
            self._start(reject.object)
        if self._omitted or len(self._entries) >= min(MAX_OBJECT_LINES, self._lines_left):
            self._omitted += 1
            return
        entry = _entry(reject)
        if self._size + len(entry) > min(MAX_OBJECT_BYTES, self._bytes_left):
            self._omitted += 1
            return
        self._entries.append(entry)
        self._size += len(entry)

    def _start(self, name: str) -> None:
        self._object, self._size, self._omitted = name, 0, 0
        self._entries: list[bytes] = []

    def _flush(self) -> None:
        if self._omitted:
            logger.warning(
                "%s: %d rejected lines are not stored", single_line(self._object), self._omitted
            )
        if not self._entries:
            return
        identity = hashlib.sha256(self._object.encode()).hexdigest()[:16]
        key = s3_keys.quarantine(self._model, self._version, self._label, identity)
        last = [_to_line({"object": self._object, "omitted_lines": self._omitted})]
        self._analysis.put(key, b"".join(self._entries + (last if self._omitted else [])))
        self._lines_left -= len(self._entries)
        self._bytes_left -= self._size


def _entry(reject: RejectedLine) -> bytes:
    return _to_line(
        {
            "object": reject.object,
            "line": reject.line,
            "reason": str(reject.reason),
            "detail": reject.detail,
            "raw": base64.b64encode(reject.raw[:MAX_LINE_BYTES]).decode(),
            "length": len(reject.raw),
        }
    )


def _to_line(entry: dict[str, object]) -> bytes:
    return json.dumps(entry, sort_keys=True).encode() + b"\n"
