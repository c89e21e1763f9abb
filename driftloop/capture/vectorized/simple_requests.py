"""Decodes many lines at once if all of them are simple requests.

A simple request has one CSV row without quotes as its input, and one value (or nothing) as its
output. Its line gives the same cells as the payload decoder would, which can't reject it; a
property test compares both. If any line of a block is not simple, the caller tries the halves of
the block, down to single lines: an unusual line costs its neighbors one more attempt, and all rules
for unusual lines are in one place, the payload decoder. The rows stay text until the batch is full,
and are then parsed together, column by column.
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
from driftloop.capture.formats import BYTE_ORDER_MARK, is_libsvm
from driftloop.capture.line_counts import RejectedLineError
from driftloop.capture.vectorized.byte_buffer import CellOffsets
from driftloop.payload_mapping import DETECTED, PayloadMapping
from driftloop.schema import Schema

MAX_SIMPLE_LENGTH = 100_000
"""Characters of a row. Longer rows are rare, and their cells would fill the tables of texts."""

MIN_VECTORIZED_LINES = 16
"""Lines of a block that are decoded together. A block with fewer lines that has others than simple
requests is read line by line, since arrays don't pay off for so few."""

_NEWLINE, _OPEN, _CLOSE = b"\n{}"


class SimpleRequests(NamedTuple):
    """Simple requests of a window.

    Attributes:
        event_ids: Event id of each request.
        inference_ids: Inference id of each request, if it has one.
        times: float64[n], inference times in epoch seconds UTC.
        rows: Cells of the features.
        predictions: Cells of the predictions; None if no output was captured.
        outside_window: Requests that were skipped, since they are outside the window.
        entities: Values of the requested custom attribute; None without one.
    """

    event_ids: EventIds
    inference_ids: list[str | None]
    times: NDArray[np.float64]
    rows: CellOffsets
    predictions: CellOffsets | None
    outside_window: int
    entities: list[str | None] | None = None


class SimpleRequestCheck:
    """Recognizes simple requests of one model."""

    def __init__(self, schema: Schema, mapping: PayloadMapping = DETECTED) -> None:
        self.columns = len(schema.columns)
        self._names = frozenset(name.strip() for name in mapping.known_keys(schema))
        # A header row has every key of the features, so that at most the other cells are unknown.
        other_cells = self.columns - len(mapping.feature_row_keys(schema.names))
        self.header_cells = min(other_cells + 1, self.columns)
        """Leading cells of a header row of which at least one is a known name."""
        self.is_header_byte = np.ones(256, dtype=np.bool_)
        """bool[256] by first byte: rows whose first cells :meth:`can_be_header` must check."""
        if not other_cells:
            starts = {name[:1] for name in self._names} | {" ", "\t", ""}
            self.is_header_byte[:0x80] = [chr(byte) in starts for byte in range(0x80)]

    def rows(self, payloads: Sequence[Payload | None]) -> CellOffsets | None:
        """The row of each input; None unless all of them are simple."""
        texts = _csv_rows(payloads)
        if texts is None:
            return None
        first_characters = {text[0] for text in texts}
        may_have_header = any(
            not character.isascii() or character.isspace() or self.is_header_byte[ord(character)]
            for character in first_characters
        )
        if may_have_header and any(map(self.can_be_header, texts)):
            return None
        return CellOffsets.from_rows(texts, self.columns)

    def can_be_header(self, row: str) -> bool:
        """Whether the row may be a header row, or empty, or begins with a byte order mark.

        Its leading cells suffice.
        """
        if row.startswith(BYTE_ORDER_MARK):
            return True
        cells = [cell.strip() for cell in row.split(",", self.header_cells)[: self.header_cells]]
        return not self._names.isdisjoint(cells) or (not cells[0] and self.columns == 1)


