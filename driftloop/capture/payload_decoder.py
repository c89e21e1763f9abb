"""One request's payloads as rows and predictions, in any supported format, one line at a time."""

from driftloop.capture.capture_record import CapturedRequest, Payload
from driftloop.capture.formats import read_document
from driftloop.capture.line_counts import (
    RejectedLineError,
    RejectReason,
    SkippedLineError,
    SkipReason,
)
from driftloop.capture.predictions import ClassScores, PredictionReader, is_model_error
from driftloop.capture.request_rows import RequestRowReader, Row
from driftloop.cell_values import parse_number
from driftloop.payload_mapping import DETECTED, PayloadMapping
from driftloop.schema import Kind, Schema


class PayloadDecoder:
    """Decodes the requests of one model.

    ``row_reader`` holds the missing and extra columns of the last request. ``response_problem`` is
    why its response can't be read as predictions, None if it can.
    """

    def __init__(self, schema: Schema, mapping: PayloadMapping = DETECTED) -> None:
        self.row_reader = RequestRowReader(schema, mapping)
        self._prediction_reader = PredictionReader(schema, mapping)
        self.response_problem: RejectReason | None = None
        self._is_numeric = schema.prediction.kind is Kind.NUMERIC

    @property
    def class_scores(self) -> list[ClassScores | None]:
        """The probabilities of all classes of each prediction of the last response, if any."""
        return self._prediction_reader.class_scores

    def decode(self, request: CapturedRequest) -> tuple[list[Row], list[object] | None]:
        """The request's rows in schema order, and their predictions; None without an output.

        A response that can't be read is no reason to leave out the features: its rows have no
        predictions.

        Raises:
            RejectedLineError: The request is unreadable.
            SkippedLineError: The model returned an error, or the input was not captured.
        """
        try:
            return self._decode(request)
        except RecursionError as error:
            raise RejectedLineError(RejectReason.UNREADABLE_PAYLOAD, "nested too deeply") from error

    def _decode(self, request: CapturedRequest) -> tuple[list[Row], list[object] | None]:
        # the output first: a request that the model answered with an error is not rejected
        self.response_problem = None
        self._prediction_reader.class_scores = []
        output = None if request.output is None else self._read_output(request.output)
        if request.input is None:
            raise SkippedLineError(SkipReason.MISSING_INPUT)
        rows = self.row_reader.read(read_document(request.input))
        if request.output is None:
            return rows, None
        if self.response_problem is not None:
            return rows, [None] * len(rows)
        if not request.output.observedContentType:
            return rows, self._read_untyped(output, len(rows), request.output)
        try:
            return rows, self._prediction_reader.read(output, len(rows))
        except RejectedLineError as error:
            self.response_problem = error.reason
        except RecursionError:
            self.response_problem = RejectReason.UNREADABLE_PAYLOAD
        return rows, [None] * len(rows)

    def _read_output(self, payload: Payload) -> object:
        """The document of a response; None, with a ``response_problem``, if it is unreadable."""
        try:
            document = read_document(payload)
        except RejectedLineError as error:
            if not payload.observedContentType:
                raise SkippedLineError(SkipReason.MODEL_ERROR) from error
            self.response_problem = error.reason
            return None
        if is_model_error(document):
            raise SkippedLineError(SkipReason.MODEL_ERROR)
        return document

    def _read_untyped(self, output: object, count: int, payload: Payload) -> list[object]:
        """Predictions of an output without content type, which may be an error's text."""
        try:
            predictions = self._prediction_reader.read(output, count)
        except RejectedLineError as error:
            raise SkippedLineError(SkipReason.MODEL_ERROR) from error
        is_valid = (
            all(parse_number(item) is not None for item in predictions)
            if self._is_numeric
            else _is_text(payload)
        )
        if not is_valid:
            raise SkippedLineError(SkipReason.MODEL_ERROR)
        return predictions


def _is_text(payload: Payload) -> bool:
    return (payload.encoding or "").upper() != "BASE64"
