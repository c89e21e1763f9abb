"""What is drawn from a baseline, what is counted, and the command that shows it."""

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from driftloop.calibration import calibrate
from driftloop.calibration.false_alarms import follow_alarm
from driftloop.calibration.population import (
    Population,
    shifted_by,
    trimmed_mean,
    with_moved_share,
    with_new_category,
)
from driftloop.calibration.power import minimum_detectable_changes, share_detected
from driftloop.capture import RecordBatch
from driftloop.cli.main import main
from driftloop.comparison import compare_profile, pair_with_reference
from driftloop.confidence_intervals import binomial_interval, poisson_interval
from driftloop.detection import DriftPolicy, detect_drift
from driftloop.errors import InputError
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.profile.categorical import CategoricalCounts
from driftloop.quality import QualityLimits, check_constraints
from driftloop.schema import Feature, Kind, ProblemType, Schema
from tests.narrowing import narrow, not_none

pytestmark = pytest.mark.slow

SCHEMA = Schema(
    (Feature("age", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL)),
    "label",
    ProblemType.BINARY_CLASSIFICATION,
)
CONFIG = """
models:
  churn:
    problem_type: binary_classification
    features: {age: numeric, city: categorical}
    target: label
    family: sklearn
    training_data: training.csv
"""


def training(rows=5000) -> pd.DataFrame:
    random = np.random.default_rng(1)
    ages = random.normal(40, 10, rows).round(3)
    ages[::50] = np.nan
    cities = random.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])
    return pd.DataFrame({"age": ages, "city": cities, "label": 0})


def cells(frame: pd.DataFrame) -> dict[str, Any]:
    return {str(name): column for name, column in frame.items()}


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return fit_baseline(RecordBatch.from_columns(SCHEMA, cells(training())))


def column(baseline: Baseline, name: str):
    return Population.from_counts(
        baseline.binnings.features[name], baseline.reference.features[name]
    )


def test_intervals_are_those_of_scipy():
    exact = stats.binomtest(3, 200).proportion_ci(method="exact")
    assert binomial_interval(3, 200) == pytest.approx((exact.low, exact.high), rel=1e-9)
    assert binomial_interval(0, 200)[0] == 0
    assert binomial_interval(200, 200)[1] == 1
    low, high = stats.chi2.ppf(0.025, 8) / 2, stats.chi2.ppf(0.975, 10) / 2  # Garwood 1936
    assert poisson_interval(4) == pytest.approx((low, high), rel=1e-9)


def test_the_requested_number_of_records_is_drawn_with_the_shares_of_the_baseline(baseline):
    drawn = column(baseline, "age").draw(np.random.default_rng(0), 100_000)
    assert drawn.present + drawn.missing + drawn.invalid == drawn.rows == 100_000
    assert int(drawn.counts_at.sum() + drawn.counts_between.sum()) == drawn.present
    assert drawn.missing / drawn.rows == pytest.approx(0.02, abs=0.003)
    categories = column(baseline, "city").draw(np.random.default_rng(0), 100_000)
    assert categories.known[0] / categories.rows == pytest.approx(0.6, abs=0.02)


def test_a_shifted_normal_column_has_its_mean_moved_by_so_many_standard_deviations(baseline):
    plain = column(baseline, "age")
    changed = shifted_by(plain, 0.5)
    moved = not_none(trimmed_mean(changed)) - not_none(trimmed_mean(plain))
    assert moved == pytest.approx(0.5 * 10, rel=0.04)
    assert changed.shares.sum() == pytest.approx(1)
    assert changed.shares[0] == pytest.approx(plain.shares[0])  # as many are missing


def test_categories_move_and_appear_by_the_injected_share(baseline):
    random, plain = np.random.default_rng(0), column(baseline, "city")
    after = narrow(CategoricalCounts, with_moved_share(plain, 0.1).draw(random, 100_000))
    assert after.known[:2] / after.rows == pytest.approx([0.5, 0.4], abs=0.02)
    fresh = narrow(CategoricalCounts, with_new_category(plain, 0.05).draw(random, 100_000))
    assert sum(fresh.new.values()) / fresh.rows == pytest.approx(0.05, abs=0.005)
    with pytest.raises(ValueError, match="most frequent"):
        with_moved_share(plain, 0.9)


def test_a_new_category_of_a_column_with_groups_counts_in_one_group():
    rows = training(12_000).assign(city=[f"c{row % 6000}" for row in range(12_000)])
    grouped = column(fit_baseline(RecordBatch.from_columns(SCHEMA, cells(rows))), "city")
    plain, fresh = (
        narrow(CategoricalCounts, one.expected())
        for one in (grouped, with_new_category(grouped, 0.05))
    )
    assert fresh.unseen_count == 0
    assert fresh.rows == pytest.approx(12_000, rel=0.05)
    grown = np.flatnonzero(fresh.known - plain.known > 0.04 * 12_000)
    assert grown.tolist() == [len(plain.known) - 1]


def test_an_alarm_needs_the_same_column_in_two_of_three_windows():
    policy = DriftPolicy()
    assert follow_alarm([["a"], [], [], ["a"]], [], policy).transitions == 0
    assert (
        follow_alarm([["a"], [], ["a"], [], [], ["b"], ["a", "b"], ["b"]], [], policy).transitions
        == 2
    )
    assert follow_alarm([["a"], ["b"], ["c"]], [], policy).transitions == 0


