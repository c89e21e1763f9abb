"""Evaluate: compares the challenger with the champion on the same rows, and decides.

In an initial training there is no champion; the challenger is compared with a constant prediction.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from driftloop.contract.pipeline_reports import EVALUATION_FILE, STATISTICS_FILE, encode_report
from driftloop.evaluation import (
    Clusters,
    GroundTruthValues,
    ModelComparison,
    cluster_rows,
    compare_models,
    decide,
)
from driftloop.evaluation.paired_comparison import constant_prediction
from driftloop.metadata_text import NONE
from driftloop.schema import ProblemType
from pipelines.steps.evaluation_report import make_report
from pipelines.steps.model_predictions import ModelUnderTest
from pipelines.steps.model_quality import encode_statistics, model_quality_statistics
from pipelines.steps.step_environment import (
    StepPaths,
    StepSettings,
    argument_parser,
    read_settings,
    run_step,
)
from pipelines.steps.tables import read_local_seconds, read_table


def main(arguments: Sequence[str]) -> None:
    """Run the step with the container's arguments."""
    parser = argument_parser(__doc__)
    parser.add_argument("--champion-version", default=NONE)
    options = parser.parse_args(arguments)
    run_step(options.root, lambda: evaluate(options))


@dataclass(frozen=True, slots=True)
class _PredictedRows:
    """Rows with their ground truth, and both models' predictions for them."""

    table: pd.DataFrame
    ground_truth: GroundTruthValues
    champion: np.ndarray
    challenger: np.ndarray


def evaluate(options: argparse.Namespace) -> None:
    """Write the outputs evaluation and predictions; raises InputError."""
    paths, settings = StepPaths(options.root), read_settings(options.settings)
    classes = json.loads((paths.input("holdout") / "schema.json").read_text())["classes"]
    challenger = ModelUnderTest("challenger", paths.input("challenger") / "model.tar.gz")
    described = json.loads((paths.input("champion") / "champion.json").read_text())
    archive = paths.input("champion") / "model.tar.gz"
    columns = tuple(described.get("columns", ()))
    champion = ModelUnderTest("champion", archive, columns) if archive.exists() else None
    tables = [
        read_table(paths.input(name) / f"{name}.csv", settings.schema)
        for name in ("holdout", "golden")
    ]
    holdout, golden = _predict(tables, settings, classes, challenger, champion)
    seconds = read_local_seconds(paths.input("holdout") / "times.csv", settings.time_zone)
    on_holdout = _compare(holdout, _cluster(holdout.table, settings, seconds), settings)
    on_golden_set = None
    if len(golden.table):
        on_golden_set = _compare(golden, _cluster(golden.table, settings), settings)
    problem_type = settings.schema.problem_type
    decision = decide(
        problem_type,
        on_holdout,
        on_golden_set,
        settings.policy,
        is_initial_training=champion is None,
    )
    report = make_report(
        problem_type,
        decision,
        on_holdout,
        on_golden_set,
        champion_version=options.champion_version,
        challenger_sha256=_sha256(challenger.archive),
        has_champion=champion is not None,
        removed_features=described.get("removed_features", ()),
    )
    (paths.output("evaluation") / EVALUATION_FILE).write_bytes(encode_report(report))
    statistics = model_quality_statistics(holdout.ground_truth, holdout.challenger, classes)
    (paths.output("evaluation") / STATISTICS_FILE).write_bytes(encode_statistics(statistics))
    _write_predictions(holdout, settings, classes, paths.output("predictions"))


def _sha256(archive: Path) -> str:
    with archive.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _predict(
    tables: list[pd.DataFrame],
    settings: StepSettings,
    classes: list[str],
    challenger: ModelUnderTest,
    champion: ModelUnderTest | None,
) -> list[_PredictedRows]:
    target, problem_type = settings.schema.target, settings.schema.problem_type
    ground_truths = [_ground_truth(table[target], problem_type, classes) for table in tables]
    champion_predictions = (
        champion.predict(tables, settings, classes)
        if champion
        else [constant_prediction(ground_truth, len(classes)) for ground_truth in ground_truths]
    )
    challenger_predictions = challenger.predict(tables, settings, classes)
    return [
        _PredictedRows(*rows)
        for rows in zip(
            tables, ground_truths, champion_predictions, challenger_predictions, strict=True
        )
    ]


def _ground_truth(
    labels: pd.Series, problem_type: ProblemType, classes: list[str]
) -> GroundTruthValues:
    if problem_type is ProblemType.REGRESSION:
        return GroundTruthValues(problem_type, labels.to_numpy(dtype=np.float64))
    codes = {name: float(code) for code, name in enumerate(classes)}
    values = np.array([codes[label] for label in labels], dtype=np.float64)
    return GroundTruthValues(problem_type, values)


def _cluster(
    table: pd.DataFrame, settings: StepSettings, local_seconds: np.ndarray | None = None
) -> Clusters:
    """The clusters of evaluated rows; an entity that is no feature is not known here."""
    entity, entities = settings.entity, None
    if entity is not None and not entity.attribute:
        entities = pd.factorize(table[entity.name], use_na_sentinel=False)[0]
    return cluster_rows(len(table), local_seconds, entities)


def _compare(rows: _PredictedRows, clusters: Clusters, settings: StepSettings) -> ModelComparison:
    return compare_models(
        rows.ground_truth,
        rows.champion,
        rows.challenger,
        clusters,
        resamples=settings.policy.bootstrap_resamples,
        confidence_level=settings.policy.confidence_level,
    )


def _write_predictions(
    rows: _PredictedRows, settings: StepSettings, classes: list[str], folder: Path
) -> None:
    """The holdout rows with the challenger's predictions, as the endpoint will return them."""
    predicted = rows.challenger
    if settings.schema.problem_type is ProblemType.MULTICLASS_CLASSIFICATION:
        predicted = np.array(classes, dtype=object)[predicted.argmax(axis=1)]
    table = rows.table[list(settings.schema.names)].assign(prediction=predicted)
    table.to_csv(folder / "predictions.csv", index=False, lineterminator="\n")
