"""What the baseline step makes of the rows that trained and of those held out from among them."""

from pathlib import Path

import numpy as np
import pandas as pd

from driftloop.config import ModelSettings
from driftloop.profile import Baseline
from pipelines.step_settings import settings_json
from pipelines.steps import baseline as step
from pipelines.steps.tables import TIME

MODEL = ModelSettings.model_validate(
    {
        "problem_type": "regression",
        "features": {"order": "numeric", "age": "numeric"},
        "target": "price",
        "family": "sklearn",
        "training_data": "t.csv",
    }
)


def made(root: Path, order: np.ndarray) -> Baseline:
    random = np.random.default_rng(0)
    table = pd.DataFrame({"order": order, "age": random.normal(40, 9, len(order)), "price": 1.0})
    held = random.random(len(order)) < 0.25
    for name, rows in (("train", table[~held]), ("predictions", table[held].assign(prediction=1))):
        folder = root / "input" / name
        folder.mkdir(parents=True)
        rows.to_csv(folder / f"{name}.csv", index=False)
    blank = [""] * len(table)
    pd.DataFrame({TIME: blank}).to_csv(root / "input" / "train" / "times.csv", index=False)
    settings = root / "settings.json"
    settings.write_text(settings_json("m", MODEL))
    step.main(["--root", str(root), "--settings", str(settings)])
    return Baseline.from_bytes((root / "output" / "baseline" / step.FILE).read_bytes())


def test_ids_are_found_though_held_out_rows_follow_those_that_trained(tmp_path: Path) -> None:
    baseline = made(tmp_path, np.arange(2000))
    assert baseline.excluded_features == {"order": "numbers_rows"}
    assert baseline.reference_records == 2000


def test_only_held_out_rows_have_predictions(tmp_path: Path) -> None:
    baseline = made(tmp_path, np.random.default_rng(1).normal(size=2000))
    assert baseline.excluded_features == {}
    assert baseline.reference.prediction is not None
    assert 400 < baseline.reference.prediction.present < 600
