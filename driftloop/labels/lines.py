"""The lines of a label file, read in pieces: one line and one piece are in memory at a time."""

from collections.abc import Iterable, Iterator

MAX_LINE_LENGTH = 1 << 21
"""Bytes of a line. A line has the labels of one request: some hundred thousand of them fit."""


def split_lines(pieces: Iterable[bytes], max_length: int = MAX_LINE_LENGTH) -> Iterator[bytes]:
    """The lines without their line ends.

    Of a line that is longer than ``max_length`` only its beginning is kept, which is no JSON.

    Example:
        >>> list(split_lines([b"one\\ntw", b"o\\n"]))
        [b'one', b'two']
    """
    pending = b""
    for piece in pieces:
        lines = piece.split(b"\n")
        if len(lines) == 1:
            pending = (pending + piece)[:max_length]
            continue
        yield (pending + lines[0])[:max_length]
        for line in lines[1:-1]:
            yield line[:max_length]
        pending = lines[-1][:max_length]
    if pending:
        yield pending
