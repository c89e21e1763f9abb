"""Converts cells to the numbers that tree models need, and model output to predictions.

The training package and the model archive contain this module beside train.py and inference.py.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from driftloop_cell_dates import epoch_seconds
from driftloop_cell_values import EMPTY_TEXTS, MISSING_TEXTS, category_codes, numeric_values

MAX_CATEGORIES = 250
"""Maximum number of categories of a feature, the most frequent ones: the trees have 255 bins."""

SECONDS_PER_DAY = 86_400

BINARY = "binary_classification"
REGRESSION = "regression"


@dataclass(frozen=True)
class Frame:
    """The schema of a model, with the categories of its features and the classes of its target.

    ``request_columns`` are the columns of a request row in their order, with those that the model
    ignores; empty if they are the features.
    """

    problem_type: str
    target: str
    features: dict[str, str]
    categories: dict[str, list[str]]
    classes: list[str]
    request_columns: list[str] = field(default_factory=list)

    def matrix(self, cells: Mapping[str, Sequence[Any]]) -> np.ndarray:
        """Numbers float64[n, features]: dates as days since 1970, missing and unseen as NaN.

        A number that is infinite, or too large for float32, is a missing value.
        """
        return np.column_stack([self._column(name, cells[name]) for name in self.features])

    def labels(self, cells: Sequence[Any]) -> np.ndarray:
        """The target float64[n]: the number or the code of the class, NaN where there is none."""
        if self.problem_type != REGRESSION:
            return _encode(cells, self.classes)
        return _finite_numbers(cells)

    def is_categorical(self) -> list[bool]:
        """Whether each column of the matrix holds codes of categories."""
        return [kind == "categorical" for kind in self.features.values()]

    def predictions(self, output: np.ndarray) -> list[dict[str, Any]]:
        """One prediction per row: ``score``, or ``predicted_label`` and ``probabilities``.

        ``output`` is float64[n], or float64[n, classes] of a multiclass model.
        """
        if self.problem_type in (BINARY, REGRESSION):
            return [{"score": float(value)} for value in output]
        return [
            {
                "predicted_label": self.classes[int(np.argmax(row))],
                "probabilities": dict(zip(self.classes, map(float, row), strict=True)),
            }
            for row in output
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain form for JSON."""
        return asdict(self)

    def _column(self, name: str, cells: Sequence[Any]) -> np.ndarray:
        if self.features[name] == "categorical":
            return _encode(cells, self.categories[name])
        if self.features[name] == "date":
            seconds: np.ndarray = epoch_seconds(cells)[0]
            return seconds / SECONDS_PER_DAY
        return _finite_numbers(cells)


def fit_frame(schema: Mapping[str, Any], cells: Mapping[str, Sequence[Any]]) -> Frame:
    """Find the categories of the features; ``schema`` has the sorted classes of the target."""
    features: dict[str, str] = dict(schema["features"])
    kept = schema.get("keep_na_texts", ())
    categories = {
        name: _most_frequent(cells[name], EMPTY_TEXTS if name in kept else MISSING_TEXTS)
        for name, kind in features.items()
        if kind == "categorical"
    }
    return Frame(
        problem_type=schema["problem"],
        target=schema["target"],
        features=features,
        categories=categories,
        classes=list(schema["classes"]),
        request_columns=list(schema.get("request_columns", ())),
    )


def _most_frequent(cells: Sequence[Any], missing_texts: frozenset[str]) -> list[str]:
    codes, categories = category_codes(cells, missing_texts=missing_texts)
    counts = Counter(codes[codes >= 0].tolist())
    ranked = sorted(counts, key=lambda code: (-counts[code], categories[code]))
    return sorted(categories[code] for code in ranked[:MAX_CATEGORIES])


def _finite_numbers(cells: Sequence[Any]) -> np.ndarray:
    """Numbers float64[n], NaN where a cell is missing, no number, or not finite as float32.

    XGBoost stores float32, and refuses a matrix and a target with infinity: "Input data contains
    `inf` or a value too large" (dmlc/xgboost, src/data/data.cc).
    """
    values = numeric_values(cells)[0]
    with np.errstate(over="ignore"):
        is_finite = np.isfinite(values.astype(np.float32))
    numbers: np.ndarray = np.where(is_finite, values, np.nan)
    return numbers


def _encode(cells: Sequence[Any], known: Sequence[str]) -> np.ndarray:
    """Codes float64[n] into ``known``, NaN where a cell is missing or none of these.

    NA and None can be names of categories and classes, and are then among ``known``.
    """
    codes, categories = category_codes(cells, missing_texts=EMPTY_TEXTS)
    known_codes = {category: float(code) for code, category in enumerate(known)}
    # code -1, a missing value, indexes the last element
    lookup = np.array([known_codes.get(category, np.nan) for category in categories] + [np.nan])
    encoded: np.ndarray = lookup[codes]
    return encoded
