"""Captured objects in, batches of records out, with the count of every line, in bounded memory.

A line takes the fastest path that reads it correctly: lines that match a template are read as
arrays of bytes, other blocks of simple requests are decoded together, and every remaining line is
decoded by itself (``payload_decoder``). All paths give the same records; a property test compares
them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import BinaryIO, NamedTuple

from driftloop.capture.batch_builder import BatchBuilder
from driftloop.capture.capture_record import CapturedRequest, CaptureRecord, decode_record
from driftloop.capture.event_ids import EventIdSet
from driftloop.capture.line_counts import (
    LineCounter,
    LineCounts,
    LineExample,
    LineProblem,
    RejectedLine,
    RejectedLineError,
    RejectReason,
    SkippedLineError,
    SkipReason,
    example_key,
    first_names,
)
from driftloop.capture.line_examples import describe_line
from driftloop.capture.lines import LazyLines, Line, LineBlock, read_lines
from driftloop.capture.payload_decoder import PayloadDecoder
from driftloop.capture.record_batch import RecordBatch
from driftloop.capture.vectorized.simple_requests import (
    MIN_VECTORIZED_LINES,
    SimpleRequestCheck,
    SimpleRequests,
    decode_lines,
    read_simple_requests,
)
from driftloop.capture.vectorized.template_reader import MatchedLines, TemplateMatcher
from driftloop.cell_values import bounded_text
from driftloop.payload_mapping import DETECTED, PayloadMapping
from driftloop.schema import Schema
from driftloop.window import Window

MAX_BATCH_TEXT = 1 << 24
"""Characters of payload in a batch. Rows may hold long texts; this bounds the memory of a batch to
some tens of MB, however few rows it has."""

MAX_UNUSABLE_LINES = 100_000
"""Rejected and empty lines of an object after which its lines are only counted, if these are most
of them. Each takes about 10 microseconds, and a small object can hold many millions."""


class ReadBatch(NamedTuple):
    """A part of what was read.

    Attributes:
        batch: Records.
        line_counts: Counts of the lines since the last part.
    """

    batch: RecordBatch
    line_counts: LineCounts


def read_capture(
    objects: Iterable[tuple[str, BinaryIO | Iterable[bytes]]],
    schema: Schema,
    *,
    window: Window | None = None,
    mapping: PayloadMapping = DETECTED,
    batch_rows: int = 50_000,
    on_reject: Callable[[RejectedLine], None] | None = None,
    attribute: str | None = None,
) -> Iterator[ReadBatch]:
    """Read the files of SageMaker data capture into batches of records.

    Every line is counted once: used, skipped or rejected. The sum of all ``line_counts`` covers
    every line, so the last part may hold counts and no records. No line raises an error.

    Args:
        objects: Name and content of each captured file. The content is a binary stream or blocks
            of bytes; gzip is recognized by its first bytes. It may raise LostObjectError, which
            counts as a rejected line.
        schema: The model's features and prediction.
        window: Records of other times are skipped; None reads all.
        mapping: Where the values are in requests and responses, beyond what is detected.
        batch_rows: Records in a batch, at most (one request is never split).
        on_reject: Called with every rejected line.
        attribute: Key of the custom attribute that identifies the entity. The batches then hold
            its values as ``entities``. Each line is decoded then, which takes several times as
            long.

    Yields:
        Records, and the counts of the lines that they came from.

    Raises:
        OSError: Whatever the stream itself raises is passed on.

    Example:
        >>> import io, json
        >>> from driftloop.schema import Feature, Kind, ProblemType, Schema
        >>> schema = Schema(
        ...     (Feature("age", Kind.NUMERIC),), "bought", ProblemType.BINARY_CLASSIFICATION
        ... )
        >>> record = {
        ...     "captureData": {
        ...         "endpointInput": {"encoding": "CSV", "data": "42"},
        ...         "endpointOutput": {
        ...             "observedContentType": "text/csv", "encoding": "CSV", "data": "0.7"
        ...         },
        ...     },
        ...     "eventMetadata": {"eventId": "e1", "inferenceTime": "2026-04-18T00:21:48Z"},
        ...     "eventVersion": "0",
        ... }
        >>> captured = io.BytesIO(json.dumps(record).encode())
        >>> (part,) = read_capture([("capture.jsonl", captured)], schema)
        >>> part.batch.columns["age"].values
        array([42.])
        >>> part.line_counts.used
        1
    """
    reader = _Reader(schema, window, mapping, on_reject, attribute)
    for name, source in objects:
        reader.start_object(name)
        for lines in read_lines(source):
            for _ in reader.read(lines, batch_rows):
                if reader.has_batch(batch_rows):
                    yield reader.take_batch()
    yield reader.take_batch()


class _Reader:
    def __init__(
        self,
        schema: Schema,
        window: Window | None,
        mapping: PayloadMapping,
        on_reject: Callable[[RejectedLine], None] | None,
        attribute: str | None,
    ) -> None:
        self._schema, self._mapping = schema, mapping
        self._attribute = attribute
        self._start = window.start.timestamp() if window else float("-inf")
        self._end = window.end.timestamp() if window else float("inf")
        self._on_reject = on_reject
        self._check = SimpleRequestCheck(schema, mapping)
        self._matcher = TemplateMatcher(self._check)
        self._decoder = PayloadDecoder(schema, mapping)
        self._builder = self._new_builder()
        self._counter = LineCounter()
        self.start_object("")

    def start_object(self, name: str) -> None:
        """Begin the next object; event ids are unique within one object."""
        self._object = name
        self._event_ids = EventIdSet()
        self._unusable_lines = 0
        self._is_abandoned = False

    def has_batch(self, rows: int) -> bool:
        """Whether a batch is full."""
        return len(self._builder) >= rows or self._builder.text_size >= MAX_BATCH_TEXT

    def take_batch(self) -> ReadBatch:
        """The records and counts since the last batch."""
        batch = self._builder.batch()
        line_counts = self._counter.line_counts(len(batch))
        self._builder, self._counter = self._new_builder(), LineCounter()
        return ReadBatch(batch, line_counts)

    def read(self, lines: Line | LineBlock, max_rows: int) -> Iterator[None]:
        """Read the next lines; pauses whenever there may be ``max_rows`` rows."""
        if isinstance(lines, Line):
            self._read_line(lines)
            yield
        elif self._is_abandoned:
            self._count_abandoned(lines.data.count(b"\n") + 1)
        elif self._attribute is not None:
            yield from self._read_block(lines, max_rows)
        elif (matched := self._matcher.find(lines)) is not None:
            for first, last in pairwise(matched.boundaries):
                if matched.matches[first]:
                    yield from self._read_matches(matched, first, last, max_rows)
                else:
                    yield from self._read_block(matched.lines(first, last), max_rows)
        else:
            yield from self._read_block(lines, max_rows)

    def _read_matches(
        self, matched: MatchedLines, first: int, last: int, max_rows: int
    ) -> Iterator[None]:
        """Read lines [first, last), which match the template, as many at a time as fit."""
        if self._is_abandoned:
            self._count_abandoned(last - first)
            return
        while first < last:
            end = min(first + self._free_rows(max_rows), last)
            requests = matched.simple_requests(first, end, self._start, self._end)
            if self._event_ids.add_new(requests.event_ids.hashes):
                self._add_simple(requests, end - first)
                yield
            else:
                yield from self._read_block(matched.lines(first, end), max_rows)
            first = end

    def _read_block(self, block: LineBlock, max_rows: int) -> Iterator[None]:
        """Read lines of any kind: decoded together if each is a record, else in halves."""
        if self._is_abandoned:
            self._count_abandoned(block.data.count(b"\n") + 1)
        elif (records := decode_lines(block.data, self._attribute)) is not None:
            yield from self._read_records(block, records, max_rows)
        elif block.data.count(b"\n") < MIN_VECTORIZED_LINES:
            for line in block.lines():
                self._read_line(line)
                yield
        else:
            for half in block.halves():
                yield from self._read_block(half, max_rows)

    def _free_rows(self, max_rows: int) -> int:
        """Rows that fit into the batch; always at least one."""
        return max(1, max_rows - len(self._builder))

    def _read_records(
        self, block: LineBlock, records: Sequence[CaptureRecord], max_rows: int
    ) -> Iterator[None]:
        """Read lines of one record each, as many at a time as fit."""
        lines = LazyLines(block)
        start = 0
        while start < len(records):
            end = min(start + self._free_rows(max_rows), len(records))
            self._add_records(lines, records, start, end)
            start = end
            yield

    def _add_records(
        self, lines: LazyLines, records: Sequence[CaptureRecord], start: int, end: int
    ) -> None:
        """Add records [start, end): together if all are simple, else in halves, else singly."""
        if self._is_abandoned:
            self._count_abandoned(end - start)
            return
        requests = read_simple_requests(
            records[start:end], self._check, self._start, self._end, self._attribute
        )
        if requests is not None and self._event_ids.add_new(requests.event_ids.hashes):
            self._add_simple(requests, end - start)
        elif end - start < MIN_VECTORIZED_LINES:
            for position in range(start, end):
                self._read_line(lines[position])
        else:
            middle = (start + end) // 2
            self._add_records(lines, records, start, middle)
            self._add_records(lines, records, middle, end)

    def _add_simple(self, requests: SimpleRequests, lines: int) -> None:
        self._builder.add_simple(requests)
        self._counter.read += lines
        self._counter.used += len(requests.event_ids)
        if requests.outside_window:
            self._counter.skipped[SkipReason.OUTSIDE_WINDOW] += requests.outside_window
        if requests.predictions is None:
            self._counter.missing_predictions += len(requests.event_ids)

    def _read_line(self, line: Line) -> None:
        if self._is_abandoned:
            self._count_abandoned(1)
            return
        self._counter.read += 1
        try:
            self._add_line(line)
        except SkippedLineError as error:
            self._counter.skipped[error.reason] += 1
            if error.reason == SkipReason.EMPTY_LINE:
                self._add_unusable(line)
        except RejectedLineError as error:
            self._counter.rejected[error.reason] += 1
            self._add_example(LineProblem.REJECTED_LINE, error.reason, line)
            self._add_unusable(line)
            if self._on_reject is not None:
                self._on_reject(
                    RejectedLine(self._object, line.number, error.reason, line.data, error.detail)
                )

    def _add_unusable(self, line: Line) -> None:
        """Count a line that costs time and gives no record; too many of them end the reading."""
        self._unusable_lines += 1
        self._is_abandoned = (
            self._unusable_lines > MAX_UNUSABLE_LINES and 2 * self._unusable_lines > line.number
        )

    def _count_abandoned(self, lines: int) -> None:
        self._counter.read += lines
        self._counter.rejected[RejectReason.OBJECT_ABANDONED] += lines

    def _add_line(self, line: Line) -> None:
        if not line.data or line.data.isspace():
            raise SkippedLineError(SkipReason.EMPTY_LINE)
        request = decode_record(line, self._attribute)
        if not self._start <= request.time < self._end:
            raise SkippedLineError(SkipReason.OUTSIDE_WINDOW)
        event_id = request.event_id
        if not event_id:
            event_id = f"{self._object}:{line.number}"
        elif self._event_ids.add(event_id):
            raise SkippedLineError(SkipReason.DUPLICATE_EVENT_ID)
        self._add_decoded(event_id, request, line)
        self._counter.used += 1
        self._counter.missing_predictions += request.output is None

    def _add_example(self, problem: LineProblem, reason: str, line: Line) -> None:
        """Describe the line if it is the first one with this problem."""
        key, place = example_key(problem, reason), (self._object, line.number)
        known = self._counter.examples.get(key)
        if known is None or place < known[:2]:
            described = describe_line(line, problem, self._schema, self._mapping)
            self._counter.examples[key] = LineExample(*place, *described)

    def _add_decoded(self, event_id: str, request: CapturedRequest, line: Line) -> None:
        rows, predictions = self._decoder.decode(request)
        self._builder.add_decoded(event_id, request, rows, predictions, self._decoder.class_scores)
        if self._decoder.response_problem is not None:
            self._counter.unreadable_predictions[self._decoder.response_problem] += 1
            self._add_example(LineProblem.UNREADABLE_RESPONSE, self._decoder.response_problem, line)
        columns = self._decoder.row_reader
        if columns.missing and columns.extra:
            self._add_example(LineProblem.MISSING_COLUMNS, "", line)
        self._counter.missing_columns.update(columns.missing)
        extra = {bounded_text(name): n for name, n in columns.extra.items()}
        if extra:
            total = self._counter.extra_columns + Counter(extra)
            self._counter.extra_columns = Counter(first_names(total))

    def _new_builder(self) -> BatchBuilder:
        return BatchBuilder(self._schema, has_entities=self._attribute is not None)
