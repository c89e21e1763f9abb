"""The lines of a label file, read in pieces: one line and one piece are in memory at a time."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator

MAX_LINE_LENGTH = 1 << 21
"""Bytes of a line. A line has the labels of one request: some hundred thousand of them fit."""


def split_lines(pieces: Iterable[bytes], max_length: int = MAX_LINE_LENGTH) -> Iterator[bytes]:
    """The lines without their line ends.

    A byte order mark at the beginning is no part of the first line. Of a line that is longer than
    ``max_length`` only its beginning is kept, which is no JSON.

    Example:
        >>> list(split_lines([b"one\\ntw", b"o\\n"]))
        [b'one', b'two']
    """
    pending = b""
    pieces = _without_byte_order_mark(pieces)
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


def _without_byte_order_mark(pieces: Iterable[bytes]) -> Iterator[bytes]:
    head = b""
    rest = iter(pieces)
    for piece in rest:
        head += piece
        if len(head) >= len(BOM_UTF8):
            break
    yield head.removeprefix(BOM_UTF8)
    yield from rest
