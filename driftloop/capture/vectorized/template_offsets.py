"""Finds the lines of a block that match a template, and the offsets of their values.

A line matches if it has all constant bytes of the template, and if its values have no byte that
JSON treats specially.
"""

import numpy as np

from driftloop.capture.lines import LineBlock
from driftloop.capture.vectorized.byte_buffer import (
    NEWLINE,
    ByteBuffer,
    ByteValues,
    Mask,
    Positions,
    separator_offsets,
)
from driftloop.capture.vectorized.line_template import FieldRole, LineTemplate, TemplateField

_QUOTE, _BACKSLASH, _SPACE = b'"\\ '
_SWAP_QUOTE_AND_SPACE = _QUOTE ^ _SPACE
"""Exclusive or with it swaps the quotation mark and the blank, which follows the control
characters: one comparison then finds both quotation marks and control characters."""


class TemplateOffsets:
    """The lines of a block, and which of them match a template.

    The block must be UTF-8. All offsets count its bytes.

    Attributes:
        buffer: The bytes of the block.
        matches: bool[lines], whether a line matches the template; n of them do.
        line_starts: int64[lines], offset of the first byte of each line.
        line_ends: int64[lines], offset behind the last byte of each line.
        separators: int64[n, separators of a line], offsets in the matching lines.
        starts: int64[fields, n], offset of the first byte of each value.
        ends: int64[fields, n], offset behind the last byte of each value.
    """

    def __init__(self, block: LineBlock, template: LineTemplate) -> None:
        self.buffer = ByteBuffer(block.data)
        self.starts: Positions
        self.ends: Positions
        self.separators: Positions
        self._template = template
        self._fields = {field.role: position for position, field in enumerate(template.fields)}
        self._split_lines()
        self._find_values()
        self.keep(self._has_constants())
        self.keep(self._has_printable_values())

    def keep(self, mask: Mask) -> None:
        """Keep only those matching lines for which ``mask``, bool[n], is true."""
        if mask.all():
            return
        self.matches[self.matches] = mask
        self.separators = self.separators[mask]
        self.starts, self.ends = self.starts[:, mask], self.ends[:, mask]

    def field(self, role: FieldRole) -> TemplateField:
        """Position of a value in each line; raises KeyError if the template has no such value."""
        return self._template.fields[self._fields[role]]

    def value_offsets(self, role: FieldRole) -> tuple[Positions, Positions]:
        """Start and end, int64[n], of a value; raises KeyError as :meth:`field` does."""
        position = self._fields[role]
        return self.starts[position], self.ends[position]

    def has_field(self, role: FieldRole) -> bool:
        """Whether the template has such a value."""
        return role in self._fields

    def _split_lines(self) -> None:
        """Find the lines, and the separators of those that have as many as the template."""
        separators = np.append(separator_offsets(self.buffer), len(self.buffer.data))
        is_end = self.buffer.byte_values.take(separators[:-1]) == NEWLINE
        line_end_indexes = np.append(np.flatnonzero(is_end), len(separators) - 1)
        self.line_ends = separators[line_end_indexes]
        self.line_starts = np.append(0, self.line_ends[:-1] + 1)
        self.matches = np.diff(line_end_indexes, prepend=-1) == self._template.separators
        # the separators of a matching line: its end and those before
        self.separators = (
            separators.reshape(-1, self._template.separators)
            if self.matches.all()
            else separators[
                line_end_indexes[self.matches, None] + np.arange(1 - self._template.separators, 1)
            ]
        )

    def _find_values(self) -> None:
        """Find where each value begins and ends, if the line matches."""
        fields = self._template.fields
        self.starts = np.array(
            [self._field_start(field.first_separator) + field.start_offset for field in fields]
        )
        self.ends = np.array(
            [self.separators[:, field.last_separator] - field.end_offset for field in fields]
        )

    def _field_start(self, separator: int) -> Positions:
        """Offset behind the separator before this one, or of the line's begin."""
        return (
            self.separators[:, separator - 1] + 1 if separator else self.line_starts[self.matches]
        )

    def _has_constants(self) -> Mask:
        """bool[n]: whether the bytes around the values are the template's."""
        starts = [self.line_starts[self.matches], *self.ends]
        ends = [*self.starts, self.line_ends[self.matches]]
        has_constants: Mask = np.all(self.starts <= self.ends, axis=0)
        for constant, start, end in zip(self._template.constants, starts, ends, strict=True):
            has_constants &= end - start == len(constant)
        for constant, start in zip(self._template.constants, starts, strict=True):
            has_constants[has_constants] = self.buffer.matches(constant, start[has_constants])
        return has_constants

    def _has_printable_values(self) -> Mask:
        """bool[n]: whether the values have no quotation mark, backslash or control character.

        The template's own are known: a line with as many as the template has none in its values.
        """
        byte_values, template = self.buffer.byte_values, self._template
        starts, ends = self.line_starts[~self.matches], self.line_ends[~self.matches]
        other_lines = np.frombuffer(b"".join(self.buffer.slices(starts, ends)), dtype=np.uint8)
        # the line ends between the lines are control characters too
        quotes = (
            _count_quotes_and_controls(byte_values)
            - _count_quotes_and_controls(other_lines)
            - (len(self.matches) - 1)
        )
        backslashes = _count_backslashes(byte_values) - _count_backslashes(other_lines)
        count = len(self.separators)
        if quotes == count * template.quotes and backslashes == count * template.backslashes:
            return np.ones(count, dtype=np.bool_)
        is_special = (byte_values < _SPACE) | (byte_values == _QUOTE) | (byte_values == _BACKSLASH)
        special_offsets = is_special.nonzero()[0]
        starts, ends = self.line_starts[self.matches], self.line_ends[self.matches]
        special_counts = np.searchsorted(special_offsets, ends) - np.searchsorted(
            special_offsets, starts
        )
        return np.asarray(special_counts == template.quotes + template.backslashes)


def _count_quotes_and_controls(byte_values: ByteValues) -> int:
    """Number of quotation marks and control characters."""
    return int(np.count_nonzero((byte_values ^ _SWAP_QUOTE_AND_SPACE) <= _SPACE))


def _count_backslashes(byte_values: ByteValues) -> int:
    return int(np.count_nonzero(byte_values == _BACKSLASH))