def test_windows_without_a_conclusive_verdict_do_not_change_the_alarm():
    assert follow_alarm([["a"], None, None, ["a"], None, []], [], DriftPolicy()).transitions == 1


def test_a_drifted_day_is_an_alarm_with_its_last_window_unless_there_is_one_already():
    quiet: list[list[str]] = [[] for _ in range(72)]
    assert follow_alarm(quiet, [1], DriftPolicy()).transitions == 1
    assert (
        follow_alarm([*quiet[:46], ["a"], ["a"], *quiet[:24]], [1], DriftPolicy()).transitions == 1
    )


@pytest.mark.parametrize("detected", [180, 181, 200])
def test_a_power_of_at_least_nine_tenths_is_the_share_of_all_windows(detected):
    detections = [True] * detected + [False] * (200 - detected)
    assert share_detected(detections, 200) == detected / 200


def test_windows_are_drawn_until_the_power_is_known_to_be_below_nine_tenths():
    drawn = iter([True] * 50 + [False] * 150)
    assert share_detected(drawn, 200) == 0
    assert len(list(drawn)) == 200 - 50 - 21


def test_the_smallest_shift_is_what_the_rule_finds_in_nine_of_ten_windows(baseline):
    measured = calibrate(baseline, DriftPolicy(), rate=500, months=1)
    shift = next(item for item in measured.minimum_detectable_changes if item.change == "shift")
    assert not_none(measured.significant_windows).share <= 0.05
    size = not_none(shift.size)
    assert 0.2 <= size <= 0.35  # above the floor; 0.3 has power 1.00 at 1,000 records
    assert not_none(shift.power) >= 0.9
    assert shift.in_column_units == pytest.approx(10 * size, rel=0.1)


def test_a_shift_injected_into_real_rows_is_detected_with_the_power_of_calibration(baseline):
    measured = calibrate(baseline, DriftPolicy(), rate=500, months=1)
    shift = next(item for item in measured.minimum_detectable_changes if item.change == "shift")
    size = not_none(shift.size)
    found = 0
    for run in range(100):
        random = np.random.default_rng(run)
        rows = {
            "age": random.normal(40 + 10 * size, 10, 500).round(3),
            "city": random.choice(["a", "b", "c"], 500, p=[0.6, 0.3, 0.1]),
        }
        rows["age"][random.random(500) < 0.02] = np.nan  # as many as in training
        profile = profile_batch(baseline, RecordBatch.from_columns(SCHEMA, rows))
        quality = check_constraints(baseline, profile, QualityLimits())
        comparison = compare_profile(pair_with_reference(baseline, profile))
        verdict = detect_drift(comparison, quality, DriftPolicy())
        found += verdict.features["age"].status == "drifted"
    assert 75 <= found <= 99  # 90 and three standard errors of both simulations


def test_a_feature_of_large_weight_is_detected_at_a_smaller_shift_and_one_of_weight_zero_never(
    baseline,
):
    sizes = []
    for feature_weights in ({}, {"age": 20.0}, {"age": 0.0}):
        policy, named = DriftPolicy(feature_weights=feature_weights), ["age", "city"]
        population = column(baseline, "age")
        [found] = minimum_detectable_changes(
            "age", population, records=5000, rate=200, columns=named, policy=policy
        )
        sizes.append(found.size)
    plain, important, nothing = sizes
    assert not_none(important) < not_none(plain)
    assert nothing is None


def test_windows_with_too_few_records_are_an_error_that_names_the_setting(baseline):
    with pytest.raises(InputError, match="min_records"):
        calibrate(baseline, DriftPolicy(), rate=50, months=1)


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    (tmp_path / "driftloop.yaml").write_text(CONFIG)
    training(1000).to_csv(tmp_path / "training.csv", index=False)
    monkeypatch.chdir(tmp_path)

    def ran(command: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["driftloop", *command.split()])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(stopped.value.code or 0), out, err

    named = "--config driftloop.yaml --model churn"
    assert ran(f"baseline {named} --data training.csv --out b")[0] == 0
    return lambda more: ran(f"calibrate {named} --baseline b {more}")


def test_the_command_prints_a_table_and_writes_the_same_page_and_figures_twice(run, tmp_path):
    for place in ("one.json", "two.json", "one.html", "two.html"):
        code, out, _ = run(f"--rate 300 --months 1 --out {place}")
        assert code == 0
    assert "alarms per month" in out
    assert "standard deviations" in out
    found = json.loads((tmp_path / "one.json").read_text())
    assert found["simulated_windows"] == 720
    assert found["significant_windows"]["interval"][0] <= found["significant_windows"]["share"]
    page = (tmp_path / "one.html").read_text()
    assert "<svg" in page
    assert "http:" not in page
    assert "https:" not in page
    for kind in ("json", "html"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("--rate 10", "min_records"),
        ("--rate 300 --months 0", "1 or more"),
        ("--rate 300 --out plot.png", ".html"),
    ],
)
def test_bad_input_is_one_message_and_exit_status_two(run, more, message):
    code, _, err = run(more)
    assert code == 2
    assert message in err
