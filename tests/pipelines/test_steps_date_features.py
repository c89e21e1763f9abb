"""Date features in the pipeline: as canonical text in tables, and as numbers in a model."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from driftloop.config import ModelSettings
from driftloop.errors import InputError
from driftloop.profile import Baseline
from driftloop.schema import Feature, Kind, ProblemType, Schema
from pipelines.families import get_family
from pipelines.steps.tables import read_table, read_training_data, to_canonical_table, write_table

SCHEMA = Schema((Feature("signup", Kind.DATE),), "y", ProblemType.REGRESSION)
DAY = 20_484
"""31 January 2026 in days since 1970 (date -d 2026-01-31 +%s, divided by 86,400)."""


def test_all_notations_of_a_date_become_one_text_that_can_be_read_back(tmp_path: Path) -> None:
    cells = ["2026-01-31", DAY * 86_400, "20260131", DAY * 86_400_000, None, "2026-01-31T00:00Z"]
    table = to_canonical_table(SCHEMA, {"signup": cells, "y": [1] * len(cells)})
    assert table["signup"].isna().tolist() == [False] * 4 + [True, False]
    assert set(table["signup"].dropna()) == {"2026-01-31T00:00:00.000000Z"}
    write_table(table, tmp_path / "t.csv", SCHEMA)
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv", SCHEMA), table)


@pytest.mark.parametrize("family", ["sklearn", "xgboost"])
def test_the_model_code_converts_dates_to_days_without_driftloop(
    tmp_path: Path, family: str
) -> None:
    for name, source in get_family(family).files().items():
        (tmp_path / name).write_bytes(source.read_bytes())
    code = (
        "import sys; sys.path = [p for p in sys.path if 'main' not in p or 'site-packages' in p]\n"
        f"sys.path.insert(0, {str(tmp_path)!r}); sys.modules['driftloop'] = None\n"
        "from tabular_frame import fit_frame\n"
        "from tabular_train import INFERENCE_FILES\n"
        "schema = {'features': {'signup': 'date'}, 'problem': 'regression', 'target': 'y',"
        " 'classes': []}\n"
        "frame = fit_frame(schema, {'signup': []})\n"
        "cells = ['2026-01-31', '2026-01-31T12:00:00Z', '', 'soon']\n"
        "print(frame.matrix({'signup': cells}).ravel().tolist(), frame.is_categorical())\n"
        "print('driftloop_cell_dates.py' in INFERENCE_FILES)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == f"[{DAY}.0, {DAY}.5, nan, nan] [False]\nTrue\n"


def test_an_invalid_time_in_training_data_fails_with_its_row(tmp_path: Path) -> None:
    text = "signup,y,when\n2026-01-31,1,2026-01-31\n2026-01-31,1,soon\n"
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match="when, row 2: 'soon' is not a time; write ISO 8601"):
        read_training_data(tmp_path, SCHEMA, "when")


def test_times_of_training_data_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("signup,y,when\n2026-01-31,1,2026-01-31\n2026-01-31,1,\n")
    times = read_training_data(tmp_path, SCHEMA, "when").table["__time__"]
    assert times[0] == DAY * 86_400
    assert np.isnan(times[1])


def with_dates(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows whose column z holds dates from 2022 to 2025 instead of numbers."""
    days = pd.to_timedelta((rows["z"].fillna(0).rank(pct=True) * 1200).round(), unit="D")
    return rows.assign(z=(pd.Timestamp("2022-06-01") + days).dt.strftime("%Y-%m-%d"))


@pytest.mark.slow
@pytest.mark.parametrize("workbench", ["sklearn", "xgboost"], indirect=True)
def test_a_model_with_a_date_is_trained_served_and_monitored(
    workbench: Any, make_rows: Any
) -> None:
    kinds = {"x": "numeric", "z": "date", "city": "categorical"}
    workbench.model = ModelSettings.model_validate(
        {**workbench.model.model_dump(), "features": kinds}
    )
    with_dates(make_rows(1500, seed=1)).to_csv(workbench.folder / "toy.csv", index=False)
    for hour in range(6):
        workbench.serve(hour, with_dates(make_rows(100, seed=hour + 10)))
    curation = workbench.curate(data_from="2026-03-01T00:00:00Z", data_to="2026-03-01T06:00:00Z")
    assert curation.training_data_range.startswith("2026-03-01")
    trained = workbench.output("curate", "train/train.csv")
    assert re.search(r",202[2-5]-\d\d-\d\dT00:00:00.000000Z,", trained)
    workbench.train()
    assert workbench.evaluate().holdout.ranking_score.challenger.value > 0.7
    baseline = Baseline.from_bytes(workbench.baseline())
    names = ["x", "z (age in days)", "z (weekday)", "z (month)", "city"]
    assert list(baseline.binnings.features) == names
    assert baseline.excluded_features == {}  # ages are relative to the times of the captured rows
