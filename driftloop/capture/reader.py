"""Objects of captured lines in, batches with their tally out, in memory that stays flat."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import BinaryIO, NamedTuple

from driftloop.capture.batch_builder import BatchBuilder
from driftloop.capture.capture_record import CapturedRequest, CaptureRecord, decode_record
from driftloop.capture.event_ids import EventIdSet
from driftloop.capture.line_counts import (
    LineCounts,
    RejectedLine,
    RejectedLineError,
    SkippedLineError,
    SkipReason,
    first_names,
)
from driftloop.capture.lines import Line, LineBlock, read_lines
from driftloop.capture.payload_decoder import PayloadDecoder
from driftloop.capture.record_batch import RecordBatch
from driftloop.capture.vectorized.simple_requests import (
    SMALLEST,
    SimpleRequestCheck,
    SimpleRequests,
    decode_lines,
    read_simple_requests,
)
from driftloop.capture.vectorized.template_reader import MatchedLines, TemplateMatcher
from driftloop.cell_values import bounded_text
from driftloop.schema import Schema
from driftloop.window import Window

MAX_TEXT = 1 << 24
"""Characters of payload that are gathered before a batch is made, however few its rows."""


class ReadBatch(NamedTuple):
    """A part of what was read: its records, and what became of the lines since the last part."""

    batch: RecordBatch
    line_counts: LineCounts


def read_capture(
    objects: Iterable[tuple[str, BinaryIO | Iterable[bytes]]],
    schema: Schema,
    *,
    window: Window | None = None,
    prediction_key: str | None = None,
    batch_rows: int = 50_000,
    on_reject: Callable[[RejectedLine], None] | None = None,
    attribute: str | None = None,
) -> Iterator[ReadBatch]:
    """Read captured objects (name and bytes, plain or gzip) into batches.

    Records outside ``window`` and repeats of an event id within one object are filtered; every
    line is counted once. The sum of all tallies covers every line, so the last chunk may hold a
    tally and no records. No line raises; an error of the source itself (I/O) does. With an
    ``attribute``, a key of the custom attributes, batches hold its values as ``entities``; every
    line is decoded then, which takes some times as long.
    """
    reader = _Reader(schema, window, prediction_key, on_reject, attribute)
    for name, source in objects:
        reader.begin(name)
        for part in read_lines(source):
            for _ in reader.take(part, batch_rows):
                if reader.holds(batch_rows):
                    yield reader.chunk()
    yield reader.chunk()


class _Reader:
    def __init__(
        self,
        schema: Schema,
        window: Window | None,
        prediction_key: str | None,
        on_reject: Callable[[RejectedLine], None] | None,
        attribute: str | None,
    ) -> None:
        self._schema = schema
        self._attribute = attribute
        self._start = window.start.timestamp() if window else float("-inf")
        self._end = window.end.timestamp() if window else float("inf")
        self._on_reject = on_reject
        self._plain = SimpleRequestCheck(schema)
        self._finder = TemplateMatcher(self._plain)
        self._exact = PayloadDecoder(schema, prediction_key)
        self._gatherer = self._new()
        self._counts = _Counts()
        self.begin("")

    def begin(self, name: str) -> None:
        """The next lines are of another object, whose event ids are its own."""
        self._object = name
        self._seen = EventIdSet()

    def holds(self, rows: int) -> bool:
        """Whether there is enough for a batch."""
        return len(self._gatherer) >= rows or self._gatherer.size >= MAX_TEXT

    def take(self, part: Line | LineBlock, most: int) -> Iterator[None]:
        """Read the next lines, and count them; pauses whenever there may be ``most`` rows."""
        if isinstance(part, Line):
            self._take_line(part)
            yield
        elif self._attribute is not None:
            yield from self._take_run(part, most)
        elif (found := self._finder.find(part)) is not None:
            for first, last in pairwise(found.edges):
                if found.alike[first]:
                    yield from self._take_alike(found, first, last, most)
                else:
                    yield from self._take_run(found.lines(first, last), most)
        else:
            yield from self._take_run(part, most)

    def _take_alike(self, found: MatchedLines, first: int, last: int, most: int) -> Iterator[None]:
        """Lines [first, last), which are alike, no more at a time than there is room for."""
        while first < last:
            end = min(first + self._room(most), last)
            run = found.simple_requests(first, end, self._start, self._end)
            if self._seen.add_new(run.events.hashes):
                self._use_run(run, end - first)
                yield
            else:
                yield from self._take_run(found.lines(first, end), most)
            first = end

    def _take_run(self, part: LineBlock, most: int) -> Iterator[None]:
        """Lines of any kind: decoded together where each is a record, else in halves."""
        if (records := decode_lines(part.data, self._attribute)) is not None:
            yield from self._take_records(part, records, most)
        elif part.data.count(b"\n") < SMALLEST:
            for line in part.lines():
                self._take_line(line)
                yield
        else:
            for half in part.halves():
                yield from self._take_run(half, most)

    def _room(self, most: int) -> int:
        """Rows that there is room for; one always is."""
        return max(1, most - len(self._gatherer))

    def _take_records(
        self, part: LineBlock, records: Sequence[CaptureRecord], most: int
    ) -> Iterator[None]:
        """Lines that are known to hold a record each, no more at a time than there is room for."""
        lines = _Lines(part)
        start = 0
        while start < len(records):
            end = min(start + self._room(most), len(records))
            self._use_records(lines, records, start, end)
            start = end
            yield

    def _use_records(
        self, lines: "_Lines", records: Sequence[CaptureRecord], start: int, end: int
    ) -> None:
        """Records [start, end), together where all are plain, else in halves, else one by one."""
        run = read_simple_requests(
            records[start:end], self._plain, self._start, self._end, self._attribute
        )
        if run is not None and self._seen.add_new(run.events.hashes):
            self._use_run(run, end - start)
        elif end - start < SMALLEST:
            for place in range(start, end):
                self._take_line(lines[place])
        else:
            middle = (start + end) // 2
            self._use_records(lines, records, start, middle)
            self._use_records(lines, records, middle, end)

    def _use_run(self, run: SimpleRequests, lines: int) -> None:
        self._gatherer.add_simple(run)
        self._counts.read += lines
        self._counts.used += len(run.events)
        if run.outside:
            self._counts.filtered[SkipReason.OUTSIDE_WINDOW] += run.outside
        if run.answers is None:
            self._counts.missing_predictions += len(run.events)

    def _take_line(self, line: Line) -> None:
        self._counts.read += 1
        try:
            self._use(line)
        except SkippedLineError as outcome:
            self._counts.filtered[outcome.kind] += 1
        except RejectedLineError as outcome:
            self._counts.rejected[outcome.reason] += 1
            if self._on_reject is not None:
                reason, detail = outcome.reason, outcome.detail
                self._on_reject(RejectedLine(self._object, line.number, reason, line.data, detail))

    def chunk(self) -> ReadBatch:
        """What was gathered, and a fresh start."""
        batch = self._gatherer.batch()
        line_counts = self._counts.line_counts(len(batch))
        self._gatherer, self._counts = self._new(), _Counts()
        return ReadBatch(batch, line_counts)

    def _new(self) -> BatchBuilder:
        return BatchBuilder(self._schema, attributed=self._attribute is not None)

    def _use(self, line: Line) -> None:
        if not line.data or line.data.isspace():
            raise SkippedLineError(SkipReason.EMPTY_LINE)
        event = decode_record(line, self._attribute)
        if not self._start <= event.time < self._end:
            raise SkippedLineError(SkipReason.OUTSIDE_WINDOW)
        event_id = event.event_id
        if not event_id:
            event_id = f"{self._object}:{line.number}"
        elif self._seen.add(event_id):
            raise SkippedLineError(SkipReason.DUPLICATE_EVENT_ID)
        self._use_exact(event_id, event)
        self._counts.used += 1
        self._counts.missing_predictions += event.output is None

    def _use_exact(self, event_id: str, event: CapturedRequest) -> None:
        rows, predictions = self._exact.read(event)
        self._gatherer.add_decoded(event_id, event, rows, predictions)
        self._counts.missing.update(self._exact.names.missing)
        extra = {bounded_text(name): n for name, n in self._exact.names.extra.items()}
        if extra:
            self._counts.extra = Counter(first_names(self._counts.extra + Counter(extra)))


class _Lines:
    """The lines of a run, cut only where one of them is asked for."""

    def __init__(self, run: LineBlock) -> None:
        self._run = run

    @cached_property
    def _lines(self) -> list[Line]:
        return self._run.lines()

    def __getitem__(self, place: int) -> Line:
        return self._lines[place]


class _Counts:
    """A tally in the making."""

    def __init__(self) -> None:
        self.read = self.used = self.missing_predictions = 0
        self.filtered: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.extra: Counter[str] = Counter()

    def line_counts(self, rows: int) -> LineCounts:
        """The counts, final."""
        return LineCounts(
            read=self.read,
            used=self.used,
            records=rows,
            missing_predictions=self.missing_predictions,
            skipped=_plain(self.filtered),
            rejected=_plain(self.rejected),
            missing_columns=_plain(self.missing),
            extra_columns=_plain(self.extra),
        )


def _plain(counts: Counter[str]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts)}
