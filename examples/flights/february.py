"""A model of February, asked about the months after it: what ``driftloop analyze`` looks at.

``python -m examples.flights.february [FOLDER]`` writes ``february.csv`` (training rows with the
model's predictions) and ``captured/`` (March to July, as an endpoint's data capture writes them).
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from examples.flights.captured import write_captured
from examples.flights.source import FEATURES, TARGET, flights

FOLDER = Path(__file__).parent.parent.parent / "build" / "flights" / "months"
MONTHS = range(3, 8)
PREDICTION = "score"
SEED = 2013

_CATEGORIES = ["carrier", "origin", "dest"]
_FOLDS = 4
"""Weeks of February."""


def february(table: pd.DataFrame) -> tuple[pd.DataFrame, HistGradientBoostingClassifier]:
    """February's rows with predictions, and the model.

    Each prediction is by a model that has not seen the day: those of a model for its own training
    rows are surer than any that it gives later, which would look like drift of the answers.
    """
    rows = table[table["month"] == 2].reset_index(drop=True)
    inputs, model = encoded(rows, rows), _model()
    scores = cross_val_predict(
        model,
        inputs,
        rows[TARGET],
        groups=rows["time"].str[:10],
        cv=GroupKFold(_FOLDS),
        method="predict_proba",
    )
    return rows.assign(**{PREDICTION: scores[:, 1].round(6)}), model.fit(inputs, rows[TARGET])


def encoded(table: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Inputs of the model; levels that ``known`` has not become missing."""
    categories = {name: sorted(known[name].unique()) for name in _CATEGORIES}
    columns = {
        name: pd.Categorical(table[name].where(table[name].isin(there)), categories=there)
        for name, there in categories.items()
    }
    return table[list(FEATURES)].assign(**columns)


def write(folder: Path = FOLDER, months: Sequence[int] = MONTHS) -> None:
    """Write everything that the commands of the README read."""
    # so few rows that threads cost more than they bring, on a busy machine a hundred times more
    with threadpool_limits(1):
        _write(folder, months)


def _write(folder: Path, months: Sequence[int]) -> None:
    table = flights()
    rows, model = february(table)
    folder.mkdir(parents=True, exist_ok=True)
    rows[[*FEATURES, TARGET, PREDICTION]].to_csv(
        folder / "february.csv", index=False, lineterminator="\n"
    )
    served = table[table["month"].isin(months)]
    scores = model.predict_proba(encoded(served, rows))[:, 1].round(6)
    files = write_captured(folder / "captured", served, scores)
    sys.stdout.write(f"{folder}: {len(rows):,} rows of February, {files:,} captured files\n")


def _model() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        min_samples_leaf=40, categorical_features="from_dtype", random_state=SEED
    )


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:]))
