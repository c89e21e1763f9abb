"""One prediction per row of a request, from the document of its output.

The prediction is the score of the positive class, the predicted value, or the predicted class. If
the output holds more than that, the configured ``prediction_key`` selects it, or a usual key.

Autopilot's containers and SageMaker's XGBoost answer with the cells or keys that they are set to
give (``ResponseKey``); in CSV, lists are cells of text such as ``"[0.9, 0.1]"``. Of ``labels``, the
second one is the positive class of a binary model. ``probability`` is not always that of the
positive class: an Autopilot model of the ensembling mode gives the probability of the predicted
label. So ``probabilities`` come first. Source: SageMaker developer guide, "Configure inference
output in generated containers".
"""

import csv
import json
from collections.abc import Sequence

from driftloop.capture.line_counts import RejectedLineError, RejectReason
from driftloop.cell_values import parse_number
from driftloop.path_expressions import MISSING, PathExpression
from driftloop.payload_mapping import DETECTED, PayloadMapping, ResponseKey
from driftloop.schema import ProblemType, Schema

WRAPPERS = ("predictions", "outputs", "results", "predictions_list", "data", "instances")
"""Keys that wrap the list of predictions, in order of precedence."""

SCORE_KEYS = (
    "score",
    "predicted_score",
    "probability",
    "predicted_probability",
    "prediction",
    "predicted_value",
    "value",
    "output",
    "result",
    "probabilities",
    "scores",
    "raw_score",
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

_RESPONSE_KEYS = frozenset(ResponseKey)

MAX_LIST_LENGTH = 10_000
"""Characters of a cell that may be a list: the probabilities of several hundred classes."""


ClassScores = tuple[Sequence[object] | None, list[float]]
"""Classes with their probabilities; None for classes that are named by their positions."""


class PredictionReader:
    """Reads the output documents of one model.

    ``class_scores`` has, for each prediction of the last document, the probabilities of all classes
    where a multiclass model returned them.
    """

    def __init__(self, schema: Schema, mapping: PayloadMapping = DETECTED) -> None:
        self._problem_type = schema.problem_type
        key = mapping.prediction_key
        self._path = None if key is None else PathExpression.parse(key)
        self._configured_cells = mapping.inference_response_keys
        self._cells: Sequence[str] = ()
        is_multiclass = schema.problem_type is ProblemType.MULTICLASS_CLASSIFICATION
        self._keys = CLASS_KEYS if is_multiclass else SCORE_KEYS
        self.class_scores: list[ClassScores | None] = []
        self._found: ClassScores | None = None

    def read(self, document: object, count: int) -> list[object]:
        """``count`` predictions, one for each row of the request; raises RejectedLineError."""
        self._cells = self._configured_cells
        items = self._items(self._unwrap(document), count)
        if len(items) != count:
            raise RejectedLineError(
                RejectReason.PREDICTION_COUNT_MISMATCH, f"{count} rows, {len(items)} predictions"
            )
        self.class_scores = []
        return [self._pick_with_scores(item) for item in items]

    def _pick_with_scores(self, item: object) -> object:
        self._found = None
        picked = self._pick(item)
        self.class_scores.append(self._found)
        return picked

    def _unwrap(self, document: object) -> object:
        if self._path:
            found = self._path.find(document)
            if found is not MISSING:
                return found
        while isinstance(document, dict):
            key = next((key for key in WRAPPERS if key in document), None)
            if key is None:
                break
            document = document[key]
        if self._path and isinstance(document, dict | list):
            found = self._path.find(document)
            return document if found is MISSING else found
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
            header = document[0]
            if isinstance(header, list) and _RESPONSE_KEYS.issuperset(header):
                self._cells = header
            return document[1:]
        return _reshape(document, count)

    def _pick(self, item: object) -> object:
        if isinstance(item, dict):
            return self._pick(self._from_object(item))
        if not isinstance(item, list):
            return item
        if self._cells and len(item) == len(self._cells):
            return self._pick(dict(zip(self._cells, item, strict=True)))
        if len(item) == 1:
            return self._pick(item[0])
        return self._from_scores(item)

    def _from_object(self, item: dict[str, object]) -> object:
        found = self._from_probabilities(item)
        if found is not None:
            return found
        key = next((key for key in self._keys if key in item), None)
        if key is None and len(item) == 1:
            key = next(iter(item))
        if key is None:
            names = ", ".join(sorted(item)[:5]) or "none"
            raise RejectedLineError(
                RejectReason.AMBIGUOUS_PREDICTION, f"names: {names}; set prediction_key"[:200]
            )
        return item[key]

    def _from_probabilities(self, item: dict[str, object]) -> object:
        """The prediction by the probability of each label; None where there are none."""
        if "probabilities" not in item:
            return None
        scores = _numbers(_to_list(item["probabilities"]))
        if self._problem_type is ProblemType.BINARY_CLASSIFICATION and len(scores) == 2:
            return scores[1]
        labels = _to_list(item.get("labels"))
        is_multiclass = self._problem_type is ProblemType.MULTICLASS_CLASSIFICATION
        if is_multiclass and 0 < len(scores) == len(labels):
            self._found = labels, scores
            if "predicted_label" not in item:
                return labels[scores.index(max(scores))]
        return None

    def _from_scores(self, cells: list[object]) -> object:
        """The prediction of several cells: a class and its score, or the scores of all classes."""
        numbers = [None if isinstance(cell, list | dict) else parse_number(cell) for cell in cells]
        scores = [value for value in numbers if value is not None and value == value]
        all_numbers = len(scores) == len(cells) and bool(cells)
        if self._problem_type is ProblemType.MULTICLASS_CLASSIFICATION:
            if all_numbers and not _is_label_with_score(scores):
                self._found = None, scores
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
        if self._problem_type is ProblemType.BINARY_CLASSIFICATION:
            pairs = [pair for cell in cells if _are_probabilities(pair := _numbers(_to_list(cell)))]
            # labels 0 and 1 look like probabilities
            certain = [pair for pair in pairs if {*pair} != {0.0, 1.0}] or pairs
            if len(certain) == 1:
                return certain[0][1]
        raise RejectedLineError(
            RejectReason.AMBIGUOUS_PREDICTION, f"{len(cells)} values in one prediction"
        )


def is_model_error(document: object) -> bool:
    """Whether an output is the error object that SageMaker returns for a failed invocation."""
    return isinstance(document, dict) and "code" in document and "message" in document


def _are_probabilities(scores: list[float]) -> bool:
    """Whether numbers can be the probabilities of two classes."""
    in_range = all(0.0 <= score <= 1.0 for score in scores)
    return len(scores) == 2 and in_range and abs(sum(scores) - 1.0) <= _SUM_TOLERANCE


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


def _to_list(cell: object) -> list[object]:
    """The items of a list, also of one that is written as text; empty for any other cell."""
    if isinstance(cell, list):
        return cell
    text = cell.strip() if isinstance(cell, str) else ""
    if not (text.startswith("[") and text.endswith("]")) or len(text) > MAX_LIST_LENGTH:
        return []
    try:
        document = json.loads(text)
        return document if isinstance(document, list) else []
    except (ValueError, RecursionError):
        # a list as Python writes it: ['no', 'yes']
        line = " ".join(text[1:-1].split())
        (items,) = csv.reader([line], quotechar="'", skipinitialspace=True)
        return [*items]


def _numbers(items: list[object]) -> list[float]:
    """The items as numbers; empty unless all of them are."""
    numbers = [None if isinstance(item, list | dict) else parse_number(item) for item in items]
    found = [number for number in numbers if number is not None and number == number]
    return found if len(found) == len(items) else []
