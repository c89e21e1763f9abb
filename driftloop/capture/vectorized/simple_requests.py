"""Many lines at once, where all of them are plain requests: the way that most lines go.

Whatever is not as usual makes the whole run "not plain", and the caller tries its halves, down to
single lines: so a bad line costs its neighbors one more look, and every rule for odd lines stands
in one place, the line's own way.

The fast way for the common request: one row of CSV without quotes, one number or word back.

Whether a request is plain is decided so that the exact way would read it to the same cells and
could not reject it; a property test holds the two together. Plain rows wait as text and are parsed
together, column by column.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.capture_record import (
    EVENT_VERSION,
    CaptureRecord,
    Payload,
    custom_attribute,
    decode_records,
    epoch_seconds,
)
from driftloop.capture.event_ids import EventIds
from driftloop.capture.line_counts import RejectedLineError
from driftloop.capture.vectorized.byte_buffer import CellOffsets
from driftloop.schema import Schema

MAX_PLAIN_LENGTH = 100_000
"""Characters; below the field limit of Python's csv, at which the exact way rejects."""


class SimpleRequestCheck:
    """Tells plain requests of one model from the others."""

    def __init__(self, schema: Schema) -> None:
        self.columns = len(schema.names)
        self._names = frozenset(name.strip() for name in schema.names)
        self._starts = frozenset(name[:1] for name in self._names) | {" ", "\t", ""}
        self.header_byte_values = np.ones(256, dtype=np.bool_)
        """By first byte: rows whose first cell :meth:`may_be_header` must see."""
        self.header_byte_values[:0x80] = [chr(letter) in self._starts for letter in range(0x80)]

    def rows(self, sides: Sequence[Payload | None]) -> CellOffsets | None:
        """The one row of each request, None unless all of them are plain."""
        texts = _plain_texts(sides)
        if texts is None:
            return None
        firsts = {text[0] for text in texts}
        asked = any(first in self._starts or first.isspace() for first in firsts)
        if asked and any(self.may_be_header(text.partition(",")[0]) for text in texts):
            return None
        return CellOffsets.from_rows(texts, self.columns)

    def may_be_header(self, first: str) -> bool:
        """Whether a row that begins with this cell may be a header, or no row at all."""
        first = first.strip()
        return first in self._names or (not first and self.columns == 1)


def simple_predictions(sides: Sequence[Payload | None]) -> CellOffsets | None:
    """The one value of each answer, None unless all of them are plain."""
    texts = _plain_texts(sides)
    if texts is None or any(map(str.isspace, texts)):
        return None
    typed = all(side is not None and side.observedContentType for side in sides)
    return CellOffsets.from_rows(texts, 1) if typed else None


def _plain_texts(sides: Sequence[Payload | None]) -> list[str] | None:
    """The texts of CSV payloads of one line without quotes, their line ends taken off."""
    there = [side for side in sides if side is not None]
    if len(there) < len(sides) or {side.encoding for side in there} - {"CSV"}:
        return None
    texts = [side.data or "" for side in there]
    together = "".join(texts)
    if "\n" in together:
        texts = [_without_end(text) for text in texts]
        together = "".join(texts)
    if '"' in together or "\n" in together or "\r" in together or not all(texts):
        return None
    return texts if len(together) < MAX_PLAIN_LENGTH or _are_short(texts) else None


def _without_end(text: str) -> str:
    if text[-1:] != "\n":
        return text
    return text[:-2] if text[-2:-1] == "\r" else text[:-1]


def _are_short(texts: list[str]) -> bool:
    return max(map(len, texts)) <= MAX_PLAIN_LENGTH


SMALLEST = 16
"""Lines below which a run that is not plain is read line by line: arrays pay off for more."""

_NEWLINE, _OPEN, _CLOSE = b"\n{}"


class SimpleRequests(NamedTuple):
    """What a run of plain requests holds, one item a request; ``outside`` counts those left out.

    ``entities`` are values of the custom attribute that was asked for, if one was.
    """

    events: EventIds
    inference_ids: list[str | None]
    times: NDArray[np.float64]
    rows: CellOffsets
    answers: CellOffsets | None
    outside: int
    entities: list[str | None] | None = None


def decode_lines(data: bytes, attribute: str | None = None) -> Sequence[CaptureRecord] | None:
    """One record per line, None unless each line is one JSON object and nothing else.

    The decoder lets a value go on over lines, and a line hold two: neither is so where every line
    end stands between two objects and there are as many objects as lines.
    """
    byte_values = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(byte_values == _NEWLINE)
    if not data or byte_values[0] != _OPEN or byte_values[-1] != _CLOSE:
        return None
    if np.any(byte_values[ends - 1] != _CLOSE) or np.any(byte_values[ends + 1] != _OPEN):
        return None
    records = decode_records(data, attribute)
    return records if records is not None and len(records) == len(ends) + 1 else None


def read_simple_requests(
    records: Sequence[CaptureRecord],
    test: SimpleRequestCheck,
    start: float,
    end: float,
    attribute: str | None = None,
) -> SimpleRequests | None:
    """The requests of [start, end), None unless all of them are plain; with the values of a custom
    ``attribute`` where one is asked for."""
    if {record.eventVersion for record in records} - {EVENT_VERSION, None}:
        return None
    times = _times(records)
    if times is None:
        return None
    outside = 0
    if not start <= min(times) or not max(times) < end:
        pairs = [(r, t) for r, t in zip(records, times, strict=True) if start <= t < end]
        outside = len(records) - len(pairs)
        records, times = [r for r, _ in pairs], [t for _, t in pairs]
    run = _plain(records, times, outside, test)
    if run is None or attribute is None:
        return run
    return run._replace(entities=[custom_attribute(record, attribute) for record in records])


def _plain(
    records: Sequence[CaptureRecord], times: list[float], outside: int, test: SimpleRequestCheck
) -> SimpleRequests | None:
    events = [record.eventMetadata.eventId for record in records]
    rows = test.rows([record.captureData.endpointInput for record in records])
    if rows is None or not all(events):
        return None
    answered, answers = _answers([record.captureData.endpointOutput for record in records])
    if not answered:
        return None
    inference_ids = [record.eventMetadata.inferenceId for record in records]
    ids = EventIds.from_strings(cast(list[str], events))
    return SimpleRequests(ids, inference_ids, np.array(times), rows, answers, outside)


def _answers(sides: list[Payload | None]) -> tuple[bool, CellOffsets | None]:
    """Whether the answers are plain, and which; None where none was captured."""
    if not any(sides) or all(side is None or side.data is None for side in sides):
        return True, None
    answers = simple_predictions(sides)
    return answers is not None, answers


def _times(records: Sequence[CaptureRecord]) -> list[float] | None:
    try:
        texts = [record.eventMetadata.inferenceTime for record in records]
        known = {text: epoch_seconds(text) for text in set(texts)}
    except RejectedLineError:
        return None
    return [known[text] for text in texts]
