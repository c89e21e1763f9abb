"""Lines that are alike, found in a run and read all at once: the way that most lines go."""

import numpy as np

from driftloop.capture.bulk import PlainRun
from driftloop.capture.ids import Ids
from driftloop.capture.lines import Run
from driftloop.capture.located import Located
from driftloop.capture.moments import moments
from driftloop.capture.plain import LONGEST_PLAIN, PlainTest
from driftloop.capture.shape import Role, Shape, shape_of
from driftloop.capture.text import Cells, Mask, Places

MOST_STRETCHES = 1 / 16
"""Stretches of lines by their number, beyond which it is quicker to decode them all."""

LONGEST_RUN = 1 << 22
"""Bytes of a run beyond which it holds huge lines, and places of all their commas would not fit."""

_BLANK_OR_FOREIGN = np.isin(np.arange(256), [ord(" "), *range(0x80, 0x100)])


class AlikeFinder:
    """Finds lines that are alike, by the shape of those before or of one among them."""

    def __init__(self, test: PlainTest) -> None:
        self._test = test
        self._shape: Shape | None = None

    def find(self, run: Run) -> "AlikeLines | None":
        """The lines of a run, None where they differ too much."""
        if len(run.data) > LONGEST_RUN or not _is_utf8(run.data):
            return None
        found = self._look(run)
        if found is None:
            self._shape = shape_of(run.data.partition(b"\n")[0], self._test)
            found = self._look(run)
        return found

    def _look(self, run: Run) -> "AlikeLines | None":
        if self._shape is None:
            return None
        found = AlikeLines(run, self._shape, self._test)
        few = len(found.edges) - 1 <= max(1, MOST_STRETCHES * len(found.alike))
        return found if few and found.alike.any() else None


class AlikeLines:
    """The lines of a run, of which those that are ``alike``, bool[lines], are plain requests.

    ``edges`` are the numbers of lines, from 0 on, at which alike and other lines meet, and those at
    which all begin and end.
    """

    def __init__(self, run: Run, shape: Shape, test: PlainTest) -> None:
        self._run = run
        self._found = Located(run, shape)
        self._found.keep(_are_plain(self._found, test))
        times = moments(self._found.text, *self._found.value(Role.TIME))
        known = ~np.isnan(times)
        self._found.keep(known)
        self._times = times[known]
        self.alike = self._found.alike
        self._before = np.append(0, np.cumsum(self.alike))
        changes = np.flatnonzero(self.alike[1:] != self.alike[:-1]) + 1
        self.edges = [0, *changes.tolist(), len(self.alike)]

    def lines(self, first: int, last: int) -> Run:
        """Lines [first, last) as they stand in the run."""
        start, end = self._found.line_starts[first], self._found.line_ends[last - 1]
        return Run(self._run.first + first, self._run.data[start:end])

    def plain_run(self, first: int, last: int, start: float, end: float) -> PlainRun:
        """The requests of times [start, end) in lines [first, last), which must all be alike."""
        lines: Places | slice = slice(int(self._before[first]), int(self._before[last]))
        times = self._times[lines]
        within = (start <= times) & (times < end)
        if not within.all():
            lines = np.flatnonzero(within) + self._before[first]
            times = times[within]
        has_ids = self._found.has(Role.INFERENCE)
        return PlainRun(
            self._ids(Role.EVENT, lines),
            [*self._ids(Role.INFERENCE, lines)] if has_ids else [None] * len(times),
            times,
            self._cells(Role.ROW, lines),
            self._cells(Role.ANSWER, lines) if self._found.has(Role.ANSWER) else None,
            last - first - len(times),
        )

    def _ids(self, role: Role, lines: Places | slice) -> Ids:
        start, end = (place[lines] for place in self._found.value(role))
        letters = self._found.text.alike(start, end)
        if letters is None:
            return Ids.of(self._found.text.texts(start, end))
        return Ids.alike(letters, int(end[0] - start[0]))

    def _cells(self, role: Role, lines: Places | slice) -> Cells:
        ends = _cell_ends(self._found, role)[:, lines]
        starts = np.empty_like(ends)
        starts[0] = self._found.value(role)[0][lines]
        np.add(ends[:-1], 1, out=starts[1:])
        return Cells(self._found.text, starts, ends)


def _cell_ends(found: Located, role: Role) -> Places:
    """int64[columns, n]: where a value's cells end, at commas but for the last one."""
    field = found.field(role)
    ends = np.array(found.marks[:, field.first : field.last + 1].T, order="C")
    ends[-1] -= field.before
    return ends


def _are_plain(found: Located, test: PlainTest) -> Mask:
    """Whether the exact way would read the values to the same cells, and could not reject."""
    letters = found.text.letters
    start, end = found.value(Role.EVENT)
    plain = start < end
    if found.has(Role.ANSWER):
        start, end = found.value(Role.ANSWER)
        plain &= end - start <= LONGEST_PLAIN
        plain &= (start < end) & ~_BLANK_OR_FOREIGN[letters.take(start)]
    start, end = found.value(Role.ROW)
    plain &= end - start <= LONGEST_PLAIN
    plain &= (start < end) | (test.columns > 1)
    asked = np.flatnonzero(plain & test.header_letters[letters.take(start)])
    if len(asked):
        cells = found.text.texts(start[asked], _cell_ends(found, Role.ROW)[0, asked])
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
