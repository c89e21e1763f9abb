"""A buffer of bytes that cells are read from in 64-bit words, and the offsets of the cells."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Words = NDArray[np.uint64]
Mask = NDArray[np.bool_]
ByteValues = NDArray[np.uint8]
Floats = NDArray[np.float64]

WORD_BYTES = 8
"""Bytes of a 64-bit word."""

MAX_CELL_WORDS = 4
"""64-bit words that a cell is compared by. Most cells have up to 32 bytes; a longer one is read by
itself."""

MARGIN_BYTES = WORD_BYTES * MAX_CELL_WORDS
"""Bytes that must be in the buffer before the first cell, since words are read backwards from its
end."""

COMMA, NEWLINE = b",\n"

_ZEROS = np.uint64(0x3030303030303030)

_CELL_MASKS = np.array(
    [(1 << 64) - (1 << 8 * (WORD_BYTES - n)) for n in range(WORD_BYTES + 1)], dtype=np.uint64
)
"""Masks of a word by the number of its bytes that belong to the cell, from the highest one down."""


class ByteBuffer:
    """Bytes; the first ``MARGIN_BYTES`` of them and the last one belong to no cell.

    ``byte_values`` uint8[size] are the same bytes.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.byte_values = np.frombuffer(data, dtype=np.uint8)

    def read_words(self, end: Positions, size: Positions, word_index: int) -> Words:
        """uint64[n]: a word of each cell, counted from its end: the last eight bytes are word 0.

        The cell's last byte is the highest one. Bytes are exclusive-ored with ``0``, so that a
        digit becomes its value; bytes before the cell are 0.

        Args:
            end: Offset behind each cell, int64[n].
            size: Bytes of each cell, int64[n].
            word_index: Which word, from 0.
        """
        result = self._overlapping_words[end - WORD_BYTES * (word_index + 1)]
        result ^= _ZEROS
        result &= _CELL_MASKS.take(size - WORD_BYTES * word_index, mode="clip")
        return result

    def slices(self, start: Positions, end: Positions) -> list[bytes]:
        """The bytes of each cell."""
        pairs = zip(start.tolist(), end.tolist(), strict=True)
        return [self.data[first:last] for first, last in pairs]

    def texts(self, start: Positions, end: Positions) -> list[str]:
        """The text of each cell."""
        return [cell.decode("utf-8", "surrogatepass") for cell in self.slices(start, end)]

    def fixed_width_bytes(self, start: Positions, end: Positions) -> bytes | None:
        """The joined bytes of the cells if all are ASCII and of one length, else None."""
        size = end - start
        if not len(size) or not size[0] or np.any(size != size[0]):
            return None
        byte_values = self._fixed_width_slices(start, int(size[0]))
        return byte_values if byte_values.isascii() else None

    def matches(self, constant: bytes, start: Positions) -> Mask:
        """bool[n]: whether the constant is at each offset; the buffer must be long enough."""
        result = self._fixed_width_slices(start, len(constant))
        if result == constant * len(start):
            return np.ones(len(start), dtype=np.bool_)
        table = np.frombuffer(result, dtype=np.uint8).reshape(len(start), len(constant))
        return np.asarray(np.all(table == np.frombuffer(constant, dtype=np.uint8), axis=1))

    def _fixed_width_slices(self, start: Positions, size: int) -> bytes:
        """``size`` bytes from each offset on, joined."""
        if not size:
            return b""
        count = max(0, len(self.data) - size + 1)
        return np.ndarray(count, f"V{size}", self.data, strides=(1,))[start].tobytes()

    @cached_property
    def _overlapping_words(self) -> Words:
        # a word begins at every byte, so the words overlap
        return np.ndarray(max(0, len(self.data) - WORD_BYTES + 1), "<u8", self.data, strides=(1,))


class CellOffsets(NamedTuple):
    """Offsets of cells in a buffer: ``start`` and ``end``, int64[columns, rows]."""

    buffer: ByteBuffer
    start: Positions
    end: Positions

    @classmethod
    def from_rows(cls, rows: Sequence[str], columns: int) -> "CellOffsets | None":
        """The cells of CSV rows without quotes and line ends.

        None unless all rows have ``columns`` cells.
        """
        buffer = ByteBuffer(
            b" " * MARGIN_BYTES + "\n".join([*rows, ""]).encode("utf-8", "surrogatepass")
        )
        separators = separator_offsets(buffer)
        if len(separators) != len(rows) * columns:
            return None
        end = separators.reshape(len(rows), columns)
        if np.any(buffer.byte_values.take(end[:, -1]) != NEWLINE):
            return None
        start = np.append(MARGIN_BYTES, separators + 1)[:-1].reshape(end.shape)
        return cls(buffer, np.ascontiguousarray(start.T), np.ascontiguousarray(end.T))

    @property
    def text_size(self) -> int:
        """Bytes of all rows, with the commas between their cells."""
        return int((self.end[-1] - self.start[0]).sum())


def separator_offsets(buffer: ByteBuffer) -> Positions:
    """int64[n]: offsets of the commas and line ends."""
    return np.flatnonzero((buffer.byte_values == COMMA) | (buffer.byte_values == NEWLINE))
