from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from driftloop.config import load_config
from examples.flights.prepare import prepare
from examples.flights.source import FEATURES, TARGET, flights
from examples.flights.stream import (
    TRAINING_ROWS,
    autumn_hours,
    drifted_hours,
    healthy_hours,
    july_hours,
    training,
)

ROOT = Path(__file__).parents[2]
NUMBERS = [name for name in FEATURES if name not in ("carrier", "origin", "dest")]


@pytest.mark.parametrize("path", ["driftloop.yaml", "examples/flights/driftloop.yaml"])
def test_the_configurations_are_valid_and_list_features_in_the_order_of_the_request(
    path: str,
) -> None:
    model = load_config((ROOT / path).read_text()).models["flights"]
    assert tuple(model.features) == FEATURES
    assert model.target == TARGET
    training_data = (ROOT / path).parent / model.training_data
    assert training_data.resolve() == ROOT / "build" / "flights" / "training.csv"


def test_the_flights_are_those_that_arrived() -> None:
    table = flights()
    # 336,776 flights, of which 9,430 have no arrival delay (R: sum(is.na(flights$arr_delay)))
    assert len(table) == 336_776 - 9_430
    assert table[TARGET].mean() == pytest.approx(0.2384, abs=0.01)


def test_hours_without_drift_contain_no_training_row() -> None:
    table = flights()
    winter = table[table["month"] <= 3]
    hours = healthy_hours(12)
    served = pd.concat([hour.rows.assign(**{TARGET: hour.labels}) for hour in hours])
    both = pd.concat([training(), served])
    assert len(training()) == TRAINING_ROWS
    counts = both.value_counts(dropna=False)
    available = winter[[*FEATURES, TARGET]].value_counts(dropna=False)
    # each row is used at most as often as it occurs in the data
    assert (available.reindex(counts.index).to_numpy() >= counts.to_numpy()).all()


def test_skipped_hours_are_not_served_again() -> None:
    first, second = drifted_hours(2, 100)
    [skipped] = drifted_hours(1, 100, skip=1)
    assert skipped.rows.equals(second.rows)
    assert not skipped.rows.equals(first.rows)


@pytest.mark.parametrize("hours", [healthy_hours, drifted_hours, july_hours, autumn_hours])
def test_a_payload_is_csv_without_header_in_the_order_of_the_features(hours) -> None:
    [hour] = hours(1, 20)
    lines = hour.payload(5, 8).splitlines()
    assert len(lines) == 3
    assert len(hour) == len(hour.labels) == 20
    assert lines[0].split(",")[0] == hour.rows.iloc[5]["carrier"]
    assert len(lines[0].split(",")) == len(FEATURES)


def test_more_hours_than_the_data_has_fail_with_the_number_of_rows() -> None:
    with pytest.raises(ValueError, match="more than the 28293 rows that exist"):
        july_hours(30)


def test_training_data_is_written_once(tmp_path: Path) -> None:
    path = prepare(tmp_path)
    assert list(pd.read_csv(path, nrows=5).columns) == [*FEATURES, TARGET]
    path.write_text("unchanged")
    assert prepare(tmp_path).read_text() == "unchanged"


def test_a_model_of_spring_predicts_spring_better_than_a_model_of_winter() -> None:
    def fit(table: pd.DataFrame) -> HistGradientBoostingClassifier:
        model = HistGradientBoostingClassifier(max_iter=100, random_state=1)
        return model.fit(table[NUMBERS], table[TARGET])

    [served] = drifted_hours(1, 9000)
    spring = served.rows.assign(**{TARGET: served.labels})
    train, holdout = spring.iloc[:6750], spring.iloc[6750:]
    winter_auc, spring_auc = (
        roc_auc_score(holdout[TARGET], fit(table).predict_proba(holdout[NUMBERS])[:, 1])
        for table in (training(), train)
    )
    assert spring_auc - winter_auc > 0.05
    assert np.isfinite(winter_auc)
