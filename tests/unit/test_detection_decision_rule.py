from datetime import UTC, datetime

import numpy as np
import pytest
from scipy import stats

from driftloop.comparison import CategoryChange, ColumnComparison, Comparison
from driftloop.config import validate_config
from driftloop.detection import DriftPolicy, WindowOutcome, WindowVerdict, detect_drift
from driftloop.detection.benjamini_hochberg import cutoff, q_values
from driftloop.quality import QualityResult
from driftloop.schema import Kind
from driftloop.window import HOUR, Window
from tests.narrowing import not_none

CLEAN = QualityResult((), None, 1000, {})


def score(name="x", *, p=1.0, effect=0.0, categories=(), missing_p=1.0, missing_effect=0.0):
    least = min([p, missing_p, *(category.p_value for category in categories)])
    return ColumnComparison(
        name=name,
        kind=Kind.CATEGORICAL if categories else Kind.NUMERIC,
        records=1000,
        missing_records=0,
        metrics={},
        p_values={},
        ks_max_error=0.0,
        distribution_effect=effect,
        distribution_p_value=p,
        categories=categories,
        missing_effect=missing_effect,
        missing_p_value=missing_p,
        missing_shares=(0.01, 0.12),
        p_value=min(1.0, 3 * least),
    )


def scores(*columns, records=1000, prediction=None):
    return Comparison(records, 100_000, {column.name: column for column in columns}, prediction)


def quiet(count):
    return [score(f"q{index}", p=0.5, effect=0.05) for index in range(count)]


def test_a_significant_change_of_at_least_the_minimum_effect_size_is_drift():
    found = detect_drift(scores(score(p=1e-9, effect=0.5), *quiet(19)), CLEAN, DriftPolicy())
    assert (found.verdict, found.features["x"].status) == ("drifted", "drifted")
    assert found.reasons == ("x: like a mean shift of 0.5 standard deviations",)


def test_a_significant_change_below_the_minimum_effect_size_is_a_minor_change():
    found = detect_drift(scores(score(p=1e-9, effect=0.19), *quiet(19)), CLEAN, DriftPolicy())
    assert (found.verdict, found.features["x"].status) == ("stable", "minor_change")
    assert "minor changes: x" in found.reasons[0]


def test_a_large_change_that_is_not_significant_is_stable():
    found = detect_drift(scores(score(p=0.01, effect=0.9), *quiet(19)), CLEAN, DriftPolicy())
    assert (found.verdict, found.features["x"].status) == ("stable", "stable")


def test_a_large_insignificant_change_of_the_distribution_is_not_combined_with_missing_values():
    small = score(p=0.3, effect=0.3, missing_p=1e-12, missing_effect=0.05)
    assert detect_drift(scores(small), CLEAN, DriftPolicy()).features["x"].status == "minor_change"


def test_missing_values_drift_by_themselves():
    gone = score(missing_p=1e-12, missing_effect=0.4)
    found = detect_drift(scores(gone, *quiet(19)), CLEAN, DriftPolicy())
    assert found.reasons == ("x: missing in 1% → 12% of the records",)


def test_a_new_category_is_drift_by_itself():
    new = CategoryChange("zz", 0.0, 0.01, 0.2, 1e-12)
    found = detect_drift(scores(score(categories=(new,)), *quiet(19)), CLEAN, DriftPolicy())
    assert found.verdict == "drifted"
    assert "new category 'zz' has 1% of the values" in found.reasons[0]


def test_a_new_category_below_the_minimum_effect_size_is_a_minor_change():
    new = CategoryChange("zz", 0.0, 0.001, 0.06, 1e-12)
    assert detect_drift(scores(score(categories=(new,))), CLEAN, DriftPolicy()).verdict == "stable"


def test_the_prediction_drifts_as_a_feature_does():
    found = detect_drift(
        scores(*quiet(5), prediction=score("prediction", p=1e-9, effect=1.0)), CLEAN, DriftPolicy()
    )
    assert found.verdict == "drifted"
    assert not_none(found.prediction).status == "drifted"


