import re
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy import stats

from driftloop.comparison import CategoryChange, Comparison, CorrelationDrift
from driftloop.comparison.correlation import Quintiles, QuintileShares
from driftloop.comparison.summary import NumericColumnSummary, NumericSummary, Quantiles
from driftloop.config import validate_config
from driftloop.detection import (
    DriftPolicy,
    WindowOutcome,
    WindowVerdict,
    detect_drift,
    detect_in_column,
)
from driftloop.detection.benjamini_hochberg import cutoff, q_values
from driftloop.detection.policy import MinEffectSizes
from driftloop.quality import QualityResult
from driftloop.window import HOUR, Window
from tests.narrowing import not_none
from tests.unit.comparisons import score

CLEAN = QualityResult((), None, 1000, {})


def scores(*columns, records=1000, prediction=None, correlation=None):
    features = {column.name: column for column in columns}
    return Comparison(records, 100_000, features, prediction, correlation)


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


# one column: its test is held to the false discovery rate divided by the three tests of a column
AT_CUTOFF = 0.01 / 3


def one_change(kind, p, effect):
    """A column whose distribution, new category or missing share changed."""
    if kind == "distribution":
        return score(p=p, effect=effect)
    if kind == "category":
        return score(categories=[CategoryChange("zz", 0.0, 0.01, effect, p)])
    return score(missing_p=p, missing_effect=effect)


@pytest.mark.parametrize(
    ("kind", "minimum"), [("distribution", 0.2), ("category", 0.1), ("missing", 0.1)]
)
def test_a_change_at_both_limits_is_drift_and_beyond_either_one_it_is_not(kind, minimum):
    def status(p, effect):
        column = one_change(kind, p, effect)
        return detect_drift(scores(column), CLEAN, DriftPolicy()).features["x"].status

    assert status(AT_CUTOFF, minimum) == "drifted"
    assert status(AT_CUTOFF, minimum * 0.999) == "minor_change"
    assert status(AT_CUTOFF * 1.001, minimum) == "stable"


def test_a_missing_share_without_an_effect_size_is_no_drift():
    column = score(missing_p=1e-9, missing_effect=None)
    found = detect_drift(scores(column), CLEAN, DriftPolicy()).features["x"]
    assert found.status == "minor_change"


def test_increases_and_decreases_are_reasons_only_where_the_distribution_is_none():
    categories = [
        CategoryChange("a", 0.3, 0.6, 0.6, 1e-9),
        CategoryChange("b", 0.7, 0.3, 0.8, 1e-9),
        CategoryChange("zz", 0.0, 0.1, 0.6, 1e-9),
    ]
    changed = score(p=1e-9, effect=0.5, categories=categories)
    drifted = detect_drift(scores(changed), CLEAN, DriftPolicy()).reasons
    assert ["standard deviations" in reason for reason in drifted] == [True, False]
    assert "new category 'zz'" in drifted[1]
    small = score(p=1e-9, effect=0.1, categories=categories)
    by_category = detect_drift(scores(small), CLEAN, DriftPolicy()).reasons
    named = [re.findall("'(.*?)'", reason) for reason in by_category]
    assert named == [["a"], ["b"], ["zz"]]


def medians(reference: float, current: float) -> NumericColumnSummary:
    """Both sides of a column, of which only the medians are known."""
    sides = [
        NumericSummary(
            records=1000,
            missing_share=0.0,
            invalid_type_share=0.0,
            infinite_share=0.0,
            mean=None,
            std=None,
            min=None,
            max=None,
            median=median,
            quantiles=Quantiles(
                p01=None, p05=None, p25=None, p50=median, p75=None, p95=None, p99=None
            ),
        )
        for median in (reference, current)
    ]
    return NumericColumnSummary(reference=sides[0], current=sides[1], histogram=None)


