"""Reads the lines of a block that match a template, all at once: the path of most lines.

Neighboring lines mostly have the same time, so each distinct time is parsed once.
"""

import numpy as np

from driftloop.capture.capture_record import epoch_seconds
from driftloop.capture.event_ids import EventIds
from driftloop.capture.line_counts import RejectedLineError
from driftloop.capture.lines import LineBlock
from driftloop.capture.vectorized.byte_buffer import (
    MAX_CELL_WORDS,
    WORD_BYTES,
    ByteBuffer,
    CellOffsets,
    Floats,
    Mask,
    Positions,
)
from driftloop.capture.vectorized.line_template import FieldRole, LineTemplate, infer_template
from driftloop.capture.vectorized.simple_requests import (
    MAX_SIMPLE_LENGTH,
    SimpleRequestCheck,
    SimpleRequests,
)
from driftloop.capture.vectorized.template_offsets import TemplateOffsets

MAX_STRETCH_SHARE = 1 / 16
"""Stretches of matching and of other lines, as a share of all lines. If matching and other lines
alternate more often than that, decoding all lines is faster."""

MAX_BLOCK_LENGTH = 1 << 22
"""Bytes of a block. A longer block has huge lines; the offsets of all their commas would take
several times its size."""

MAX_TIME_LENGTH = WORD_BYTES * MAX_CELL_WORDS
"""Bytes of a time: as many as are compared in 64-bit words. ISO 8601 with microseconds and zone has
32."""

_IS_BLANK_OR_NOT_ASCII = np.isin(np.arange(256), [ord(" "), *range(0x80, 0x100)])


class TemplateMatcher:
    """Finds lines that match the template of the lines before, or of the first line of a block."""

    def __init__(self, check: SimpleRequestCheck) -> None:
        self._check = check
        self._template: LineTemplate | None = None

    def find(self, block: LineBlock) -> "MatchedLines | None":
        """The matching lines of a block; None if too few lines match."""
        if len(block.data) > MAX_BLOCK_LENGTH or not _is_utf8(block.data):
            return None
        matched = self._match(block)
        if matched is None:
            self._template = infer_template(block.data.partition(b"\n")[0], self._check)
            matched = self._match(block)
        return matched

    def _match(self, block: LineBlock) -> "MatchedLines | None":
        if self._template is None:
            return None
        matched = MatchedLines(block, self._template, self._check)
        stretches = len(matched.boundaries) - 1
        are_few = stretches <= max(1, MAX_STRETCH_SHARE * len(matched.matches))
        return matched if are_few and matched.matches.any() else None


