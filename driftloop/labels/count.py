"""Counts labeled records up to a required number, whatever the label files hold."""

import hashlib
from collections.abc import Iterable, Iterator

from driftloop.labels.lines import split_lines
from driftloop.labels.parse import parse_label

MAX_BYTES = 1 << 28
"""Bytes of text of all files that are read: some hundred thousand labels fit, and reading takes
seconds."""

MAX_LINES_WITHOUT_LABEL = 100_000
"""Lines that add nothing to the count (empty, unreadable, labeled before), beside as many as the
number that is required."""

_DIGEST_BYTES = 16
"""Of a request's id, which can be long: two of a billion requests collide once in 10^20 times."""


class LabelCounter:
    """Counts each labeled record once, and stops at ``required`` or at a limit.

    Files are added newest first; within a file the last line of a request counts, as in training.
    What it keeps in memory grows with ``required``, not with the files.

    Attributes:
        label_count: Labeled records so far, at most ``required``.
        limit_reached: Why it does not read on though labels are missing; None if it does.
    """

    def __init__(self, required: int) -> None:
        self._required = required
        self._max_lines_without_label = MAX_LINES_WITHOUT_LABEL + required
        self._counts: dict[bytes, tuple[int, int]] = {}  # by request: labels, and file
        self._file = self._bytes = self._lines_without_label = self._labels = 0
        self.limit_reached: str | None = None

    @property
    def label_count(self) -> int:
        """Labeled records so far, at most the required number."""
        return min(self._labels, self._required)

    @property
    def is_done(self) -> bool:
        """Whether no further file is needed, or a limit is reached."""
        return self._labels >= self._required or self.limit_reached is not None

    def add_file(self, pieces: Iterable[bytes]) -> None:
        """Count the lines of one more file, which was collected before those added so far."""
        self._file += 1
        for line in split_lines(pieces, limit=self._bounded):
            if self.is_done:
                return
            if self._add(line):
                continue
            self._lines_without_label += 1
            if self._lines_without_label > self._max_lines_without_label:
                self.limit_reached = (
                    f"{self._max_lines_without_label:,} lines of the newest files have no new label"
                )

    def _bounded(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._bytes += len(piece)
            if self._bytes > MAX_BYTES:
                self.limit_reached = f"the newest files have more than {MAX_BYTES >> 20} MiB"
                return
            yield piece

    def _add(self, line: bytes) -> bool:
        """Whether the line adds a label."""
        label = parse_label(line)
        if label is None:
            return False
        request_id, cells = label
        request = hashlib.blake2b(request_id.encode(), digest_size=_DIGEST_BYTES).digest()
        known, file = self._counts.get(request, (0, self._file))
        if file != self._file:
            return False  # a newer file has this request's labels
        labels = sum(bool(cell.strip()) for cell in cells)
        self._counts[request] = labels, self._file
        self._labels += labels - known
        return labels > known
