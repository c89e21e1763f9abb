"""Where the values of one shape stand in the lines of a run.

A line has the shape where all of the shape's bytes stand in it, and its values hold no byte that
would make JSON read them otherwise than as they are.
"""

import numpy as np

from driftloop.capture.lines import LineBlock
from driftloop.capture.vectorized.byte_buffer import (
    NEWLINE,
    ByteBuffer,
    Letters,
    Mask,
    Positions,
    separator_offsets,
)
from driftloop.capture.vectorized.line_template import FieldRole, LineTemplate, TemplateField

_QUOTE, _BACKSLASH, _SPACE = b'"\\ '
_SWAP = _QUOTE ^ _SPACE
"""Exclusive or with it swaps the quotation mark with the blank, next to the control characters."""


class TemplateOffsets:
    """The lines of a run, of which those that are ``alike``, bool[lines], have the shape.

    Of all lines there are ``line_starts`` and ``line_ends`` int64[lines]; of those alike, n of
    them, ``marks`` int64[n, marks of a line], and ``starts`` and ``ends`` int64[fields, n] of
    their values. All count the bytes of the run, which must be UTF-8.
    """

    def __init__(self, run: LineBlock, shape: LineTemplate) -> None:
        self.text = ByteBuffer(run.data)
        self.starts: Positions
        self.ends: Positions
        self.marks: Positions
        self._shape = shape
        self._fields = {field.role: place for place, field in enumerate(shape.fields)}
        self._cut()
        self._find_values()
        self.keep(self._has_the_constants())
        self.keep(self._is_printed())

    def keep(self, mask: Mask) -> None:
        """Go on with those lines of the alike for which the mask, bool[n], holds."""
        if mask.all():
            return
        self.alike[self.alike] = mask
        self.marks = self.marks[mask]
        self.starts, self.ends = self.starts[:, mask], self.ends[:, mask]

    def field(self, role: FieldRole) -> TemplateField:
        """Where a value stands in each line; raises KeyError where the shape has no such value."""
        return self._shape.fields[self._fields[role]]

    def value(self, role: FieldRole) -> tuple[Positions, Positions]:
        """Start and end int64[n] of a value; raises KeyError as :meth:`field` does."""
        place = self._fields[role]
        return self.starts[place], self.ends[place]

    def has(self, role: FieldRole) -> bool:
        """Whether the shape has such a value."""
        return role in self._fields

    def _cut(self) -> None:
        """The lines, and the marks of those that have as many as the shape."""
        marks = np.append(separator_offsets(self.text), len(self.text.data))
        is_end = self.text.byte_values.take(marks[:-1]) == NEWLINE
        last = np.append(np.flatnonzero(is_end), len(marks) - 1)
        self.line_ends = marks[last]
        self.line_starts = np.append(0, self.line_ends[:-1] + 1)
        self.alike = np.diff(last, prepend=-1) == self._shape.marks
        # of each line that is alike, all its marks: the last one and those before
        self.marks = (
            marks.reshape(-1, self._shape.marks)
            if self.alike.all()
            else marks[last[self.alike, None] + np.arange(1 - self._shape.marks, 1)]
        )

    def _find_values(self) -> None:
        """Where each value begins and ends, if the line has the shape."""
        fields = self._shape.fields
        self.starts = np.array([self._begin(field.first) + field.after for field in fields])
        self.ends = np.array([self.marks[:, field.last] - field.before for field in fields])

    def _begin(self, mark: int) -> Positions:
        """Where the text before a mark begins: behind the mark before, or where the line does."""
        return self.marks[:, mark - 1] + 1 if mark else self.line_starts[self.alike]

    def _has_the_constants(self) -> Mask:
        """Whether the bytes around the values are the shape's."""
        starts = [self.line_starts[self.alike], *self.ends]
        ends = [*self.starts, self.line_ends[self.alike]]
        fits: Mask = np.all(self.starts <= self.ends, axis=0)
        for constant, start, end in zip(self._shape.constants, starts, ends, strict=True):
            fits &= end - start == len(constant)
        for constant, start in zip(self._shape.constants, starts, strict=True):
            fits[fits] = self.text.matches(constant, start[fits])
        return fits

    def _is_printed(self) -> Mask:
        """Whether the values hold no quotation mark, no backslash and no control character.

        A line holds the shape's own, so where their number is right there are no others.
        """
        byte_values, shape = self.text.byte_values, self._shape
        starts, ends = self.line_starts[~self.alike], self.line_ends[~self.alike]
        others = np.frombuffer(b"".join(self.text.slices(starts, ends)), dtype=np.uint8)
        # the line ends between the lines are control characters too
        quotes = _low(byte_values) - _low(others) - (len(self.alike) - 1)
        escapes = _escapes(byte_values) - _escapes(others)
        count = len(self.marks)
        if quotes == count * shape.quotes and escapes == count * shape.escapes:
            return np.ones(count, dtype=np.bool_)
        special = (byte_values < _SPACE) | (byte_values == _QUOTE) | (byte_values == _BACKSLASH)
        places = special.nonzero()[0]
        starts, ends = self.line_starts[self.alike], self.line_ends[self.alike]
        found = np.searchsorted(places, ends) - np.searchsorted(places, starts)
        return np.asarray(found == shape.quotes + shape.escapes)


def _low(byte_values: Letters) -> int:
    """How many are quotation marks or control characters."""
    return int(np.count_nonzero((byte_values ^ _SWAP) <= _SPACE))


def _escapes(byte_values: Letters) -> int:
    return int(np.count_nonzero(byte_values == _BACKSLASH))