class MatchedLines:
    """The lines of a block, of which those that match a template are simple requests.

    Attributes:
        matches: bool[lines], whether a line matches the template.
        boundaries: Numbers of lines, from 0 on, at which a stretch of matching or of other lines
            begins, and the number of lines at the end.
    """

    def __init__(self, block: LineBlock, template: LineTemplate, check: SimpleRequestCheck) -> None:
        self._block = block
        self._offsets = TemplateOffsets(block, template)
        self._offsets.keep(_are_simple(self._offsets, check))
        times = parse_timestamps(self._offsets.buffer, *self._offsets.value_offsets(FieldRole.TIME))
        is_time = ~np.isnan(times)
        self._offsets.keep(is_time)
        self._times = times[is_time]
        self.matches = self._offsets.matches
        self._matches_before = np.append(0, np.cumsum(self.matches))
        changes = np.flatnonzero(self.matches[1:] != self.matches[:-1]) + 1
        self.boundaries = [0, *changes.tolist(), len(self.matches)]

    def lines(self, first: int, last: int) -> LineBlock:
        """Lines [first, last) as they are in the block."""
        start, end = self._offsets.line_starts[first], self._offsets.line_ends[last - 1]
        return LineBlock(self._block.first + first, self._block.data[start:end])

    def simple_requests(self, first: int, last: int, start: float, end: float) -> SimpleRequests:
        """The requests of the times [start, end) in lines [first, last), which must all match.

        Args:
            first: Number of the first line, from 0.
            last: Number of the line after the last one.
            start: Begin of the window in epoch seconds.
            end: End of the window in epoch seconds.
        """
        lines: Positions | slice = slice(
            int(self._matches_before[first]), int(self._matches_before[last])
        )
        times = self._times[lines]
        in_window = (start <= times) & (times < end)
        if not in_window.all():
            lines = np.flatnonzero(in_window) + self._matches_before[first]
            times = times[in_window]
        has_ids = self._offsets.has_field(FieldRole.INFERENCE_ID)
        has_predictions = self._offsets.has_field(FieldRole.PREDICTION)
        return SimpleRequests(
            event_ids=self._ids(FieldRole.EVENT_ID, lines),
            inference_ids=[*self._ids(FieldRole.INFERENCE_ID, lines)]
            if has_ids
            else [None] * len(times),
            times=times,
            rows=self._cells(FieldRole.ROW, lines),
            predictions=self._cells(FieldRole.PREDICTION, lines) if has_predictions else None,
            outside_window=last - first - len(times),
        )

    def _ids(self, role: FieldRole, lines: Positions | slice) -> EventIds:
        start, end = (offsets[lines] for offsets in self._offsets.value_offsets(role))
        byte_values = self._offsets.buffer.fixed_width_bytes(start, end)
        if byte_values is None:
            return EventIds.from_strings(self._offsets.buffer.texts(start, end))
        return EventIds.from_fixed_width(byte_values, int(end[0] - start[0]))

    def _cells(self, role: FieldRole, lines: Positions | slice) -> CellOffsets:
        ends = _cell_ends(self._offsets, role)[:, lines]
        starts = np.empty_like(ends)
        starts[0] = self._offsets.value_offsets(role)[0][lines]
        np.add(ends[:-1], 1, out=starts[1:])
        return CellOffsets(self._offsets.buffer, starts, ends)


def parse_timestamps(buffer: ByteBuffer, start: Positions, end: Positions) -> Floats:
    """Epoch seconds of the cells, float64[n]; NaN for texts that are not a time."""
    size = end - start
    if not len(size) or size.max() > MAX_TIME_LENGTH:
        return np.full(len(size), np.nan)
    differs = np.append(True, size[1:] != size[:-1])
    for index in range(MAX_CELL_WORDS):
        word = buffer.read_words(end, size, index)
        differs[1:] |= word[1:] != word[:-1]
    positions = np.flatnonzero(differs)
    texts = buffer.slices(start[positions], end[positions])
    seconds = [_parse_timestamp(text.decode()) for text in texts]
    return np.repeat(seconds, np.diff(positions, append=len(size)))


def _parse_timestamp(text: str) -> float:
    try:
        return epoch_seconds(text)
    except RejectedLineError:
        return float("nan")


def _cell_ends(offsets: TemplateOffsets, role: FieldRole) -> Positions:
    """int64[columns, n]: offsets behind a value's cells: its commas, and the value's end."""
    field = offsets.field(role)
    ends = np.array(
        offsets.separators[:, field.first_separator : field.last_separator + 1].T, order="C"
    )
    ends[-1] -= field.end_offset
    return ends


def _are_simple(offsets: TemplateOffsets, check: SimpleRequestCheck) -> Mask:
    """bool[n]: whether the payload decoder gives the same cells, and can't reject the line."""
    byte_values = offsets.buffer.byte_values
    start, end = offsets.value_offsets(FieldRole.EVENT_ID)
    is_simple = start < end
    if offsets.has_field(FieldRole.PREDICTION):
        start, end = offsets.value_offsets(FieldRole.PREDICTION)
        is_simple &= end - start <= MAX_SIMPLE_LENGTH
        is_simple &= (start < end) & ~_IS_BLANK_OR_NOT_ASCII[byte_values.take(start)]
    start, end = offsets.value_offsets(FieldRole.ROW)
    is_simple &= end - start <= MAX_SIMPLE_LENGTH
    is_simple &= (start < end) | (check.columns > 1)
    to_check = np.flatnonzero(is_simple & check.is_header_byte[byte_values.take(start)])
    if len(to_check):
        ends = _cell_ends(offsets, FieldRole.ROW)[check.header_cells - 1, to_check]
        rows = offsets.buffer.texts(start[to_check], ends)
        is_simple[to_check] = [not check.can_be_header(row) for row in rows]
    return is_simple


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
