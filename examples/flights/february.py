"""A model trained on February that serves the later months: input of the README's commands.

``python -m examples.flights.february [FOLDER]`` writes ``february.csv`` (training rows with the
model's predictions), ``captured/`` (requests of March to July in data capture's format) and
``labels/`` (what became of these flights, in the format of ground truth).
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from examples.flights.captured import write_captured, write_labels
from examples.flights.source import FEATURES, TARGET, flights

FOLDER = Path(__file__).parent.parent.parent / "build" / "flights" / "months"
MONTHS = range(3, 8)
PREDICTION = "score"
SEED = 2013

_CATEGORIES = ["carrier", "origin", "dest"]
_FOLDS = 4
"""Number of folds of the cross-validation."""


def february(table: pd.DataFrame) -> tuple[pd.DataFrame, HistGradientBoostingClassifier]:
    """February's rows with predictions, and the model.

    Each prediction is by a model that was not trained on rows of the same day. Predictions for a
    model's own training rows are more confident than later ones, which would look like drift.
    """
    rows = table[table["month"] == 2].reset_index(drop=True)
    inputs, model = encode(rows, rows), classifier()
    scores = cross_val_predict(
        model,
        inputs,
        rows[TARGET],
        groups=rows["time"].str[:10],
        cv=GroupKFold(_FOLDS),
        method="predict_proba",
    )
    return rows.assign(**{PREDICTION: scores[:, 1].round(6)}), model.fit(inputs, rows[TARGET])


def encode(table: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The model's inputs; categories that are not in ``known`` become missing."""
    categories = {name: sorted(known[name].unique()) for name in _CATEGORIES}
    columns = {
        name: pd.Categorical(table[name].where(table[name].isin(values)), categories=values)
        for name, values in categories.items()
    }
    return table[list(FEATURES)].assign(**columns)


def write(folder: Path = FOLDER, months: Sequence[int] = MONTHS) -> None:
    """Write all input files of the README's commands."""
    # With so few rows, threads take longer than one thread, a hundred times on a busy machine.
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
    scores = model.predict_proba(encode(served, rows))[:, 1].round(6)
    files = write_captured(folder / "captured", served, scores)
    write_labels(folder / "labels", served)
    sys.stdout.write(f"{folder}: {len(rows):,} rows of February, {files:,} captured files\n")


def classifier() -> HistGradientBoostingClassifier:
    """An untrained model of the inputs that :func:`encode` returns."""
    return HistGradientBoostingClassifier(
        min_samples_leaf=40, categorical_features="from_dtype", random_state=SEED
    )


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
