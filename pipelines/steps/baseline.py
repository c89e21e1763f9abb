"""Baseline: what live traffic of the challenger will be compared with.

Its features are those of the training and the held-out rows. Its predictions are of the held-out
rows alone: on rows that a model was trained on, it is surer than it will ever be again. Where the
rows have times over four whole weeks, it compares windows with the same hours of these weeks.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from driftloop.backtest.adjustment_fit import with_training_seasonality
from driftloop.capture import RecordBatch, first_row_per_entity
from driftloop.profile import fit_baseline
from pipelines.steps.step_environment import (
    StepPaths,
    StepSettings,
    parser,
    read_settings,
    run_step,
)
from pipelines.steps.tables import read_times

FILE = "model.baseline"


def main(arguments: Sequence[str]) -> None:
    """Run the step with the container's arguments."""
    given = parser(__doc__).parse_args(arguments)
    run_step(given.root, lambda: make_baseline(given))


def make_baseline(given: Any) -> None:
    """Make the output baseline; raises InputError."""
    folders, settings = StepPaths(given.root), read_settings(given.settings)
    trained = _read(folders.input("train") / "train.csv")
    held = _read(folders.input("predictions") / "predictions.csv")
    # apart, each in its own order of time: rows are held out from among those that train
    times = read_times(folders.input("train") / "times.csv")
    batches = [
        _batch(trained, times[: len(trained)], settings),
        _batch(held, times[len(trained) :], settings),
    ]
    baseline, note = with_training_seasonality(
        fit_baseline(batches), batches, settings.drift, settings.window_hours
    )
    print(note)
    (folders.output("baseline") / FILE).write_bytes(baseline.to_bytes())


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _batch(table: pd.DataFrame, times: list[str], settings: StepSettings) -> RecordBatch:
    cells = {name: table[name].tolist() for name in settings.schema.names}
    prediction = table["prediction"].tolist() if "prediction" in table else None
    batch = RecordBatch.from_columns(settings.schema, cells, prediction, times)
    if settings.entity is None or settings.entity.attribute:
        return batch  # rows to train on have features, and no custom attributes
    return first_row_per_entity(batch, settings.entity, settings.window_hours)