def test_a_feature_may_be_named_prediction():
    both = scores(score("prediction", p=1e-9, effect=1.0), prediction=score("prediction", p=0.5))
    found = detect_drift(both, CLEAN, DriftPolicy())
    assert found.features["prediction"].status == "drifted"
    assert not_none(found.prediction).status == "stable"


def test_too_few_records_are_insufficient_data():
    found = detect_drift(scores(score(p=1e-9, effect=2.0), records=99), CLEAN, DriftPolicy())
    assert found.verdict == "insufficient_data"
    assert found.reasons == ("99 records; a verdict needs at least 100",)
    assert found.features["x"].p_value is None


def test_unreadable_lines_are_invalid_data_also_where_no_record_is_left():
    broken = QualityResult((), "60% of the captured lines can't be read", 1000, {})
    assert detect_drift(scores(score(), records=0), broken, DriftPolicy()).verdict == "invalid_data"


def test_a_handful_of_unreadable_lines_and_no_record_is_insufficient_data():
    broken = QualityResult((), "100% of the captured lines can't be read", 5, {})
    assert (
        detect_drift(scores(score(), records=0), broken, DriftPolicy()).verdict
        == "insufficient_data"
    )


def test_an_invalid_column_makes_invalid_data_and_no_drift():
    broken = QualityResult((), None, 1000, {"x": "x: 100% of the values are missing"})
    found = detect_drift(
        scores(score(missing_p=0.0, missing_effect=3.1), *quiet(3)), broken, DriftPolicy()
    )
    assert found.verdict == "invalid_data"
    assert found.features["x"].status == "invalid_data"
    assert found.features["q0"].status == "stable"


def test_reasons_have_the_largest_effect_first():
    columns = scores(score("a", p=1e-9, effect=0.5), score("b", p=1e-9, effect=0.4))
    plain = detect_drift(columns, CLEAN, DriftPolicy())
    weighed = detect_drift(columns, CLEAN, DriftPolicy(feature_weights={"b": 2.0}))
    assert [reason[0] for reason in plain.reasons] == ["a", "b"]
    assert [reason[0] for reason in weighed.reasons] == ["b", "a"]


def past(hour, verdict, *drifted):
    start = datetime(2026, 1, 1, hour, tzinfo=UTC)
    return WindowOutcome(
        window=Window(start, start + HOUR),
        verdict=WindowVerdict(verdict),
        drifted_features=drifted,
    )


def test_since_ignores_windows_without_a_conclusive_verdict():
    history = [
        past(0, "drifted", "x"),
        past(1, "stable"),
        past(2, "drifted", "x"),
        past(3, "insufficient_data"),
        past(4, "drifted", "x", "y"),
    ]
    found = detect_drift(scores(score(p=1e-9, effect=0.5)), CLEAN, DriftPolicy(), history)
    assert found.features["x"].since == datetime(2026, 1, 1, 2, tzinfo=UTC)


def test_q_values_are_scipys():
    p_values = np.random.default_rng(1).random(50) ** 3
    assert q_values(p_values.tolist()) == pytest.approx(stats.false_discovery_control(p_values))


def test_the_cutoff_rejects_what_the_q_values_reject():
    p_values = [1e-6, 1e-4, 9e-4, 0.2, 0.9]
    bound = cutoff(p_values, 0.01)
    assert bound == pytest.approx(3 * 0.01 / 5)
    assert [p <= bound for p in p_values] == [q <= 0.01 for q in q_values(p_values)]


def test_no_column_is_no_drift():
    assert detect_drift(scores(), CLEAN, DriftPolicy()).verdict == "stable"


def test_the_policys_defaults_are_those_of_the_configuration():
    features = {"age": "numeric"}
    model = {"problem_type": "regression", "features": features, "target": "y", "family": "sklearn"}
    config = validate_config({"models": {"m": {**model, "training_data": "d.csv"}}})
    assert DriftPolicy.from_settings(config.models["m"]) == DriftPolicy()
