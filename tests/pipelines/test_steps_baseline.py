"""The step Baseline on training rows and on the holdout rows taken from among them."""

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


def make_baseline(root: Path, order: np.ndarray) -> Baseline:
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"order": order, "age": generator.normal(40, 9, len(order)), "price": 1.0})
    is_held_out = generator.random(len(order)) < 0.25
    training, holdout = table[~is_held_out], table[is_held_out].assign(prediction=1)
    for name, rows in (("train", training), ("predictions", holdout)):
        folder = root / "input" / name
        folder.mkdir(parents=True)
        rows.to_csv(folder / f"{name}.csv", index=False)
    no_times = [""] * len(table)
    pd.DataFrame({TIME: no_times}).to_csv(root / "input" / "train" / "times.csv", index=False)
    settings = root / "settings.json"
    settings.write_text(settings_json("m", MODEL))
    step.main(["--root", str(root), "--settings", str(settings)])
    return Baseline.from_bytes((root / "output" / "baseline" / step.FILE).read_bytes())


def test_row_numbers_are_found_although_holdout_rows_lie_between_training_rows(
    tmp_path: Path,
) -> None:
    baseline = make_baseline(tmp_path, np.arange(2000))
    assert baseline.excluded_features == {"order": "row_number"}
    assert baseline.reference_records == 2000


def test_only_holdout_rows_have_predictions(tmp_path: Path) -> None:
    baseline = make_baseline(tmp_path, np.random.default_rng(1).normal(size=2000))
    assert baseline.excluded_features == {}
    assert baseline.reference.prediction is not None
    assert 400 < baseline.reference.prediction.present < 600
