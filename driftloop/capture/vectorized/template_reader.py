"""Lines that are alike, found in a run and read all at once: the way that most lines go.

Times of many lines, each text read once.
"""

import numpy as np

from driftloop.capture.capture_record import epoch_seconds
from driftloop.capture.event_ids import EventIds
from driftloop.capture.line_counts import RejectedLineError
from driftloop.capture.lines import LineBlock
from driftloop.capture.vectorized.byte_buffer import (
    REACH,
    WORD,
    ByteBuffer,
    CellOffsets,
    Floats,
    Mask,
    Positions,
)
from driftloop.capture.vectorized.line_template import FieldRole, LineTemplate, infer_template
from driftloop.capture.vectorized.simple_requests import (
    MAX_PLAIN_LENGTH,
    SimpleRequestCheck,
    SimpleRequests,
)
from driftloop.capture.vectorized.template_offsets import TemplateOffsets

MAX_STRETCHES = 1 / 16
"""Stretches of lines by their number, beyond which it is quicker to decode them all."""

MAX_BLOCK_LENGTH = 1 << 22
"""Bytes of a run beyond which it holds huge lines, and places of all their commas would not fit."""

_BLANK_OR_FOREIGN = np.isin(np.arange(256), [ord(" "), *range(0x80, 0x100)])


class TemplateMatcher:
    """Finds lines that are alike, by the shape of those before or of one among them."""

    def __init__(self, test: SimpleRequestCheck) -> None:
        self._test = test
        self._shape: LineTemplate | None = None

    def find(self, run: LineBlock) -> "MatchedLines | None":
        """The lines of a run, None where they differ too much."""
        if len(run.data) > MAX_BLOCK_LENGTH or not _is_utf8(run.data):
            return None
        found = self._look(run)
        if found is None:
            self._shape = infer_template(run.data.partition(b"\n")[0], self._test)
            found = self._look(run)
        return found

    def _look(self, run: LineBlock) -> "MatchedLines | None":
        if self._shape is None:
            return None
        found = MatchedLines(run, self._shape, self._test)
        few = len(found.edges) - 1 <= max(1, MAX_STRETCHES * len(found.alike))
        return found if few and found.alike.any() else None


class MatchedLines:
    """The lines of a run, of which those that are ``alike``, bool[lines], are plain requests.

    ``bin_edges`` are the numbers of lines, from 0 on, at which alike and other lines meet, and
    those at
    which all begin and end.
    """

    def __init__(self, run: LineBlock, shape: LineTemplate, test: SimpleRequestCheck) -> None:
        self._run = run
        self._found = TemplateOffsets(run, shape)
        self._found.keep(_are_plain(self._found, test))
        times = parse_timestamps(self._found.text, *self._found.value(FieldRole.TIME))
        known = ~np.isnan(times)
        self._found.keep(known)
        self._times = times[known]
        self.alike = self._found.alike
        self._before = np.append(0, np.cumsum(self.alike))
        changes = np.flatnonzero(self.alike[1:] != self.alike[:-1]) + 1
        self.edges = [0, *changes.tolist(), len(self.alike)]

    def lines(self, first: int, last: int) -> LineBlock:
        """Lines [first, last) as they stand in the run."""
        start, end = self._found.line_starts[first], self._found.line_ends[last - 1]
        return LineBlock(self._run.first + first, self._run.data[start:end])

    def simple_requests(self, first: int, last: int, start: float, end: float) -> SimpleRequests:
        """The requests of times [start, end) in lines [first, last), which must all be alike."""
        lines: Positions | slice = slice(int(self._before[first]), int(self._before[last]))
        times = self._times[lines]
        within = (start <= times) & (times < end)
        if not within.all():
            lines = np.flatnonzero(within) + self._before[first]
            times = times[within]
        has_ids = self._found.has(FieldRole.INFERENCE)
        return SimpleRequests(
            self._ids(FieldRole.EVENT, lines),
            [*self._ids(FieldRole.INFERENCE, lines)] if has_ids else [None] * len(times),
            times,
            self._cells(FieldRole.ROW, lines),
            self._cells(FieldRole.ANSWER, lines) if self._found.has(FieldRole.ANSWER) else None,
            last - first - len(times),
        )

    def _ids(self, role: FieldRole, lines: Positions | slice) -> EventIds:
        start, end = (place[lines] for place in self._found.value(role))
        byte_values = self._found.text.fixed_width_bytes(start, end)
        if byte_values is None:
            return EventIds.from_strings(self._found.text.texts(start, end))
        return EventIds.from_fixed_width(byte_values, int(end[0] - start[0]))

    def _cells(self, role: FieldRole, lines: Positions | slice) -> CellOffsets:
        ends = _cell_ends(self._found, role)[:, lines]
        starts = np.empty_like(ends)
        starts[0] = self._found.value(role)[0][lines]
        np.add(ends[:-1], 1, out=starts[1:])
        return CellOffsets(self._found.text, starts, ends)


def _cell_ends(found: TemplateOffsets, role: FieldRole) -> Positions:
    """int64[columns, n]: where a value's cells end, at commas but for the last one."""
    field = found.field(role)
    ends = np.array(found.marks[:, field.first : field.last + 1].T, order="C")
    ends[-1] -= field.before
    return ends


def _are_plain(found: TemplateOffsets, test: SimpleRequestCheck) -> Mask:
    """Whether the exact way would read the values to the same cells, and could not reject."""
    byte_values = found.text.byte_values
    start, end = found.value(FieldRole.EVENT)
    plain = start < end
    if found.has(FieldRole.ANSWER):
        start, end = found.value(FieldRole.ANSWER)
        plain &= end - start <= MAX_PLAIN_LENGTH
        plain &= (start < end) & ~_BLANK_OR_FOREIGN[byte_values.take(start)]
    start, end = found.value(FieldRole.ROW)
    plain &= end - start <= MAX_PLAIN_LENGTH
    plain &= (start < end) | (test.columns > 1)
    asked = np.flatnonzero(plain & test.header_byte_values[byte_values.take(start)])
    if len(asked):
        cells = found.text.texts(start[asked], _cell_ends(found, FieldRole.ROW)[0, asked])
        plain[asked] = [not test.may_be_header(cell) for cell in cells]
    return plain


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


LONGEST = WORD * REACH
"""Letters of a time."""


def parse_timestamps(text: ByteBuffer, start: Positions, end: Positions) -> Floats:
    """Epoch seconds float64[n], NaN where a text is no time; neighbors mostly share theirs."""
    size = end - start
    if not len(size) or size.max() > LONGEST:
        return np.full(len(size), np.nan)
    fresh = np.append(True, size[1:] != size[:-1])
    for place in range(REACH):
        word = text.word(end, size, place)
        fresh[1:] |= word[1:] != word[:-1]
    places = np.flatnonzero(fresh)
    read = [_moment(found.decode()) for found in text.slices(start[places], end[places])]
    return np.repeat(read, np.diff(places, append=len(size)))


def _moment(text: str) -> float:
    try:
        return epoch_seconds(text)
    except RejectedLineError:
        return float("nan")
