"""From cells to the numbers that tree models take, and from their output to answers.

Lies flat beside train.py and inference.py, in the training package and in the model's archive.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from driftloop_cell_dates import epoch_seconds
from driftloop_cell_values import category_codes, numeric_values

MAX_CATEGORIES = 250
"""Levels of a category that are told apart, the frequent ones: the trees' bins are 255."""

DAY = 86_400

BINARY = "binary_classification"
REGRESSION = "regression"


@dataclass(frozen=True)
class Frame:
    """What a model must remember of its columns: schema, known levels, classes of the target."""

    problem: str
    target: str
    features: dict[str, str]
    categories: dict[str, list[str]]
    classes: list[str]

    def matrix(self, cells: Mapping[str, Sequence[Any]]) -> np.ndarray:
        """Numbers float64[n, features], a date as days since 1970; missing or unseen is NaN."""
        return np.column_stack([self._column(name, cells[name]) for name in self.features])

    def labels(self, cells: Sequence[Any]) -> np.ndarray:
        """The target float64[n]: the number, or the number of the class."""
        if self.problem != REGRESSION:
            return _numbered(cells, self.classes)
        values: np.ndarray = numeric_values(cells)[0]
        return values

    def categorical(self) -> list[bool]:
        """Which columns of the matrix are codes of categories."""
        return [kind == "categorical" for kind in self.features.values()]

    def answers(self, output: np.ndarray) -> list[dict[str, Any]]:
        """Per row: ``score``; for several classes ``predicted_label`` and ``probabilities``.

        ``output`` is float64[n], or float64[n, classes] where there are more than two.
        """
        if self.problem in (BINARY, REGRESSION):
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
            return _numbered(cells, self.categories[name])
        if self.features[name] == "date":
            seconds: np.ndarray = epoch_seconds(cells)[0]
            return seconds / DAY
        values: np.ndarray = numeric_values(cells)[0]
        return values


def fit_frame(schema: Mapping[str, Any], cells: Mapping[str, Sequence[Any]]) -> Frame:
    """Learn the levels; ``schema`` has the classes, in order, where the target has any."""
    features: dict[str, str] = dict(schema["features"])
    categories = {
        name: _frequent(cells[name]) for name, kind in features.items() if kind == "categorical"
    }
    return Frame(
        schema["problem_type"], schema["target"], features, categories, list(schema["classes"])
    )


def _frequent(cells: Sequence[Any]) -> list[str]:
    codes, categories = category_codes(cells)
    counts = Counter(codes[codes >= 0].tolist())
    ranked = sorted(counts, key=lambda code: (-counts[code], categories[code]))
    return sorted(categories[code] for code in ranked[:MAX_CATEGORIES])


def _numbered(cells: Sequence[Any], known: Sequence[str]) -> np.ndarray:
    codes, categories = category_codes(cells)
    number = {category: float(index) for index, category in enumerate(known)}
    # code -1, a missing value, is the last place
    table = np.array([number.get(category, np.nan) for category in categories] + [np.nan])
    found: np.ndarray = table[codes]
    return found
