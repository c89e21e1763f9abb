"""One prediction per row of a request, from the document of its output.

The prediction is the score of the positive class, the predicted value, or the predicted class. If
the output holds more than that, the configured ``prediction_key`` selects it, or a usual key.
"""

from driftloop.capture.line_counts import RejectedLineError, RejectReason
from driftloop.cell_values import parse_number
from driftloop.schema import ProblemType, Schema

WRAPPERS = ("predictions", "outputs", "results", "predictions_list", "data", "instances")
"""Keys that wrap the list of predictions, in order of precedence."""

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
"""Keys of a predicted number in an object, in order of precedence."""

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
"""Keys of a predicted class in an object, in order of precedence."""

_SUM_TOLERANCE = 1e-3
"""How far two class probabilities may be from a sum of 1: they are often written with three or
four digits."""

_MISSING = object()
"""Result of a path that does not exist; JSON's null is a value."""


class PredictionReader:
    """Reads the output documents of one model."""

    def __init__(self, schema: Schema, prediction_key: str | None = None) -> None:
        self._problem_type = schema.problem_type
        self._path = prediction_key.split(".") if prediction_key else []
        is_multiclass = schema.problem_type is ProblemType.MULTICLASS_CLASSIFICATION
        self._keys = CLASS_KEYS if is_multiclass else SCORE_KEYS

    def read(self, document: object, count: int) -> list[object]:
        """``count`` predictions, one for each row of the request; raises RejectedLineError."""
        items = self._items(self._unwrap(document), count)
        if len(items) != count:
            raise RejectedLineError(
                RejectReason.PREDICTION_COUNT_MISMATCH, f"{count} rows, {len(items)} predictions"
            )
        return [self._pick(item) for item in items]

    def _unwrap(self, document: object) -> object:
        if self._path:
            found = _follow_path(document, self._path)
            if found is not _MISSING:
                return found
        while isinstance(document, dict):
            key = next((key for key in WRAPPERS if key in document), None)
            if key is None:
                break
            document = document[key]
        if self._path and isinstance(document, dict | list):
            found = _follow_path(document, self._path)
            return document if found is _MISSING else found
        return document

    def _items(self, document: object, count: int) -> list[object]:
        if isinstance(document, dict):
            picked = self._from_object(document)
            if isinstance(picked, list) and (count > 1 or len(picked) == 1):
                return picked
            return [picked]
        if not isinstance(document, list):
            return [document]
        if len(document) == count + 1 and _is_header(document[0]):
            return document[1:]
        return _reshape(document, count)

    def _pick(self, item: object) -> object:
        if isinstance(item, dict):
            return self._pick(self._from_object(item))
        if not isinstance(item, list):
            return item
        if len(item) == 1:
            return self._pick(item[0])
        return self._from_scores(item)

    def _from_object(self, item: dict[str, object]) -> object:
        key = next((key for key in self._keys if key in item), None)
        if key is None and len(item) == 1:
            key = next(iter(item))
        if key is None:
            names = ", ".join(sorted(item)[:5]) or "none"
            raise RejectedLineError(
                RejectReason.AMBIGUOUS_PREDICTION, f"names: {names}; set prediction_key"[:200]
            )
        return item[key]

    def _from_scores(self, cells: list[object]) -> object:
        """The prediction of several cells: a class and its score, or the scores of all classes."""
        numbers = [None if isinstance(cell, list | dict) else parse_number(cell) for cell in cells]
        scores = [value for value in numbers if value is not None and value == value]
        all_numbers = len(scores) == len(cells) and bool(cells)
        if self._problem_type is ProblemType.MULTICLASS_CLASSIFICATION:
            if all_numbers and not _is_label_with_score(scores):
                return scores.index(max(scores))
            if all_numbers:
                return cells[0]
            if cells and isinstance(cells[0], str) and cells[0].strip():
                return cells[0]
        if self._problem_type is ProblemType.BINARY_CLASSIFICATION and len(cells) == 2:
            if all_numbers and abs(sum(scores) - 1.0) <= _SUM_TOLERANCE:
                return scores[1]
            if numbers[1] is not None and (numbers[0] is None or numbers[0] in (0.0, 1.0)):
                return cells[1]
        raise RejectedLineError(
            RejectReason.AMBIGUOUS_PREDICTION, f"{len(cells)} values in one prediction"
        )


def is_model_error(document: object) -> bool:
    """Whether an output is the error object that SageMaker returns for a failed invocation."""
    return isinstance(document, dict) and "code" in document and "message" in document


def _is_label_with_score(values: list[float]) -> bool:
    """Whether two numbers are a class and its probability, and not two probabilities."""
    if len(values) != 2 or abs(sum(values) - 1.0) <= _SUM_TOLERANCE:
        return False
    return values[0].is_integer() and 0.0 <= values[1] <= 1.0


def _reshape(document: list[object], count: int) -> list[object]:
    """A list of predictions, from the scores of one row or from all predictions on one line."""
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


def _follow_path(document: object, path: list[str]) -> object:
    """The value at a path, in lists for each item; ``_MISSING`` if an item lacks it."""
    if not path:
        return document
    if isinstance(document, dict):
        return _follow_path(document[path[0]], path[1:]) if path[0] in document else _MISSING
    if isinstance(document, list) and document:
        found = [_follow_path(item, path) for item in document]
        return _MISSING if any(item is _MISSING for item in found) else found
    return _MISSING
