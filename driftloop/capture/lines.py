"""An object's bytes, plain or gzip, as lines; never more than one line and one block in memory."""

import itertools
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

import numpy as np

from driftloop.capture.line_counts import RejectReason

BLOCK = 1 << 21
"""Bytes that are read at a time: many enough to amortise the calls, few enough for a cache."""

MAX_LINE_LENGTH = 1 << 27
"""Bytes of a line. A payload is at most 25 MB on each side; BASE64 and JSON escapes add to it."""

KEPT_OF_LONG = 4096
"""Bytes that are kept of a line that is too long."""

_PIECE = 1 << 14
"""Bytes that are unpacked at a time: what has to be searched where the stream is damaged."""

_NEWLINE = 10
_GZIP = b"\x1f\x8b"


class Line(NamedTuple):
    """A line without its end: where it stands, whether an end followed, what is wrong with it."""

    number: int
    data: bytes
    ended: bool = True
    reason: RejectReason | None = None


class LineBlock(NamedTuple):
    """Whole lines as they stand in the object, without the last one's end; the first's number."""

    first: int
    data: bytes

    def lines(self) -> list[Line]:
        """The lines, one by one."""
        return [
            Line(number, data) for number, data in enumerate(self.data.split(b"\n"), self.first)
        ]

    def halves(self) -> "tuple[LineBlock, LineBlock]":
        """The first and the last lines; the run must hold two or more."""
        lines = self.data.split(b"\n")
        middle = len(lines) // 2
        first, second = b"\n".join(lines[:middle]), b"\n".join(lines[middle:])
        return LineBlock(self.first, first), LineBlock(self.first + middle, second)


def read_lines(source: BinaryIO | Iterable[bytes]) -> Iterator[Line | LineBlock]:
    """All lines of an object, numbered from 1; damage becomes a last line with its reason."""
    splitter = _Splitter()
    try:
        for block in _together(_unpacked(_blocks(source))):
            yield from splitter.feed(block)
    except (zlib.error, EOFError) as error:
        yield from splitter.finish()
        yield Line(splitter.number + 1, str(error).encode(), reason=RejectReason.CORRUPT_GZIP)
        return
    yield from splitter.finish()


class _Splitter:
    """Cuts blocks into lines; what is left of a block waits for the next one."""

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
            yield self._line(ended=True)
            first += 1
        if first <= last:
            yield self._run(memoryview(block)[first:last])
        self._keep(block[last + 1 :])

    def _run(self, rest: memoryview) -> LineBlock:
        """What was kept and the rest of whole lines, in one piece."""
        run = LineBlock(self.number + 1, self._without_mark(b"".join([*self._parts, rest])))
        # numpy counts three times as fast as bytes.count
        self.number += 1 + int(np.count_nonzero(np.frombuffer(run.data, np.uint8) == _NEWLINE))
        self._parts, self._size = [], 0
        return run

    def finish(self) -> Iterator[Line]:
        if self._size:
            yield self._line(ended=False)

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= MAX_LINE_LENGTH:
            self._parts.append(piece)
        else:
            self._parts = [b"".join([*self._parts, piece[:KEPT_OF_LONG]])[:KEPT_OF_LONG]]

    def _line(self, *, ended: bool) -> Line:
        data = self._without_mark(b"".join(self._parts))
        self.number += 1
        too_long = self._size > MAX_LINE_LENGTH
        self._parts, self._size = [], 0
        if too_long:
            return Line(self.number, data[:KEPT_OF_LONG], ended, RejectReason.LINE_TOO_LONG)
        return Line(self.number, data, ended)

    def _without_mark(self, data: bytes) -> bytes:
        """The lines without the byte order mark that the first one may begin with."""
        return data if self.number else data.removeprefix(b"\xef\xbb\xbf")


def _blocks(source: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    read = getattr(source, "read", None)
    if read is None:
        yield from (block for block in source if block)
        return
    while block := read(BLOCK):
        yield block


def _together(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces joined to blocks, also those before an error."""
    kept: list[bytes] = []
    size = 0
    try:
        for piece in pieces:
            kept.append(piece)
            size += len(piece)
            if size >= BLOCK:
                yield b"".join(kept)
                kept, size = [], 0
    except (zlib.error, EOFError):
        yield b"".join(kept)
        raise
    yield b"".join(kept)


def _unpacked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks, decompressed where the first bytes say gzip, whatever the object's name."""
    head = b""
    for block in blocks:
        head += block
        if len(head) >= len(_GZIP):
            break
    if not head.startswith(_GZIP):
        if head:
            yield head
        yield from blocks
        return
    yield from _gunzipped(head, blocks)


def _gunzipped(head: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Members of a gzip stream, one after the other, a bounded amount of text at a time."""
    unpack = _member()
    for block in itertools.chain([head], blocks):
        for start in range(0, len(block), _PIECE):
            pending = block[start : start + _PIECE]
            while pending:
                if unpack.eof:
                    pending = pending.lstrip(b"\0")  # padding between members and at the end
                    if not pending:
                        break
                    unpack = _member()
                before = unpack.copy()
                try:
                    text = unpack.decompress(pending, BLOCK)
                except zlib.error:
                    yield from _up_to_the_damage(before, pending)
                    raise
                pending = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
                if text:
                    yield text
    if not unpack.eof:
        raise EOFError("the gzip stream ends before its end marker")


def _up_to_the_damage(unpack: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """What can still be unpacked of a damaged piece, found byte by byte."""
    for position in range(len(data)):
        try:
            text = unpack.decompress(data[position : position + 1])
        except zlib.error:
            return
        if text:
            yield text


def _member() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
