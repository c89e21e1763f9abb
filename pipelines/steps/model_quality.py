"""Builds ``statistics.json``: the challenger's quality in the format that the registry displays.

The format is that of Model Monitor: SageMaker developer guide, "Model quality metrics and Amazon
CloudWatch monitoring", with its names, its matrix (true class, then predicted class), its curves
and its standard deviations. A number that is not defined is the text ``NaN``, as there. The
metrics ``…_best_constant_classifier`` are left out: the guide does not define them.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop.evaluation import GroundTruthValues
from driftloop.evaluation.bootstrap import data_seed
from driftloop.evaluation.roc_auc import roc_auc
from driftloop.evaluation.weighted import Floats, unweighted
from driftloop.schema import ProblemType

PROBABILITY_THRESHOLD = 0.5
"""From this probability on, the second class is the predicted one: Model Monitor's default."""

MIN_ROWS_FOR_DEVIATION = 200
SAMPLE_SHARE = 0.8
SAMPLES = 5
"""A standard deviation is that of 5 random samples of 80% of the rows, from 200 rows on."""

MAX_CURVE_POINTS = 201
MAX_MATRIX_CLASSES = 50
"""Limits of what the registry has to draw; the metrics themselves use all rows and classes."""

Scalars = dict[str, float]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows with the ground truth and the challenger's predictions (see GroundTruthValues)."""

    values: Floats
    predicted: Floats

    @property
    def codes(self) -> Codes:
        return self.values.astype(np.int64)

    @property
    def predicted_codes(self) -> Codes:
        if self.predicted.ndim == 1:
            return (self.predicted >= PROBABILITY_THRESHOLD).astype(np.int64)
        codes: Codes = self.predicted.argmax(axis=1)
        return codes

    def sample(self, generator: np.random.Generator) -> "_Rows":
        size = round(SAMPLE_SHARE * len(self.values))
        chosen = generator.choice(len(self.values), size=size, replace=False)
        return _Rows(self.values[chosen], self.predicted[chosen])


def model_quality_statistics(
    ground_truth: GroundTruthValues, predicted: Floats, classes: Sequence[str]
) -> dict[str, Any]:
    """The content of ``statistics.json``.

    Args:
        ground_truth: The true values of n rows.
        predicted: The challenger's predictions, in the form that ``ground_truth`` describes.
        classes: Names of the classes by code; empty for a regression.
    """
    rows = _Rows(ground_truth.values, predicted)
    scalars, curves = _METRICS[ground_truth.problem_type]
    metrics = {**curves(rows, classes), **_with_deviations(rows, scalars)}
    return {f"{ground_truth.problem_type}_metrics": metrics}


def encode_statistics(statistics: dict[str, Any]) -> bytes:
    """The statistics as JSON that ends with a line break; raises ValueError for NaN."""
    return json.dumps(statistics, indent=1, allow_nan=False).encode() + b"\n"


def _with_deviations(rows: _Rows, scalars: Callable[[_Rows], Scalars]) -> dict[str, Any]:
    samples: list[Scalars] = []
    if len(rows.values) >= MIN_ROWS_FOR_DEVIATION:
        generator = np.random.default_rng(data_seed(rows.values, rows.predicted))
        samples = [scalars(rows.sample(generator)) for _ in range(SAMPLES)]
    return {
        name: {
            "value": _number(value),
            "standard_deviation": _number(
                float(np.std([sample[name] for sample in samples])) if samples else math.nan
            ),
        }
        for name, value in scalars(rows).items()
    }


def _number(value: float) -> float | str:
    return float(value) if math.isfinite(value) else "NaN"


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else math.nan


def _f_score(precision: float, recall: float, beta: float) -> float:
    """Harmonic mean that weights recall ``beta`` times as much as precision."""
    return _ratio((1 + beta**2) * precision * recall, beta**2 * precision + recall)


def _regression(rows: _Rows) -> Scalars:
    errors = rows.values - rows.predicted
    mse = float(np.mean(errors**2))
    return {
        "mae": float(np.mean(np.abs(errors))),
        "mse": mse,
        "rmse": math.sqrt(mse),
        "r2": 1 - _ratio(mse, float(np.var(rows.values))),
    }