def test_reasons_begin_with_the_change_in_the_columns_own_units():
    summaries = {"x": medians(41.0, 68.0), "y": medians(1.0, 2.0)}
    columns = scores(score(p=1e-9, effect=0.5), score("y", p=1e-9, effect=0.19))
    found = detect_drift(columns, CLEAN, DriftPolicy(), summaries=summaries)
    assert found.features["x"].reasons == (
        "x: median 41 → 68; like a mean shift of 0.5 standard deviations",
    )
    assert found.features["y"].reasons == (
        "y: median 1 → 2; a statistically significant change below the minimum effect size"
        " (effect size 0.19; minimum 0.2 for distributions, 0.1 for shares)",
    )


@pytest.mark.parametrize(
    ("p", "effect", "status"),
    [(0.1, 0.5, "stable"), (1e-6, 0.1, "minor_change"), (1e-6, 0.5, "drifted")],
)
def test_a_column_has_its_p_value_q_value_and_minimum_effect_sizes_with_each_status(
    p, effect, status
):
    found = detect_drift(
        scores(score(p=p, effect=effect), score("y", p=0.2)),
        CLEAN,
        DriftPolicy(),
        min_effect_multipliers={"x": 1.5},
    ).features["x"]
    assert found.status == status
    assert found.p_value == pytest.approx(3 * p)
    assert found.q_value == pytest.approx(stats.false_discovery_control([3 * p, 0.6])[0])
    sizes = not_none(found.min_effect_sizes)
    assert (sizes.distribution, sizes.share) == pytest.approx((0.3, 0.15))


def test_the_minimum_effect_size_of_a_column_is_multiplied_by_its_own_factor():
    columns = scores(score("a", p=1e-9, effect=0.25), score("b", p=1e-9, effect=0.25))
    found = detect_drift(columns, CLEAN, DriftPolicy(), min_effect_multipliers={"a": 1.5})
    assert [found.features[name].status for name in "ab"] == ["minor_change", "drifted"]


def test_a_window_with_too_few_records_has_no_decision_on_the_prediction_either():
    few = scores(score(), records=99, prediction=score("prediction", p=1e-9, effect=1.0))
    prediction = not_none(detect_drift(few, CLEAN, DriftPolicy()).prediction)
    assert (prediction.status, prediction.p_value) == ("insufficient_data", None)
    assert detect_drift(scores(score(), records=99), CLEAN, DriftPolicy()).prediction is None


def test_the_minimum_number_of_records_is_enough():
    enough = scores(score(p=1e-9, effect=2.0), records=100)
    assert detect_drift(enough, CLEAN, DriftPolicy()).verdict == "drifted"


def test_as_many_unreadable_lines_as_the_minimum_of_records_are_invalid_data():
    broken = QualityResult((), "100% of the captured lines can't be read", 100, {})
    found = detect_drift(scores(score(), records=0), broken, DriftPolicy())
    assert (found.verdict, found.reasons) == ("invalid_data", (broken.invalid_lines,))
    assert found.features["x"].status == "invalid_data"


def test_an_excluded_column_is_not_tested_and_says_why():
    excluded = score(p=1e-9, effect=2.0, excluded_because="x: follows the time")
    found = detect_drift(scores(excluded, score("y", p=0.5)), CLEAN, DriftPolicy())
    column = found.features["x"]
    assert (found.verdict, column.status) == ("stable", "excluded")
    assert (column.p_value, column.q_value, column.reasons) == (
        None,
        None,
        ("x: follows the time",),
    )
    # it takes no part in the correction either: y is the only test
    assert found.features["y"].q_value == pytest.approx(1.0)


def test_an_invalid_column_is_not_tested_and_says_why():
    broken = QualityResult((), None, 1000, {"x": "x: 100% of the values are missing"})
    column = score(p=1e-9, effect=2.0, excluded_because="x: follows the time")
    found = detect_drift(scores(column, score("y", p=0.3)), broken, DriftPolicy())
    assert found.features["x"].reasons == ("x: 100% of the values are missing",)
    assert (found.features["x"].p_value, found.features["x"].q_value) == (None, None)
    assert found.reasons == ("x: 100% of the values are missing",)
    assert found.features["y"].q_value == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("invalid", "verdict"),
    [({}, "stable"), ({"x": "x: 100% of the values are missing"}, "invalid_data")],
)
def test_the_prediction_has_its_own_decision_whatever_the_verdict(invalid, verdict):
    columns = scores(score(), prediction=score("prediction", p=1e-9, effect=0.1))
    found = detect_drift(columns, QualityResult((), None, 1000, invalid), DriftPolicy())
    assert found.verdict == verdict
    assert not_none(found.prediction).status == "minor_change"


