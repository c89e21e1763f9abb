"""A request's two sides as rows and predictions: the exact way, which knows every format."""

from driftloop.capture.answers import AnswerReader, is_model_error
from driftloop.capture.envelope import Event, Side
from driftloop.capture.formats import read_document
from driftloop.capture.outcome import Apart, Unusable
from driftloop.capture.rows import Row, RowReader
from driftloop.capture.tally import Filtered, Reason
from driftloop.schema import Kind, Schema
from driftloop.values import number


class ExactReader:
    """Reads requests of one model; ``names`` tells of the last one's absent and unknown names."""

    def __init__(self, schema: Schema, prediction_key: str | None) -> None:
        self.names = RowReader(schema)
        self._answers = AnswerReader(schema, prediction_key)
        self._numeric = schema.prediction.kind is Kind.NUMERIC

    def read(self, event: Event) -> tuple[list[Row], list[object] | None]:
        """Rows in schema order and their predictions; None where no answer was captured.

        Raises Unusable where a side can't be read, Apart where the model answered with an error
        or the request was not captured.
        """
        try:
            return self._read(event)
        except RecursionError as error:
            raise Unusable(Reason.PAYLOAD, "nested too deeply") from error

    def _read(self, event: Event) -> tuple[list[Row], list[object] | None]:
        answer = None if event.output is None else _answer(event.output)
        if event.input is None:
            raise Apart(Filtered.NO_INPUT)
        rows = self.names.read(read_document(event.input))
        if event.output is None:
            return rows, None
        if event.output.observedContentType:
            return rows, self._answers.read(answer, len(rows))
        return rows, self._untyped(answer, len(rows), event.output)

    def _untyped(self, answer: object, count: int, side: Side) -> list[object]:
        """An answer without content type: an error's text, unless it holds the predictions."""
        try:
            found = self._answers.read(answer, count)
        except Unusable as fault:
            raise Apart(Filtered.MODEL_ERROR) from fault
        sound = all(number(item) is not None for item in found) if self._numeric else _is_text(side)
        if not sound:
            raise Apart(Filtered.MODEL_ERROR)
        return found


def _answer(side: Side) -> object:
    try:
        document = read_document(side)
    except Unusable as fault:
        if side.observedContentType:
            raise
        raise Apart(Filtered.MODEL_ERROR) from fault
    if is_model_error(document):
        raise Apart(Filtered.MODEL_ERROR)
    return document


def _is_text(side: Side) -> bool:
    return (side.encoding or "").upper() != "BASE64"
