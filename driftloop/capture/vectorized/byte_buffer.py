"""Bytes to read cells from, eight letters at a time, and where the cells stand in them."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Words = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Letters = NDArray[np.uint8]
Floats = NDArray[np.float64]

WORD = 8
"""Letters that are taken at a time."""

REACH = 4
"""Words that a cell is looked at by; a longer one is read by itself."""

MARGIN = WORD * REACH
"""Bytes that must stand before the first cell, since words are taken backwards from its end."""

COMMA, NEWLINE = b",\n"

_ZEROS = np.uint64(0x3030303030303030)

_KEPT = np.array([(1 << 64) - (1 << 8 * (WORD - n)) for n in range(WORD + 1)], dtype=np.uint64)
"""By the number of letters that belong to the cell: the bits of a word that hold them."""


class ByteBuffer:
    """Bytes, of which the first ``MARGIN`` and the last one are part of no cell."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.byte_values = np.frombuffer(data, dtype=np.uint8)

    def word(self, end: Positions, size: Positions, place: int) -> Words:
        """uint64[n]: the last eight letters of each cell, those before where ``place`` is 1, ….

        The cell's last letter is the highest byte. A letter is told by its distance from ``0``
        (exclusive or), so that a digit is its value; where the cell has fewer letters stands 0.
        """
        found = self._words[end - WORD * (place + 1)]
        found ^= _ZEROS
        found &= _KEPT.take(size - WORD * place, mode="clip")
        return found

    def slices(self, start: Positions, end: Positions) -> list[bytes]:
        """The bytes of some cells, one by one."""
        pairs = zip(start.tolist(), end.tolist(), strict=True)
        return [self.data[first:last] for first, last in pairs]

    def texts(self, start: Positions, end: Positions) -> list[str]:
        """The texts of some cells, one by one."""
        return [cell.decode("utf-8", "surrogatepass") for cell in self.slices(start, end)]

    def fixed_width_bytes(self, start: Positions, end: Positions) -> bytes | None:
        """The letters of cells that are all ASCII and as long as the first, else None."""
        size = end - start
        if not len(size) or not size[0] or np.any(size != size[0]):
            return None
        byte_values = self._stretches(start, int(size[0]))
        return byte_values if byte_values.isascii() else None

    def matches(self, constant: bytes, start: Positions) -> Mask:
        """bool[n]: whether the constant stands at each place; all must be so far from the end."""
        found = self._stretches(start, len(constant))
        if found == constant * len(start):
            return np.ones(len(start), dtype=np.bool_)
        table = np.frombuffer(found, dtype=np.uint8).reshape(len(start), len(constant))
        return np.asarray(np.all(table == np.frombuffer(constant, dtype=np.uint8), axis=1))

    def _stretches(self, start: Positions, size: int) -> bytes:
        """``size`` bytes from each place on, one after the other."""
        if not size:
            return b""
        count = max(0, len(self.data) - size + 1)
        return np.ndarray(count, f"V{size}", self.data, strides=(1,))[start].tobytes()

    @cached_property
    def _words(self) -> Words:
        # a word begins at every byte, so neighbors overlap
        return np.ndarray(max(0, len(self.data) - WORD + 1), "<u8", self.data, strides=(1,))


class CellOffsets(NamedTuple):
    """Where cells stand: ``start`` and ``end`` int64[columns, rows] count the text's bytes."""

    text: ByteBuffer
    start: Positions
    end: Positions

    @classmethod
    def from_rows(cls, rows: Sequence[str], columns: int) -> "CellOffsets | None":
        """The cells of rows without quotes and line ends; None where a row has more or fewer."""
        text = ByteBuffer(b" " * MARGIN + "\n".join([*rows, ""]).encode("utf-8", "surrogatepass"))
        marks = separator_offsets(text)
        if len(marks) != len(rows) * columns:
            return None
        end = marks.reshape(len(rows), columns)
        if np.any(text.byte_values.take(end[:, -1]) != NEWLINE):
            return None
        start = np.append(MARGIN, marks + 1)[:-1].reshape(end.shape)
        return cls(text, np.ascontiguousarray(start.T), np.ascontiguousarray(end.T))

    @property
    def size(self) -> int:
        """Letters of all rows, the commas between their cells among them."""
        return int((self.end[-1] - self.start[0]).sum())


def separator_offsets(text: ByteBuffer) -> Positions:
    """int64[n]: where commas and line ends stand."""
    return np.flatnonzero((text.byte_values == COMMA) | (text.byte_values == NEWLINE))
