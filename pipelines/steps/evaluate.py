"""Evaluate: the challenger against the champion on the same rows, and a decision with reasons.

A first run has no champion; its model is compared with the prediction that needs no model.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from driftloop.evaluation import GroundTruthValues, ModelComparison, compare_models, decide
from driftloop.evaluation.paired_comparison import constant_prediction
from driftloop.schema import ProblemType
from pipelines.steps.evaluation_report import score_details, statistics, summary
from pipelines.steps.model_predictions import ModelUnderTest
from pipelines.steps.step_environment import (
    StepPaths,
    StepSettings,
    parser,
    read_settings,
    run_step,
    write_json,
)
from pipelines.steps.tables import read_table


def main(arguments: Sequence[str]) -> None:
    """Run the step with the container's arguments."""
    options = parser(__doc__)
    options.add_argument("--champion-version", default="none")
    given = options.parse_args(arguments)
    run_step(given.root, lambda: evaluate(given))


@dataclass(frozen=True, slots=True)
class _Rows:
    table: pd.DataFrame
    truth: GroundTruthValues
    challenger: np.ndarray
    rival: np.ndarray


def evaluate(given: Any) -> None:
    """Make the outputs evaluation and predictions; raises InputError."""
    folders, settings = StepPaths(given.root), read_settings(given.settings)
    classes = json.loads((folders.input("holdout") / "schema.json").read_text())["classes"]
    challenger = ModelUnderTest("challenger", folders.input("challenger") / "model.tar.gz")
    archive = folders.input("champion") / "model.tar.gz"
    champion = ModelUnderTest("champion", archive) if archive.exists() else None
    holdout, golden = (
        _ask(folders.input(name) / f"{name}.csv", settings, classes, challenger, champion)
        for name in ("holdout", "golden")
    )
    judged = _compare(holdout, settings)
    fixed = _compare(golden, settings) if len(golden.table) else None
    problem = settings.schema.problem_type
    decision = decide(problem, judged, fixed, settings.policy, first_run=champion is None)
    rival = f"version {given.champion_version}" if champion else "the trivial predictor"
    write_json(
        folders.output("evaluation") / "evaluation.json",
        {
            "decision": decision.decision,
            "reasons": list(decision.reasons),
            "words": summary(problem, decision, judged, fixed, rival),
            "champion": given.champion_version,
            "holdout": score_details(problem, judged),
            "golden": score_details(problem, fixed),
            **statistics(problem, judged),
        },
    )
    _write_predictions(holdout, settings, classes, folders.output("predictions"))


def _ask(
    path: Path,
    settings: StepSettings,
    classes: list[str],
    challenger: ModelUnderTest,
    champion: ModelUnderTest | None,
) -> _Rows:
    table = read_table(path, settings.schema)
    truth = _truth(table[settings.schema.target], settings.schema.problem_type, classes)
    rival = (
        champion.predict(table, settings, classes)
        if champion
        else constant_prediction(truth, len(classes))
    )
    return _Rows(table, truth, challenger.predict(table, settings, classes), rival)


def _truth(labels: pd.Series, problem: ProblemType, classes: list[str]) -> GroundTruthValues:
    if problem is ProblemType.REGRESSION:
        return GroundTruthValues(problem, labels.to_numpy(dtype=np.float64))
    code = {name: float(place) for place, name in enumerate(classes)}
    return GroundTruthValues(problem, np.array([code[label] for label in labels], dtype=np.float64))


def _compare(rows: _Rows, settings: StepSettings) -> ModelComparison:
    return compare_models(
        rows.truth,
        rows.rival,
        rows.challenger,
        samples=settings.policy.bootstrap_resamples,
        confidence=settings.policy.confidence_level,
    )


def _write_predictions(
    rows: _Rows, settings: StepSettings, classes: list[str], folder: Path
) -> None:
    """The held-out rows with what the challenger answers, as live traffic will be captured."""
    predicted = rows.challenger
    if settings.schema.problem_type is ProblemType.MULTICLASS_CLASSIFICATION:
        predicted = np.array(classes, dtype=object)[predicted.argmax(axis=1)]
    table = rows.table[list(settings.schema.names)].assign(prediction=predicted)
    table.to_csv(folder / "predictions.csv", index=False, lineterminator="\n")
