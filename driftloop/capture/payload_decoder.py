"""A request's two sides as rows and predictions: the exact way, which knows every format."""

from driftloop.capture.capture_record import CapturedRequest, Payload
from driftloop.capture.formats import read_document
from driftloop.capture.line_counts import (
    RejectedLineError,
    RejectReason,
    SkippedLineError,
    SkipReason,
)
from driftloop.capture.predictions import PredictionReader, is_model_error
from driftloop.capture.request_rows import RequestRowReader, Row
from driftloop.cell_values import parse_number
from driftloop.schema import Kind, Schema


class PayloadDecoder:
    """Reads requests of one model; ``names`` tells of the last one's absent and unknown names."""

    def __init__(self, schema: Schema, prediction_key: str | None) -> None:
        self.names = RequestRowReader(schema)
        self._answers = PredictionReader(schema, prediction_key)
        self._numeric = schema.prediction.kind is Kind.NUMERIC

    def read(self, event: CapturedRequest) -> tuple[list[Row], list[object] | None]:
        """Rows in schema order and their predictions; None where no answer was captured.

        Raises Unusable where a side can't be read, Apart where the model answered with an error
        or the request was not captured.
        """
        try:
            return self._read(event)
        except RecursionError as error:
            raise RejectedLineError(RejectReason.UNREADABLE_PAYLOAD, "nested too deeply") from error

    def _read(self, event: CapturedRequest) -> tuple[list[Row], list[object] | None]:
        answer = None if event.output is None else _answer(event.output)
        if event.input is None:
            raise SkippedLineError(SkipReason.MISSING_INPUT)
        rows = self.names.read(read_document(event.input))
        if event.output is None:
            return rows, None
        if event.output.observedContentType:
            return rows, self._answers.read(answer, len(rows))
        return rows, self._untyped(answer, len(rows), event.output)

    def _untyped(self, answer: object, count: int, side: Payload) -> list[object]:
        """An answer without content type: an error's text, unless it holds the predictions."""
        try:
            found = self._answers.read(answer, count)
        except RejectedLineError as fault:
            raise SkippedLineError(SkipReason.MODEL_ERROR) from fault
        sound = (
            all(parse_number(item) is not None for item in found)
            if self._numeric
            else _is_text(side)
        )
        if not sound:
            raise SkippedLineError(SkipReason.MODEL_ERROR)
        return found


def _answer(side: Payload) -> object:
    try:
        document = read_document(side)
    except RejectedLineError as fault:
        if side.observedContentType:
            raise
        raise SkippedLineError(SkipReason.MODEL_ERROR) from fault
    if is_model_error(document):
        raise SkippedLineError(SkipReason.MODEL_ERROR)
    return document


def _is_text(side: Payload) -> bool:
    return (side.encoding or "").upper() != "BASE64"