def correlation(current, p):
    shares = QuintileShares(records=0, shares=((0.0,) * 5,) * 5)
    return CorrelationDrift(
        ("a", "b"), 0.0, current, p, Quintiles(reference=shares, current=shares)
    )


@pytest.mark.parametrize(
    ("current", "p", "weights", "verdict"),
    [
        (0.2, 0.01 * 0.1, {}, "drifted"),  # both at their limits
        (-0.2, 0.001, {}, "drifted"),
        (0.199, 1e-9, {}, "stable"),
        (0.5, 0.00101, {}, "stable"),  # a tenth of the false discovery rate
        (0.5, 1e-9, {"a": 0.0}, "stable"),
        (0.5, 1e-9, {"b": 0.0}, "stable"),
        (0.5, 1e-9, {"c": 0.0}, "drifted"),
    ],
)
def test_a_correlation_drifts_if_its_change_is_large_and_both_features_have_a_weight(
    current, p, weights, verdict
):
    columns = scores(score("a"), score("b"), correlation=correlation(current, p))
    found = detect_drift(columns, CLEAN, DriftPolicy(feature_weights=weights))
    assert found.verdict == verdict
    assert bool(found.multivariate) is (verdict == "drifted")


def test_reasons_of_columns_come_before_that_of_a_correlation():
    columns = scores(score(p=1e-9, effect=0.5), correlation=correlation(0.5, 1e-9))
    found = detect_drift(columns, CLEAN, DriftPolicy())
    pair = "a: its correlation with b changed from +0.00 to +0.50"
    assert found.reasons == ("x: like a mean shift of 0.5 standard deviations", pair)
    assert found.multivariate == (pair,)


def test_columns_of_one_effect_size_are_in_the_order_of_their_names():
    columns = scores(*(score(name, p=1e-9, effect=0.5) for name in ("b", "c", "a")))
    found = detect_drift(columns, CLEAN, DriftPolicy())
    assert [reason[0] for reason in found.reasons] == ["a", "b", "c"]


def test_since_is_the_first_of_consecutive_drifted_windows_of_the_column_itself():
    history = [past(0, "drifted", "x"), past(1, "drifted", "y"), past(2, "drifted", "x")]
    columns = scores(*(score(name, p=1e-9, effect=0.5) for name in ("x", "y", "z")))
    found = detect_drift(columns, CLEAN, DriftPolicy(), history)
    since = [found.features[name].since for name in "xyz"]
    assert since == [datetime(2026, 1, 1, 2, tzinfo=UTC), None, None]


def test_one_column_among_others_is_held_to_its_part_of_the_false_discovery_rate():
    # Bonferroni over ten columns and three tests: 0.01 / 30
    for p, status in ((0.01 / 30, "drifted"), (0.01 / 30 * 1.001, "stable")):
        found = detect_in_column(score(p=p, effect=0.3), 10, DriftPolicy())
        assert found.status == status
        assert found.p_value == pytest.approx(3 * p)
        assert found.since is None


def test_weight_and_multiplier_of_one_column_apply():
    column = score(p=0.001, effect=0.3)
    assert detect_in_column(column, 10, DriftPolicy()).status == "stable"
    assert detect_in_column(column, 10, DriftPolicy(), weight=4.0).status == "drifted"
    found = detect_in_column(column, 1, DriftPolicy(), min_effect_multiplier=2.0)
    assert found.status == "minor_change"
    assert found.min_effect_sizes == MinEffectSizes(0.4, 0.2)
