"""The generated columns: fifteen numeric and five categorical features, and a score.

The distributions are usual in tabular models: normal, log-normal amounts, counts, shares, columns
with missing values, and categorical columns of 2 to 200 categories.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Draw = Callable[[np.random.Generator, int], np.ndarray]


class Numeric(NamedTuple):
    """A numeric column: its distribution, text format and share of missing values."""

    name: str
    draw: Draw
    text_format: str = "%.6g"
    missing: float = 0.0


class Categorical(NamedTuple):
    """A categorical column, with frequencies by Zipf's law."""

    name: str
    categories: tuple[str, ...]


def _normal(mean: float, std: float) -> Draw:
    return lambda rng, rows: rng.normal(mean, std, rows)


def _amount(median: float, sigma: float) -> Draw:
    return lambda rng, rows: rng.lognormal(np.log(median), sigma, rows)


def _count(mean: float) -> Draw:
    return lambda rng, rows: rng.poisson(mean, rows)


NUMERIC = (
    *(Numeric(f"measure_{i}", _normal(10.0 * i, 1.0 + i)) for i in range(1, 6)),
    *(Numeric(f"amount_{i}", _amount(10.0**i, 0.7)) for i in range(1, 4)),
    *(Numeric(f"count_{i}", _count(3.0**i), "%d") for i in range(1, 4)),
    *(Numeric(f"share_{i}", lambda rng, rows: rng.beta(2.0, 5.0, rows)) for i in range(1, 3)),
    *(Numeric(f"gappy_{i}", _normal(0.0, 1.0), missing=0.02 * i) for i in range(1, 3)),
)

CATEGORICAL = (
    Categorical("channel", ("web", "app")),
    Categorical("region", tuple(f"region-{i}" for i in range(8))),
    Categorical("plan", ("basic", "plus", "pro")),
    Categorical("device", tuple(f"device-{i:02}" for i in range(40))),
    Categorical("shop", tuple(f"{i:04}" for i in range(200))),
)

NAMES = (*(column.name for column in NUMERIC), *(column.name for column in CATEGORICAL))
ROW_FORMAT = ",".join(["%s"] * len(NAMES))


def rows_of_text(rng: np.random.Generator, rows: int) -> list[str]:
    """CSV rows with cells in the order of ``NAMES``; missing ones are empty."""
    columns = [_numeric_text(column, rng, rows) for column in NUMERIC]
    columns += [_categorical_text(column, rng, rows) for column in CATEGORICAL]
    return [ROW_FORMAT % cells for cells in zip(*columns, strict=True)]


def _numeric_text(column: Numeric, rng: np.random.Generator, rows: int) -> list[str]:
    values = column.draw(rng, rows).tolist()
    is_missing = rng.random(rows) < column.missing
    texts = [column.text_format % value for value in values]
    return [
        "" if missing else text for text, missing in zip(texts, is_missing.tolist(), strict=True)
    ]


def _categorical_text(column: Categorical, rng: np.random.Generator, rows: int) -> list[str]:
    shares = 1.0 / np.arange(1, len(column.categories) + 1)
    codes = rng.choice(len(column.categories), rows, p=shares / shares.sum())
    return [column.categories[code] for code in codes.tolist()]
