"""An object's bytes, gzip or not, as lines; one line and one block are in memory at a time."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import BinaryIO, NamedTuple

import numpy as np

from driftloop.capture.line_counts import LostObjectError, RejectReason
from driftloop.gzip_text import CorruptGzipError, GzipRatioError, plain_text

BLOCK_SIZE = 1 << 21
"""Bytes that are read at a time: enough to amortize the calls, few enough for the CPU cache."""

MAX_LINE_LENGTH = 1 << 27
"""Bytes of a line. SageMaker allows payloads of 25 MB each way; BASE64 and JSON escapes add to
that."""

MAX_KEPT_LENGTH = 4096
"""Bytes that are kept of a line that is too long, to recognize it in the quarantine."""

MAX_OBJECT_TEXT = 1 << 31
"""Bytes of text that are read of an object, so that one object can't exceed the time of its window.
An object of data capture holds at most an hour of one instance."""

_NEWLINE = 10


class Line(NamedTuple):
    """A line without its line end; ``reason`` says why it is unreadable."""

    number: int
    data: bytes
    has_end: bool = True
    reason: RejectReason | None = None


class LineBlock(NamedTuple):
    """Complete lines as they are in the object, from line ``first`` on; no end at the last."""

    first: int
    data: bytes

    def lines(self) -> list[Line]:
        """The lines, one by one."""
        return [
            Line(number, data) for number, data in enumerate(self.data.split(b"\n"), self.first)
        ]

    def halves(self) -> "tuple[LineBlock, LineBlock]":
        """The block in two; it must hold two or more lines."""
        lines = self.data.split(b"\n")
        middle = len(lines) // 2
        first, second = b"\n".join(lines[:middle]), b"\n".join(lines[middle:])
        return LineBlock(self.first, first), LineBlock(self.first + middle, second)


class LazyLines:
    """The lines of a block, split only if one of them is needed."""

    def __init__(self, block: LineBlock) -> None:
        self._block = block

    @cached_property
    def _lines(self) -> list[Line]:
        return self._block.lines()

    def __getitem__(self, position: int) -> Line:
        return self._lines[position]


def read_lines(source: BinaryIO | Iterable[bytes]) -> Iterator[Line | LineBlock]:
    """All lines of an object, numbered from 1. An object that can't be read to its end, or not at
    all, ends with a line that has the reason."""
    splitter = _Splitter()
    try:
        for block in _join_blocks(_limit_text(plain_text(_blocks(source)))):
            yield from splitter.feed(block)
    except (CorruptGzipError, GzipRatioError, _TooMuchTextError, LostObjectError) as error:
        yield from splitter.finish()
        yield Line(splitter.number + 1, str(error).encode(), reason=_reason(error))
        return
    yield from splitter.finish()


def count_lines(source: BinaryIO | Iterable[bytes]) -> int:
    """The number of lines of an object, as :func:`read_lines` reads it."""
    return sum(
        1 if isinstance(lines, Line) else lines.data.count(b"\n") + 1
        for lines in read_lines(source)
    )


class _TooMuchTextError(Exception):
    """An object holds too much text to be read to its end."""


def _reason(error: Exception) -> RejectReason:
    if isinstance(error, LostObjectError):
        return RejectReason.OBJECT_LOST
    if isinstance(error, GzipRatioError):
        return RejectReason.GZIP_RATIO_EXCEEDED
    if isinstance(error, _TooMuchTextError):
        return RejectReason.OBJECT_TOO_LARGE
    return RejectReason.CORRUPT_GZIP


class _Splitter:
    """Splits blocks into lines; the incomplete end of a block waits for the next one."""

    def __init__(self) -> None:
        self.number = 0
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, block: bytes) -> Iterator[Line | LineBlock]:
        first, last = 0, block.rfind(b"\n")
        if last < 0:
            self._keep(block)
            return
        if self._size > MAX_LINE_LENGTH - len(block):
            first = block.find(b"\n")
            self._keep(block[:first])
            yield self._line(has_end=True)
            first += 1
        if first <= last:
            yield self._to_block(memoryview(block)[first:last])
        self._keep(block[last + 1 :])

    def _to_block(self, rest: memoryview) -> LineBlock:
        """The pending bytes and complete lines, joined."""
        lines = LineBlock(
            self.number + 1, self._without_byte_order_mark(b"".join([*self._parts, rest]))
        )
        # numpy counts three times as fast as bytes.count
        self.number += 1 + int(np.count_nonzero(np.frombuffer(lines.data, np.uint8) == _NEWLINE))
        self._parts, self._size = [], 0
        return lines

    def finish(self) -> Iterator[Line]:
        if self._size:
            yield self._line(has_end=False)

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= MAX_LINE_LENGTH:
            self._parts.append(piece)
        else:
            self._parts = [b"".join([*self._parts, piece[:MAX_KEPT_LENGTH]])[:MAX_KEPT_LENGTH]]

    def _line(self, *, has_end: bool) -> Line:
        data = self._without_byte_order_mark(b"".join(self._parts))
        self.number += 1
        too_long = self._size > MAX_LINE_LENGTH
        self._parts, self._size = [], 0
        if too_long:
            return Line(self.number, data[:MAX_KEPT_LENGTH], has_end, RejectReason.LINE_TOO_LONG)
        return Line(self.number, data, has_end)

    def _without_byte_order_mark(self, data: bytes) -> bytes:
        """The lines without the byte order mark that an object may begin with."""
        return data if self.number else data.removeprefix(b"\xef\xbb\xbf")


def _blocks(source: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    read = getattr(source, "read", None)
    if read is None:
        yield from (block for block in source if block)
        return
    while block := read(BLOCK_SIZE):
        yield block


def _join_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Joins small pieces to blocks, also those before an error."""
    pending_blocks: list[bytes] = []
    size = 0
    try:
        for piece in blocks:
            pending_blocks.append(piece)
            size += len(piece)
            if size >= BLOCK_SIZE:
                yield b"".join(pending_blocks)
                pending_blocks, size = [], 0
    except (CorruptGzipError, GzipRatioError, _TooMuchTextError):
        yield b"".join(pending_blocks)
        raise
    yield b"".join(pending_blocks)


def _limit_text(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks, up to the limit of an object."""
    size = 0
    for block in blocks:
        size += len(block)
        if size > MAX_OBJECT_TEXT:
            raise _TooMuchTextError(f"the object has more than {MAX_OBJECT_TEXT:,} bytes of text")
        yield block