def read_simple_requests(
    records: Sequence[CaptureRecord],
    check: SimpleRequestCheck,
    start: float,
    end: float,
    attribute: str | None = None,
) -> SimpleRequests | None:
    """The requests of the times [start, end); None unless all records are simple requests.

    Args:
        records: The records of some lines.
        check: Recognizes simple requests of the model.
        start: Begin of the window in epoch seconds.
        end: End of the window in epoch seconds.
        attribute: Key of the custom attribute that identifies the entity, if any.
    """
    if {record.eventVersion for record in records} - {EVENT_VERSION, None}:
        return None
    times = _times(records)
    if times is None:
        return None
    outside_window = 0
    if not start <= min(times) or not max(times) < end:
        pairs = [(r, t) for r, t in zip(records, times, strict=True) if start <= t < end]
        outside_window = len(records) - len(pairs)
        records, times = [r for r, _ in pairs], [t for _, t in pairs]
    requests = _to_requests(records, times, outside_window, check)
    if requests is None or attribute is None:
        return requests
    return requests._replace(entities=[custom_attribute(record, attribute) for record in records])


def decode_lines(data: bytes, attribute: str | None = None) -> Sequence[CaptureRecord] | None:
    """One record per line; None unless each line is exactly one JSON object.

    The decoder accepts a value over several lines, and several values on a line. Neither is the
    case if every line end is between two objects and there are as many objects as lines.
    """
    byte_values = np.frombuffer(data, dtype=np.uint8)
    line_ends = np.flatnonzero(byte_values == _NEWLINE)
    if not data or byte_values[0] != _OPEN or byte_values[-1] != _CLOSE:
        return None
    if np.any(byte_values[line_ends - 1] != _CLOSE) or np.any(byte_values[line_ends + 1] != _OPEN):
        return None
    records = decode_records(data, attribute)
    return records if records is not None and len(records) == len(line_ends) + 1 else None


def simple_predictions(payloads: Sequence[Payload | None]) -> CellOffsets | None:
    """The value of each output; None unless all of them are simple."""
    texts = _csv_rows(payloads)
    if texts is None or any(map(str.isspace, texts)):
        return None
    are_typed = all(one is not None and one.observedContentType for one in payloads)
    return CellOffsets.from_rows(texts, 1) if are_typed else None


def _to_requests(
    records: Sequence[CaptureRecord],
    times: list[float],
    outside_window: int,
    check: SimpleRequestCheck,
) -> SimpleRequests | None:
    event_ids = [record.eventMetadata.eventId for record in records]
    rows = check.rows([record.captureData.endpointInput for record in records])
    if rows is None or not all(event_ids):
        return None
    outputs = [record.captureData.endpointOutput for record in records]
    are_simple, predictions = _read_predictions(outputs)
    if not are_simple:
        return None
    inference_ids = [record.eventMetadata.inferenceId for record in records]
    ids = EventIds.from_strings(cast(list[str], event_ids))
    return SimpleRequests(ids, inference_ids, np.array(times), rows, predictions, outside_window)


def _read_predictions(payloads: list[Payload | None]) -> tuple[bool, CellOffsets | None]:
    """Whether the outputs are simple, and their cells; None if no output was captured."""
    if not any(payloads) or all(payload is None or payload.data is None for payload in payloads):
        return True, None
    predictions = simple_predictions(payloads)
    return predictions is not None, predictions


def _times(records: Sequence[CaptureRecord]) -> list[float] | None:
    try:
        texts = [record.eventMetadata.inferenceTime for record in records]
        known = {text: epoch_seconds(text) for text in set(texts)}
    except RejectedLineError:
        return None
    return [known[text] for text in texts]


def _csv_rows(payloads: Sequence[Payload | None]) -> list[str] | None:
    """The rows of CSV payloads, without line ends; None unless all have one row without quotes."""
    captured = [payload for payload in payloads if payload is not None]
    if len(captured) < len(payloads) or {payload.encoding for payload in captured} - {"CSV"}:
        return None
    if any(map(is_libsvm, {payload.observedContentType for payload in captured})):
        return None
    texts = [payload.data or "" for payload in captured]
    joined = "".join(texts)
    if "\n" in joined:
        texts = [_without_line_end(text) for text in texts]
        joined = "".join(texts)
    if '"' in joined or "\n" in joined or "\r" in joined or not all(texts):
        return None
    if not joined.isascii() and BYTE_ORDER_MARK in joined:
        return None
    return texts if len(joined) < MAX_SIMPLE_LENGTH or _are_short(texts) else None


def _without_line_end(text: str) -> str:
    if text[-1:] != "\n":
        return text
    return text[:-2] if text[-2:-1] == "\r" else text[:-1]


def _are_short(texts: list[str]) -> bool:
    return max(map(len, texts)) <= MAX_SIMPLE_LENGTH
