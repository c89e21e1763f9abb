"""Baseline: the reference for the challenger's live traffic.

The features' reference is the training rows and the holdout rows. The predictions' reference is the
holdout rows alone: a model's predictions for its own training rows are more confident than its
predictions for any other rows. Where the rows have times that cover four complete weeks, the
baseline also has an hour-of-week profile, and what these weeks show about days.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from driftloop.backtest.training_baseline import fit_training_baseline
from driftloop.capture import RecordBatch, first_row_per_entity
from pipelines.steps.step_environment import (
    StepPaths,
    StepSettings,
    argument_parser,
    read_settings,
    run_step,
)
from pipelines.steps.tables import read_times

FILE = "model.baseline"


def main(arguments: Sequence[str]) -> None:
    """Run the step with the container's arguments."""
    options = argument_parser(__doc__).parse_args(arguments)
    run_step(options.root, lambda: make_baseline(options))


def make_baseline(options: argparse.Namespace) -> None:
    """Write the output ``baseline``; raises InputError."""
    paths, settings = StepPaths(options.root), read_settings(options.settings)
    training = _read(paths.input("train") / "train.csv")
    holdout = _read(paths.input("predictions") / "predictions.csv")
    times = read_times(paths.input("train") / "times.csv")
    # Two batches, each in its own order of time: the holdout rows may lie between training rows.
    batches = [
        _batch(training, times[: len(training)], settings),
        _batch(holdout, times[len(training) :], settings),
    ]
    baseline, note = fit_training_baseline(
        batches, settings.drift, settings.window_hours, time_zone=settings.time_zone
    )
    print(note)
    (paths.output("baseline") / FILE).write_bytes(baseline.to_bytes())


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _batch(table: pd.DataFrame, times: list[str], settings: StepSettings) -> RecordBatch:
    cells = {name: table[name].tolist() for name in settings.schema.names}
    prediction = table["prediction"].tolist() if "prediction" in table else None
    batch = RecordBatch.from_columns(settings.schema, cells, prediction, times)
    if settings.entity is None or settings.entity.attribute:
        return batch  # training rows have features, but no custom attributes
    return first_row_per_entity(batch, settings.entity, settings.window_hours)