def _binary(rows: _Rows) -> Scalars:
    (negative, false_positive), (false_negative, positive) = _matrix(
        rows.codes, rows.predicted_codes, 2
    )
    recall = _ratio(positive, positive + false_negative)
    precision = _ratio(positive, positive + false_positive)
    return {
        "recall": recall,
        "precision": precision,
        "accuracy": (positive + negative) / len(rows.values),
        "true_positive_rate": recall,
        "true_negative_rate": _ratio(negative, negative + false_positive),
        "false_positive_rate": _ratio(false_positive, negative + false_positive),
        "false_negative_rate": _ratio(false_negative, positive + false_negative),
        "auc": unweighted(roc_auc(rows.codes == 1, rows.predicted), len(rows.values)),
        "f0_5": _f_score(precision, recall, 0.5),
        "f1": _f_score(precision, recall, 1),
        "f2": _f_score(precision, recall, 2),
    }


def _multiclass(rows: _Rows) -> Scalars:
    """Means over the classes, weighted by their share of the rows.

    The precision of a class that is never predicted counts as 0.
    """
    count = rows.predicted.shape[1]
    matrix = _matrix(rows.codes, rows.predicted_codes, count)
    right, actual, chosen = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    recall, precision = right / np.maximum(actual, 1), right / np.maximum(chosen, 1)
    shares = actual / len(rows.values)

    def weighted_f_score(beta: float) -> float:
        parts = beta**2 * precision + recall
        scores = (1 + beta**2) * precision * recall / np.where(parts > 0, parts, 1)
        return float(shares @ scores)

    return {
        "accuracy": float(right.sum() / len(rows.values)),
        "weighted_recall": float(shares @ recall),
        "weighted_precision": float(shares @ precision),
        "weighted_f0_5": weighted_f_score(0.5),
        "weighted_f1": weighted_f_score(1),
        "weighted_f2": weighted_f_score(2),
    }


def _matrix(actual: Codes, predicted: Codes, classes: int) -> NDArray[np.int64]:
    """Number of rows by code of the true class and of the predicted class, int64[k, k]."""
    counts = np.bincount(actual * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


def _named_matrix(matrix: NDArray[np.int64], classes: Sequence[str]) -> dict[str, Any]:
    if len(classes) > MAX_MATRIX_CLASSES:
        return {}
    rows = ((name, map(int, row)) for name, row in zip(classes, matrix, strict=True))
    return {"confusion_matrix": {name: dict(zip(classes, row, strict=True)) for name, row in rows}}


def _binary_curves(rows: _Rows, classes: Sequence[str]) -> dict[str, Any]:
    matrix = _named_matrix(_matrix(rows.codes, rows.predicted_codes, 2), classes)
    order = np.argsort(-rows.predicted, kind="stable")
    positives = np.cumsum(rows.codes[order] == 1)
    # one point per distinct score: the last of the rows that have it
    last = np.flatnonzero(np.append(np.diff(rows.predicted[order]) != 0, True))
    if len(last) >= MAX_CURVE_POINTS:
        last = last[np.linspace(0, len(last) - 1, MAX_CURVE_POINTS - 1).round().astype(int)]
    found, taken = positives[last], last + 1
    total, rest = int(positives[-1]), len(order) - int(positives[-1])
    if not total or not rest:
        return matrix
    recalls = [0.0, *(found / total).tolist()]
    return {
        **matrix,
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": [0.0, *((taken - found) / rest).tolist()],
            "true_positive_rates": recalls,
        },
        "precision_recall_curve": {
            "precisions": [1.0, *(found / taken).tolist()],
            "recalls": recalls,
        },
    }


def _multiclass_curves(rows: _Rows, classes: Sequence[str]) -> dict[str, Any]:
    return _named_matrix(_matrix(rows.codes, rows.predicted_codes, len(classes)), classes)


def _no_curves(_rows: _Rows, _classes: Sequence[str]) -> dict[str, Any]:
    return {}


_METRICS: dict[
    ProblemType,
    tuple[Callable[[_Rows], Scalars], Callable[[_Rows, Sequence[str]], dict[str, Any]]],
] = {
    ProblemType.BINARY_CLASSIFICATION: (_binary, _binary_curves),
    ProblemType.MULTICLASS_CLASSIFICATION: (_multiclass, _multiclass_curves),
    ProblemType.REGRESSION: (_regression, _no_curves),
}
