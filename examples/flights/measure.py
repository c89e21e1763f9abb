"""Measures how much a retraining improves the model: ``python -m examples.flights.measure``.

Prints the ROC AUC of a model of January to March on later months, and of one retrained on flights
of April to June, with the 95% interval of the paired difference on held-out rows.
"""

import sys

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from examples.flights.source import FEATURES, TARGET
from examples.flights.stream import Hour, drifted_hours, healthy_hours, july_hours, training

CATEGORIES = ["carrier", "origin", "dest"]
ROWS = (6_000, 9_000, 12_000, 18_000)


def main() -> None:
    """Print one line per model."""
    table = training()
    categories = {name: sorted(table[name].unique()) for name in CATEGORIES}
    champion = _fit(table, categories)
    winter, july = _concatenate(healthy_hours(12)), _concatenate(july_hours(16))
    _print_scores(
        f"champion: winter {_auc(champion, winter, categories):.3f}", july, champion, categories
    )
    for rows in ROWS:
        served = _concatenate(drifted_hours(1, rows))
        training_rows = int(rows * 0.75)
        train, holdout = served.iloc[:training_rows], served.iloc[training_rows:]
        challenger = _fit(train, categories)
        low, high = _interval(champion, challenger, holdout, categories)
        gain = f"improvement on the holdout {low:+.3f} to {high:+.3f}"
        _print_scores(f"retrained on {rows:,} spring rows: {gain}", july, challenger, categories)


def _print_scores(
    text: str, july: pd.DataFrame, model: object, categories: dict[str, list[str]]
) -> None:
    sys.stdout.write(f"{text}, July {_auc(model, july, categories):.3f}\n")


def _concatenate(hours: list[Hour]) -> pd.DataFrame:
    return pd.concat([hour.rows.assign(**{TARGET: hour.labels}) for hour in hours])


def _encode(table: pd.DataFrame, categories: dict[str, list[str]]) -> pd.DataFrame:
    columns = {
        name: pd.Categorical(table[name].where(table[name].isin(known)), categories=known)
        for name, known in categories.items()
    }
    return table[list(FEATURES)].assign(**columns)


def _fit(table: pd.DataFrame, categories: dict[str, list[str]]) -> object:
    model = HistGradientBoostingClassifier(
        max_iter=200,
        learning_rate=0.08,
        min_samples_leaf=40,
        l2_regularization=1.0,
        categorical_features="from_dtype",
        random_state=7,
    )
    return model.fit(_encode(table, categories), table[TARGET])


def _scores(model: object, table: pd.DataFrame, categories: dict[str, list[str]]) -> np.ndarray:
    scores: np.ndarray = model.predict_proba(_encode(table, categories))[:, 1]  # type: ignore[attr-defined]
    return scores


def _auc(model: object, table: pd.DataFrame, categories: dict[str, list[str]]) -> float:
    return float(roc_auc_score(table[TARGET], _scores(model, table, categories)))


def _interval(
    champion: object, challenger: object, table: pd.DataFrame, categories: dict[str, list[str]]
) -> tuple[float, float]:
    labels = table[TARGET].to_numpy()
    by_champion = _scores(champion, table, categories)
    by_challenger = _scores(challenger, table, categories)
    generator = np.random.default_rng(7)
    gains = []
    for _ in range(300):
        rows = generator.integers(0, len(labels), len(labels))
        gains.append(
            roc_auc_score(labels[rows], by_challenger[rows])
            - roc_auc_score(labels[rows], by_champion[rows])
        )
    low, high = np.quantile(gains, [0.025, 0.975])
    return float(low), float(high)


if __name__ == "__main__":
    main()
