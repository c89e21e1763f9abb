"""Intervals equal those of scipy where it has the same one, and say what they rest on."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from driftloop.confidence_intervals import mean_interval, wilson_interval
from driftloop.errors import InputError
from driftloop.outcomes import (
    UNLABELED,
    count_binary,
    count_multiclass,
    count_regression,
    fit_binary_binning,
    fit_multiclass_binning,
    fit_regression_binning,
)
from driftloop.outcomes.sums import sums_of
from driftloop.performance import MIN_DAYS, ScoreInterval, learn_design_effects, score_intervals
from driftloop.scores.roc_auc import delong_interval
from tests.narrowing import not_none

RANDOM = np.random.default_rng(7)
BINNING = fit_binary_binning(RANDOM.uniform(size=5_000))


def days_of(rows, effect=0.3, records=200, seed=1):
    """Days whose records share an effect on their score, and the share of right rows of each."""
    random = np.random.default_rng(seed)
    days, right = [], []
    for _ in range(rows):
        labels = random.integers(0, 2, records)
        shift = random.normal(0, effect)
        scores = np.clip(0.35 + 0.3 * labels + shift * (1 - 2 * labels), 0.01, 0.99)
        scores = np.clip(scores + random.normal(0, 0.15, records), 0, 1)
        days.append(count_binary(BINNING, scores, labels))
        right.append(np.mean((scores >= 0.5) == labels))
    return days, np.array(right)


def width(found: ScoreInterval) -> float:
    return not_none(found.high) - not_none(found.low)


def test_with_days_of_one_size_the_interval_of_accuracy_is_students_of_the_days():
    days, right = days_of(14)
    found = score_intervals(BINNING, days)["accuracy"]
    expected = stats.ttest_1samp(right, 0.0).confidence_interval(0.95)
    assert found.method == "day_jackknife"
    assert found.days == 14
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_with_days_of_one_size_the_interval_of_a_mean_error_is_students_of_the_days():
    errors = RANDOM.normal(1, 2, (9, 50)) + RANDOM.normal(0, 1, (9, 1))
    binning = fit_regression_binning(errors.ravel())
    days = [count_regression(binning, np.zeros(50), day) for day in errors]
    found = score_intervals(binning, days, confidence_level=0.99)["bias"]
    expected = stats.ttest_1samp(errors.mean(axis=1), 0.0).confidence_interval(0.99)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-12)


def test_the_order_of_days_changes_nothing_but_the_last_digits():
    days, _ = days_of(10)
    one, other = score_intervals(BINNING, days), score_intervals(BINNING, days[::-1])
    for name, found in one.items():
        assert found.value == other[name].value
        assert found.low == pytest.approx(other[name].low, rel=1e-12)


def test_days_without_labels_do_not_count():
    days, _ = days_of(MIN_DAYS - 1)
    waiting = count_binary(BINNING, np.array([0.3]), np.array([UNLABELED]))
    found = score_intervals(BINNING, [*days, waiting])["accuracy"]
    assert (found.days, found.method) == (MIN_DAYS - 1, "wilson")


def test_fewer_days_give_the_interval_of_rows_and_say_so():
    days, right = days_of(2)
    found = score_intervals(BINNING, days)["accuracy"]
    successes = round(right.sum() * 200)
    expected = stats.binomtest(successes, 400).proportion_ci(0.95, method="wilson")
    assert found.method == "wilson"
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert found.design_effect is None
    assert found.takes_records_as_independent


def test_a_learned_design_effect_widens_the_interval_of_rows():
    history, _ = days_of(28, seed=3)
    effects = learn_design_effects(BINNING, history)
    assert effects["accuracy"] > 5
    days, _ = days_of(2)
    narrow = score_intervals(BINNING, days)
    wide = score_intervals(BINNING, days, design_effects=effects)
    for name in ("accuracy", "roc_auc", "log_loss", "brier", "recall"):
        assert wide[name].design_effect == effects[name]
        assert not wide[name].takes_records_as_independent
        assert width(wide[name]) > width(narrow[name])


def test_a_design_effect_is_the_variance_of_days_over_that_of_rows():
    history, right = days_of(28, seed=3)
    by_rows = right.mean() * (1 - right.mean()) / (28 * 200)
    expected = right.var(ddof=1) / 28 / by_rows
    assert learn_design_effects(BINNING, history)["accuracy"] == pytest.approx(expected, rel=1e-3)


def test_independent_rows_have_a_design_effect_of_about_one():
    history, _ = days_of(60, effect=0.0, seed=5)
    effects = learn_design_effects(BINNING, history)
    assert set(effects) >= {"accuracy", "roc_auc", "log_loss", "brier", "recall", "f1"}
    assert all(1 <= effect < 1.6 for effect in effects.values())


def test_too_few_days_teach_no_design_effect():
    assert learn_design_effects(BINNING, days_of(MIN_DAYS - 1)[0]) == {}


def test_the_variance_of_the_roc_auc_is_that_of_its_structural_components():
    # DeLong et al. 1988, equation 5: components of each row over all pairs
    labels = RANDOM.integers(0, 2, 300)
    scores = np.clip(0.3 * labels + RANDOM.uniform(0, 0.7, 300), 0, 1).round(2)
    binning = fit_binary_binning(scores)
    positives, negatives = scores[labels == 1], scores[labels == 0]
    pairs = (positives[:, None] > negatives) + (positives[:, None] == negatives) / 2
    variance = pairs.mean(axis=1).var(ddof=1) / len(positives)
    variance += pairs.mean(axis=0).var(ddof=1) / len(negatives)
    found = score_intervals(binning, [count_binary(binning, scores, labels)])["roc_auc"]
    half = stats.norm.ppf(0.975) * np.sqrt(variance)
    assert found.method == "delong"
    assert (found.low, found.high) == pytest.approx((pairs.mean() - half, pairs.mean() + half))


def test_every_interval_contains_its_value_and_is_within_the_range():
    multiclass = fit_multiclass_binning(("a", "b", "c"), RANDOM.dirichlet(np.ones(3), 500))
    regression = fit_regression_binning(RANDOM.normal(size=500))
    spans: list[Any] = [(BINNING, days_of(count)[0]) for count in (1, 2, 9)]
    for count in (1, 9):
        shares = RANDOM.dirichlet(np.ones(3), (count, 100))
        codes = RANDOM.integers(0, 3, (count, 100))
        spans.append(
            (
                multiclass,
                [
                    count_multiclass(multiclass, codes[day], probabilities=shares[day])
                    for day in range(count)
                ],
            )
        )
        values = RANDOM.normal(size=(2, count, 100))
        spans.append(
            (regression, [count_regression(regression, *values[:, day]) for day in range(count)])
        )
    for binning, days in spans:
        for found in score_intervals(binning, days).values():
            assert found.value is not None
            if found.low is None:
                assert found.reason == f"an interval needs {MIN_DAYS} days with labels"
            else:
                assert found.high is not None
                assert found.low - 1e-12 <= found.value <= found.high + 1e-12
                assert found.reason is None


def test_the_interval_is_widened_by_the_bound():
    scores, labels = RANDOM.uniform(size=4_000), RANDOM.integers(0, 2, 4_000)
    coarse = fit_binary_binning(scores, max_split_points=4)
    outcomes = count_binary(coarse, scores, labels)
    found = score_intervals(coarse, [outcomes])["roc_auc"]
    narrow = not_none(delong_interval(sums_of(coarse, outcomes), stats.norm.ppf(0.975), 1.0))
    assert found.bound > 0.005
    assert (found.low, found.high) == pytest.approx(
        (narrow[0] - found.bound, narrow[1] + found.bound), abs=1e-12
    )


def test_a_score_that_needs_one_of_the_days_has_no_interval():
    quiet = [count_binary(BINNING, np.array([0.1, 0.2]), np.array([0, 1])) for _ in range(7)]
    alarm = count_binary(BINNING, np.array([0.9, 0.2]), np.array([1, 0]))
    found = score_intervals(BINNING, [*quiet, alarm])["precision"]
    assert (found.value, found.low) == (1.0, None)
    assert found.reason == "without one of the days it is not defined"


def test_an_undefined_score_says_why():
    day = count_binary(BINNING, np.array([0.1, 0.2]), np.array([0, 0]))
    found = score_intervals(BINNING, [day])
    assert found["roc_auc"].value is None
    assert found["roc_auc"].reason == "all labels are of one class"
    assert found["recall"].reason == "no record is labeled positive"


def test_one_record_has_no_interval_but_of_proportions():
    numbers = fit_regression_binning(np.ones(1))
    for binning, day in (
        (BINNING, count_binary(BINNING, np.array([0.9]), np.array([1]))),
        (numbers, count_regression(numbers, np.array([1.0]), np.array([3.0]))),
    ):
        for name, found in score_intervals(binning, [day]).items():
            if name in ("accuracy", "precision", "recall"):
                assert found.low is not None
            else:
                assert found.low is None
                assert found.reason


def test_no_day_is_no_span():
    with pytest.raises(InputError, match="one day or more"):
        score_intervals(BINNING, [])


def test_the_interval_of_order_statistics_covers_the_quantile():
    binning = fit_regression_binning(np.abs(RANDOM.normal(size=20_000)))
    true = stats.halfnorm.ppf(0.9)
    covered = 0
    for _ in range(300):
        errors = RANDOM.normal(size=400)
        day = count_regression(binning, np.zeros(400), errors)
        found = score_intervals(binning, [day], names={"absolute_error_p90"})["absolute_error_p90"]
        covered += found.low <= true <= found.high
    assert 0.92 <= covered / 300 <= 0.99


def test_wilsons_interval_is_that_of_scipy():
    for successes, trials in ((0, 5), (5, 5), (3, 40), (700, 1000)):
        expected = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
        found = wilson_interval(successes, trials, stats.norm.ppf(0.975))
        assert found == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert wilson_interval(0, 0, 1.96) is None


def test_the_normal_interval_is_that_of_the_mean():
    values = RANDOM.normal(3, 2, 50)
    expected = stats.norm.interval(0.95, values.mean(), stats.sem(values))
    found = mean_interval(values.sum(), (values**2).sum(), 50, stats.norm.ppf(0.975))
    assert found == pytest.approx(expected)
    assert mean_interval(1.0, 1.0, 1, 1.96) is None
