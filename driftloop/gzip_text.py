"""Text that may be gzip: recognized by its first bytes, decompressed a bounded amount at a time."""

import itertools
import zlib
from collections.abc import Iterable, Iterator

MAX_GZIP_RATIO = 100
"""Bytes of text for each compressed byte. An event id alone is 36 characters with 16 random bytes,
so that records of a few thousand characters reach about 100; gzip's own limit is about 1,000."""

MIN_GZIP_TEXT = 1 << 23
"""Bytes of text that an object may have whatever its ratio."""

_PIECE_SIZE = 1 << 14
"""Bytes that are decompressed at a time. In a damaged stream the damaged piece is read again byte
by byte, to keep all text before the damage."""

MAX_TEXT_PIECE = 1 << 21
"""Bytes of text that are returned at a time."""

_GZIP = b"\x1f\x8b"


class GzipTextError(Exception):
    """A gzip stream can't be read to its end; what was read before it counts."""


class CorruptGzipError(GzipTextError):
    """A gzip stream is damaged or ends too early."""


class GzipRatioError(GzipTextError):
    """A gzip stream holds too much text for its size."""


def plain_text(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces, decompressed if the first bytes are gzip's, whatever the object's name.

    Raises:
        GzipTextError: The stream can't be read to its end; all text before that was returned.
    """
    head = b""
    rest = iter(pieces)
    for piece in rest:
        head += piece
        if len(head) >= len(_GZIP):
            break
    if not head.startswith(_GZIP):
        if head:
            yield head
        yield from rest
        return
    yield from _decompress(head, rest)


def _decompress(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Members of a gzip stream, one after the other, a bounded amount of text at a time."""
    decompressor = _new_member()
    read_size = text_size = 0
    for piece in itertools.chain([head], rest):
        for start in range(0, len(piece), _PIECE_SIZE):
            pending = piece[start : start + _PIECE_SIZE]
            read_size += len(pending)
            while pending:
                if decompressor.eof:
                    pending = pending.lstrip(b"\0")  # padding between members and at the end
                    if not pending:
                        break
                    decompressor = _new_member()
                snapshot = decompressor.copy()
                try:
                    text = decompressor.decompress(pending, MAX_TEXT_PIECE)
                except zlib.error as error:
                    yield from _decompress_bytewise(snapshot, pending)
                    raise CorruptGzipError(str(error)) from error
                pending = (
                    decompressor.unused_data if decompressor.eof else decompressor.unconsumed_tail
                )
                if text:
                    yield text
                text_size += len(text)
                if text_size > max(MIN_GZIP_TEXT, MAX_GZIP_RATIO * read_size):
                    raise GzipRatioError(f"{read_size:,} bytes hold over {text_size:,} of text")
    if not decompressor.eof:
        raise CorruptGzipError("the gzip stream ends before its end marker")


def _decompress_bytewise(decompressor: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """The text of a damaged piece before the damage, found byte by byte."""
    for position in range(len(data)):
        try:
            text = decompressor.decompress(data[position : position + 1])
        except zlib.error:
            return
        if text:
            yield text


def _new_member() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
