"""The answer's document as one prediction per row of the request.

The prediction is the score of the positive class, the predicted value, or the predicted class;
where an answer holds more than that, a key from the configuration, or a known one, says what to
take.
"""

from driftloop.capture.line_counts import RejectedLineError, RejectReason
from driftloop.cell_values import parse_number
from driftloop.schema import ProblemType, Schema

WRAPPERS = ("predictions", "outputs", "results", "predictions_list", "data", "instances")
"""Keys that wrap the list of predictions."""

SCORE_KEYS = (
    "score",
    "probability",
    "predicted_probability",
    "prediction",
    "predicted_value",
    "value",
    "output",
    "result",
    "probabilities",
    "scores",
    "predicted_label",
    "label",
)
"""Where a number is predicted: keys of an object, the first that is there."""

CLASS_KEYS = (
    "predicted_label",
    "predicted_class",
    "label",
    "class",
    "prediction",
    "output",
    "result",
    "value",
    "probabilities",
    "scores",
)
"""Where a class is predicted: keys of an object, the first that is there."""

_SUM_TOLERANCE = 1e-3
"""Probabilities are often written with three or four digits."""

_NOTHING = object()
"""Where a path leads nowhere; null is something."""


class PredictionReader:
    """Reads the documents of one model's answers."""

    def __init__(self, schema: Schema, prediction_key: str | None = None) -> None:
        self._problem = schema.problem_type
        self._path = prediction_key.split(".") if prediction_key else []
        classes = schema.problem_type is ProblemType.MULTICLASS_CLASSIFICATION
        self._keys = CLASS_KEYS if classes else SCORE_KEYS

    def read(self, document: object, count: int) -> list[object]:
        """``count`` predictions, one for each row of the request; raises Unusable."""
        items = self._items(self._unwrapped(document), count)
        if len(items) != count:
            raise RejectedLineError(
                RejectReason.PREDICTION_COUNT_MISMATCH, f"{count} rows, {len(items)} predictions"
            )
        return [self._pick(item) for item in items]

    def _unwrapped(self, document: object) -> object:
        if self._path:
            found = _walk(document, self._path)
            if found is not _NOTHING:
                return found
        while isinstance(document, dict):
            key = next((key for key in WRAPPERS if key in document), None)
            if key is None:
                break
            document = document[key]
        if self._path and isinstance(document, dict | list):
            found = _walk(document, self._path)
            return document if found is _NOTHING else found
        return document

    def _items(self, document: object, count: int) -> list[object]:
        if isinstance(document, dict):
            picked = self._of_object(document)
            if isinstance(picked, list) and (count > 1 or len(picked) == 1):
                return picked
            return [picked]
        if not isinstance(document, list):
            return [document]
        if len(document) == count + 1 and _is_header(document[0]):
            return document[1:]
        return _reshaped(document, count)

    def _pick(self, item: object) -> object:
        if isinstance(item, dict):
            return self._pick(self._of_object(item))
        if not isinstance(item, list):
            return item
        if len(item) == 1:
            return self._pick(item[0])
        return self._of_scores(item)

    def _of_object(self, item: dict[str, object]) -> object:
        key = next((key for key in self._keys if key in item), None)
        if key is None and len(item) == 1:
            key = next(iter(item))
        if key is None:
            names = ", ".join(sorted(item)[:5]) or "none"
            raise RejectedLineError(
                RejectReason.AMBIGUOUS_PREDICTION, f"names: {names}; set prediction_key"[:200]
            )
        return item[key]

    def _of_scores(self, cells: list[object]) -> object:
        """One row of several cells: a class before its score, or the scores of all classes."""
        numbers = [None if isinstance(cell, list | dict) else parse_number(cell) for cell in cells]
        scores = [value for value in numbers if value is not None and value == value]
        complete = len(scores) == len(cells) and bool(cells)
        if self._problem is ProblemType.MULTICLASS_CLASSIFICATION:
            if complete and not _label_and_score(scores):
                return scores.index(max(scores))
            if complete:
                return cells[0]
            if cells and isinstance(cells[0], str) and cells[0].strip():
                return cells[0]
        if self._problem is ProblemType.BINARY_CLASSIFICATION and len(cells) == 2:
            if complete and abs(sum(scores) - 1.0) <= _SUM_TOLERANCE:
                return scores[1]
            if numbers[1] is not None and (numbers[0] is None or numbers[0] in (0.0, 1.0)):
                return cells[1]
        raise RejectedLineError(
            RejectReason.AMBIGUOUS_PREDICTION, f"{len(cells)} values in one answer"
        )


def is_model_error(document: object) -> bool:
    """Whether the answer is the error object that a failed model gives instead of predictions."""
    return isinstance(document, dict) and "code" in document and "message" in document


def _label_and_score(values: list[float]) -> bool:
    """Whether two numbers are a class and its probability rather than two probabilities."""
    if len(values) != 2 or abs(sum(values) - 1.0) <= _SUM_TOLERANCE:
        return False
    return values[0].is_integer() and 0.0 <= values[1] <= 1.0


def _reshaped(document: list[object], count: int) -> list[object]:
    """A list of another length than the rows: one row's scores, or all predictions on one line."""
    scalars = not any(isinstance(item, list | dict) for item in document)
    if count == 1 and scalars and len(document) > 1:
        return [document]
    if count > 1 and len(document) == 1 and isinstance(document[0], list):
        return document[0]
    return document


def _is_header(row: object) -> bool:
    cells = row if isinstance(row, list) else [row]
    return bool(cells) and all(
        isinstance(cell, str) and parse_number(cell) is None for cell in cells
    )


def _walk(document: object, path: list[str]) -> object:
    """What stands at the path, through lists item by item; _NOTHING where an item lacks it."""
    if not path:
        return document
    if isinstance(document, dict):
        return _walk(document[path[0]], path[1:]) if path[0] in document else _NOTHING
    if isinstance(document, list) and document:
        found = [_walk(item, path) for item in document]
        return _NOTHING if any(item is _NOTHING for item in found) else found
    return _NOTHING
