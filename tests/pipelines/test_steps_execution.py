"""Whole executions of a pipeline: curate, train, evaluate and baseline, one after the other."""

import copy
import hashlib
import json
import tarfile
from typing import Any

import pytest
import xgboost

from driftloop.capture import RecordBatch
from driftloop.contract.pipeline_reports import CurationReport, EvaluationReport
from driftloop.profile import Baseline, fit_baseline

pytestmark = pytest.mark.slow

PERIOD = {
    "data_from": "2026-03-01T00:00:00Z",
    "data_to": "2026-03-01T06:00:00Z",
}


@pytest.fixture(scope="module")
def initial_trainings() -> dict[str, Any]:
    """Finished executions without a champion, by family: each family has one."""
    return {}


@pytest.fixture
def initial_training(
    workbench: Any, initial_trainings: dict[str, Any]
) -> tuple[CurationReport, EvaluationReport]:
    """The reports of the workbench's first execution, whose steps ran from their archive."""
    family = workbench.model.family
    if family not in initial_trainings:
        workbench.uses_archive = True
        curation = workbench.curate()
        workbench.train()
        reports = (curation, workbench.evaluate())
        workbench.baseline()
        workbench.uses_archive = False
        initial_trainings[family] = (copy.copy(workbench), reports)  # its execution changes
    else:
        trained, reports = initial_trainings[family]
        workbench.continue_from(trained)
    return reports


@pytest.fixture
def champion(initial_training: Any, workbench: Any) -> str:
    """The URI of the workbench's champion."""
    uri: str = workbench.promote(1)
    return uri


@pytest.mark.parametrize("workbench", ["sklearn", "xgboost"], indirect=True)
def test_an_initial_training_registers_a_model_that_is_better_than_a_constant_prediction(
    workbench: Any, initial_training: Any
) -> None:
    curation, report = initial_training
    output = workbench.run / "baseline/processing/output/baseline/model.baseline"
    baseline = Baseline.from_bytes(output.read_bytes())

    assert curation.training_data_range == "training data"
    assert curation.rows.golden == 75  # 5% of 1,500
    assert curation.rows.train + curation.rows.holdout + curation.rows.golden == 1500
    assert report.decision == "register"
    assert report.holdout.ranking_score.champion.value == 0.5
    assert report.holdout.ranking_score.challenger.value > 0.75
    archive = workbench.run / "train" / "model.tar.gz"
    assert report.challenger_sha256 == hashlib.sha256(archive.read_bytes()).hexdigest()
    statistics = json.loads(workbench.output("evaluate", "evaluation/statistics.json"))
    assert statistics["binary_classification_metrics"]["auc"]["value"] > 0.75
    assert baseline.reference_records == curation.rows.train + curation.rows.holdout
    assert baseline.binnings.prediction is not None


@pytest.mark.parametrize(
    "workbench",
    ["sklearn regression", "sklearn multiclass_classification", "xgboost regression"],
    indirect=True,
)
def test_the_other_problem_types_have_the_same_steps(workbench: Any) -> None:
    workbench.curate()
    workbench.train()
    report = workbench.evaluate()
    baseline = Baseline.from_bytes(workbench.baseline())

    assert report.decision == "register", report.reasons
    assert report.holdout.ranking_score.challenger.value > 0.8
    statistics = json.loads(workbench.output("evaluate", "evaluation/statistics.json"))
    assert list(statistics) == [f"{workbench.model.schema_.problem_type}_metrics"]
    assert baseline.binnings.prediction is not None


@pytest.mark.parametrize("workbench", ["sklearn", "xgboost"], indirect=True)
def test_after_a_change_of_the_target_a_challenger_of_new_labels_is_better_than_the_champion(
    workbench: Any, champion: str, make_rows: Any
) -> None:
    # The old relation is weaker but holds, so the golden set is still predicted; z matters now.
    for hour in range(6):
        table = make_rows(300, seed=10 + hour)
        table["label"] = ((table["x"] + 3 * table["z"].fillna(0)) > 0).astype(int)
        workbench.serve(hour, table)
    curation = workbench.curate(champion_version="1", champion_model_data=champion, **PERIOD)
    workbench.train()
    report = workbench.evaluate("1")

    assert curation.rows.train + curation.rows.holdout == 1800
    # 180 requests of ten rows, 30 per hour; the newest quarter is held out, and 135 are training
    assert curation.training_data_range == "2026-03-01T00:05:00Z/2026-03-01T04:05:14Z"
    assert report.holdout.ranking_score.difference.low > 0
    assert report.champion_version == "1"
    assert "version 1" in report.summary.evaluated_rows


def test_after_features_changed_places_the_champion_predicts_as_before(
    workbench: Any, champion: str, make_rows: Any
) -> None:
    for hour in range(4):
        workbench.serve(hour, make_rows(300, seed=10 + hour))
    sources = workbench.write_sources(*PERIOD.values(), champion_baseline_uri="s3://artifacts/own")
    schema = workbench.model.schema_
    batch = RecordBatch.from_columns(schema, {name: ["1", "2"] for name in schema.names})
    workbench.s3.put_object(Bucket="artifacts", Key="own", Body=fit_baseline(batch).to_bytes())
    scores = []
    for features in (workbench.model.features, dict(reversed(workbench.model.features.items()))):
        workbench.model = workbench.model.model_copy(update={"features": features})
        workbench.curate(
            champion_version="1",
            champion_model_data=champion,
            training_sources=sources,
            **PERIOD,
        )
        workbench.train()
        report = workbench.evaluate("1")
        scores.append(report.holdout.ranking_score.champion.value)
    assert scores[0] == pytest.approx(scores[1])
    assert scores[0] > 0.8


def test_a_challenger_of_inverted_labels_is_rejected_by_correctly_labeled_holdout_rows(
    workbench: Any, champion: str, make_rows: Any
) -> None:
    for hour in range(8):
        table = make_rows(200, seed=30 + hour)
        inverted = (1 - table["label"]).tolist()
        workbench.serve(hour, table, labels=inverted if hour < 6 else None)
    period = {**PERIOD, "data_to": "2026-03-01T08:00:00Z"}
    workbench.curate(champion_version="1", champion_model_data=champion, **period)
    workbench.train()
    report = workbench.evaluate("1")

    assert report.decision == "reject"
    assert len(report.reasons) == 3  # ranking score, proper score, golden set
    assert report.summary.decision_summary.startswith("reject: ROC AUC changes by -0.")
    assert report.golden_set is not None
    assert report.golden_set.ranking_score.difference.value < -0.1


@pytest.mark.parametrize("workbench", ["xgboost"], indirect=True)
def test_a_warm_start_adds_trees_to_those_of_the_champion(
    workbench: Any, champion: str, make_rows: Any
) -> None:
    training = workbench.model.training.model_copy(update={"warm_start": True})
    workbench.model = workbench.model.model_copy(update={"training": training})
    for hour in range(4):
        workbench.serve(hour, make_rows(100, seed=50 + hour))
    workbench.curate(champion_version="1", champion_model_data=champion, **PERIOD)
    archive = workbench.train()

    with tarfile.open(archive) as packed:
        packed.extract("model.ubj", workbench.run, filter="data")
    trees = xgboost.Booster(model_file=str(workbench.run / "model.ubj"))
    assert trees.num_boosted_rounds() == 2 * 20
