import tarfile
from typing import Any

import pytest
import xgboost

from driftloop.profile import Baseline

pytestmark = pytest.mark.slow

HOURS = {"data_from": "2026-03-01T00:00:00Z", "data_to": "2026-03-01T06:00:00Z"}


def _first_run(workbench: Any) -> str:
    workbench.curate()
    workbench.train()
    assert workbench.evaluate()["decision"] == "register"
    uri: str = workbench.promote(1)
    return uri


@pytest.mark.parametrize("workbench", ["sklearn", "xgboost"], indirect=True)
def test_a_first_run_registers_a_model_that_beats_the_trivial_predictor(workbench: Any) -> None:
    account = workbench.curate()
    workbench.train()
    report = workbench.evaluate()
    baseline = Baseline.from_bytes(workbench.baseline())

    assert account["data"] == "training data"
    assert account["rows"]["golden"] == 75  # 5% of 1,500
    assert sum(account["rows"].values()) == 1500
    assert report["decision"] == "register"
    assert report["holdout"]["ranking"]["champion"]["value"] == 0.5
    assert report["holdout"]["ranking"]["challenger"]["value"] > 0.75
    assert report["binary_classification_metrics"]["auc"]["value"] > 0.75
    assert baseline.reference_records == account["rows"]["train"] + account["rows"]["holdout"]
    assert baseline.binnings.prediction is not None


@pytest.mark.parametrize(
    "workbench",
    ["sklearn regression", "sklearn multiclass_classification", "xgboost regression"],
    indirect=True,
)
def test_other_problems_go_the_same_way(workbench: Any) -> None:
    workbench.curate()
    workbench.train()
    report = workbench.evaluate()
    baseline = Baseline.from_bytes(workbench.baseline())

    assert report["decision"] == "register", report["reasons"]
    assert report["holdout"]["ranking"]["challenger"]["value"] > 0.8
    assert baseline.binnings.prediction is not None


@pytest.mark.parametrize("workbench", ["sklearn", "xgboost"], indirect=True)
def test_where_the_world_has_turned_a_challenger_of_fresh_labels_beats_the_champion(
    workbench: Any, make_rows: Any
) -> None:
    champion = _first_run(workbench)
    # The relation holds, but weaker, so that the golden set is still predicted; z matters now.
    for hour in range(6):
        table = make_rows(300, seed=10 + hour)
        table["label"] = ((table["x"] + 3 * table["z"].fillna(0)) > 0).astype(int)
        workbench.serve(hour, table)
    account = workbench.curate(champion_version="1", champion_model_data=champion, **HOURS)
    workbench.train()
    report = workbench.evaluate("1")

    assert account["rows"]["train"] + account["rows"]["holdout"] == 1800
    # 180 requests of ten rows, 30 an hour, the newest quarter held out: 135 of them train
    assert account["data"] == "2026-03-01T00:05:00Z/2026-03-01T04:05:14Z"
    assert report["holdout"]["ranking"]["difference"]["low"] > 0
    assert report["champion"] == "1"
    assert "version 1" in report["words"]["rows"]


def test_a_challenger_of_inverted_labels_is_refused_by_clean_held_out_rows(
    workbench: Any, make_rows: Any
) -> None:
    champion = _first_run(workbench)
    for hour in range(8):
        table = make_rows(200, seed=30 + hour)
        inverted = (1 - table["label"]).tolist()
        workbench.serve(hour, table, labels=inverted if hour < 6 else None)
    hours = {**HOURS, "data_to": "2026-03-01T08:00:00Z"}
    workbench.curate(champion_version="1", champion_model_data=champion, **hours)
    workbench.train()
    report = workbench.evaluate("1")

    assert report["decision"] == "refuse"
    assert len(report["reasons"]) == 3  # ranking, proper score, golden set
    assert report["words"]["case"].startswith("refuse: ROC AUC gains -0.")
    assert report["golden"]["ranking"]["difference"]["value"] < -0.1


@pytest.mark.parametrize("workbench", ["xgboost"], indirect=True)
def test_a_warm_start_goes_on_from_the_champions_trees(workbench: Any, make_rows: Any) -> None:
    champion = _first_run(workbench)
    training = workbench.model.training.model_copy(update={"warm_start": True})
    workbench.model = workbench.model.model_copy(update={"training": training})
    for hour in range(4):
        workbench.serve(hour, make_rows(100, seed=50 + hour))
    workbench.curate(champion_version="1", champion_model_data=champion, **HOURS)
    archive = workbench.train()

    with tarfile.open(archive) as packed:
        packed.extract("model.ubj", workbench.run, filter="data")
    trees = xgboost.Booster(model_file=str(workbench.run / "model.ubj"))
    assert trees.num_boosted_rounds() == 2 * 20
