"""The lines of a label file, gzip or not: one line and one piece are in memory at a time."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator

from driftloop.gzip_text import GzipTextError, plain_text

Limit = Callable[[Iterator[bytes]], Iterator[bytes]]
"""Takes the text in pieces, and returns the pieces that are read."""

MAX_LINE_LENGTH = 1 << 21
"""Bytes of a line. A line has the labels of one request: some hundred thousand of them fit."""


def split_lines(
    pieces: Iterable[bytes], max_length: int = MAX_LINE_LENGTH, *, limit: Limit = iter
) -> Iterator[bytes]:
    """The lines without their line ends.

    A file is gzip if it begins as one, whatever its name. A byte order mark at the beginning is no
    part of the first line. Of a line that is longer than ``max_length`` only its beginning is kept,
    which is no JSON. A gzip stream that can't be read to its end, or holds far more text than
    labels make, ends with a line that is no JSON either.

    Args:
        pieces: The bytes of the file.
        max_length: Bytes that are kept of a line.
        limit: Limits the text, decompressed, that is read.

    Example:
        >>> list(split_lines([b"one\\ntw", b"o\\n"]))
        [b'one', b'two']
    """
    pending = b""
    try:
        for piece in _without_byte_order_mark(limit(plain_text(pieces))):
            lines = piece.split(b"\n")
            if len(lines) == 1:
                pending = (pending + piece)[:max_length]
                continue
            yield (pending + lines[0])[:max_length]
            for line in lines[1:-1]:
                yield line[:max_length]
            pending = lines[-1][:max_length]
    except GzipTextError as error:
        yield pending
        pending = str(error).encode()
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
