from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from driftloop.evaluation import (
    EvaluationPolicy,
    GroundTruthValues,
    ModelComparison,
    cluster_rows,
    compare_models,
    decide,
)
from driftloop.evaluation.bootstrap import paired_bootstrap
from driftloop.evaluation.paired_scores import ConfidenceInterval, PairedScore
from driftloop.schema import ProblemType

BINARY = ProblemType.BINARY_CLASSIFICATION
POLICY = EvaluationPolicy(
    min_improvement=0.0, max_golden_set_drop=0.02, confidence_level=0.95, bootstrap_resamples=200
)
ZERO = ConfidenceInterval(0.0, 0.0, 0.0, 0.0)


def _paired(value: float, low: float, high: float) -> PairedScore:
    return PairedScore(ZERO, ZERO, ConfidenceInterval(value, low, high, 0.01))


def _comparison(
    gain: tuple[float, float, float], loss: tuple[float, float, float] = (0.0, -0.1, 0.1)
) -> ModelComparison:
    return ModelComparison(1000, "day", 20, _paired(*gain), _paired(*loss))


GAIN = (0.05, 0.02, 0.08)


def test_a_significant_improvement_is_registered() -> None:
    decision = decide(
        BINARY, _comparison(GAIN), _comparison((0.0, -0.1, 0.1)), POLICY, is_initial_training=False
    )
    assert decision.decision == "register"
    assert decision.reasons == ("ROC AUC improves on the champion by 0.0500 (+0.0200 to +0.0800)",)


@pytest.mark.parametrize(
    ("holdout", "golden_set", "text"),
    [
        (_comparison((0.05, -0.01, 0.11)), None, "the lower bound must be greater than 0"),
        (_comparison((0.0, 0.0, 0.0)), None, "the lower bound must be greater than 0"),
        (_comparison(GAIN, (0.03, 0.01, 0.05)), None, "log-loss increases by 0.0300"),
        (
            _comparison(GAIN),
            _comparison((-0.03, -0.05, -0.01)),
            "golden set decreases by 0.0300: the maximum is 0.02",
        ),
        (_comparison((np.nan, np.nan, np.nan)), None, "not defined on the holdout"),
        (
            _comparison((0.05, np.nan, np.nan)),
            None,
            "no confidence interval: without one of the 20 days of the holdout its labels do not",
        ),
    ],
)
def test_a_challenger_that_misses_a_requirement_is_rejected_with_the_reason(
    holdout: ModelComparison, golden_set: ModelComparison | None, text: str
) -> None:
    decision = decide(BINARY, holdout, golden_set, POLICY, is_initial_training=False)
    assert decision.decision == "reject"
    assert text in decision.reasons[0]


def test_a_rejection_lists_all_its_reasons() -> None:
    bad = _comparison((-0.3, -0.4, -0.2), (0.5, 0.4, 0.6))
    decision = decide(BINARY, bad, bad, POLICY, is_initial_training=False)
    assert len(decision.reasons) == 3


def test_the_minimum_improvement_comes_from_the_policy() -> None:
    strict = replace(POLICY, min_improvement=0.03)
    assert (
        decide(BINARY, _comparison(GAIN), None, strict, is_initial_training=False).decision
        == "reject"
    )


def test_an_initial_training_must_only_improve_on_a_constant_prediction() -> None:
    strict = replace(POLICY, min_improvement=0.5)
    worse_on_golden = _comparison((-0.3, -0.4, -0.2))
    decision = decide(BINARY, _comparison(GAIN), worse_on_golden, strict, is_initial_training=True)
    assert decision.decision == "register"
    assert "a constant prediction" in decision.reasons[0]


def _models(seed: int, rows: int = 2000) -> tuple[GroundTruthValues, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 2, rows).astype(float)
    signal = codes + generator.normal(0, 1, rows)
    return GroundTruthValues(BINARY, codes), signal + generator.normal(0, 2, rows), signal


def test_equal_rows_give_equal_intervals_and_other_rows_give_other_intervals() -> None:
    comparisons = [
        compare_models(*_models(seed), cluster_rows(2000), resamples=100, confidence_level=0.95)
        for seed in (1, 1, 2)
    ]
    assert comparisons[0] == comparisons[1] != comparisons[2]


def test_a_model_compared_with_itself_has_a_difference_of_zero() -> None:
    ground_truth, scores, _ = _models(4)
    paired = compare_models(
        ground_truth, scores, scores, cluster_rows(2000), resamples=100, confidence_level=0.95
    )
    assert paired.ranking_score.difference == ZERO


def test_the_interval_of_a_mean_is_the_normal_interval() -> None:
    # For a mean the percentile bootstrap tends to mean +- z s / sqrt(n).
    values = np.random.default_rng(7).normal(3, 2, 4000)
    champion, challenger = np.zeros(4000), values

    def weighted_mean(values: np.ndarray):
        return lambda weights: float(weights @ values / weights.sum())

    difference = paired_bootstrap(
        {"mean": weighted_mean(champion)},
        {"mean": weighted_mean(challenger)},
        cluster_rows(4000),
        resamples=2000,
        confidence_level=0.95,
        seed=1,
    )["mean"].difference
    low, high = stats.norm.interval(0.95, values.mean(), values.std() / np.sqrt(4000))
    assert (difference.low, difference.high) == pytest.approx((low, high), abs=0.006)


def test_the_paired_difference_has_a_smaller_standard_error_than_an_unpaired_one() -> None:
    paired = compare_models(
        *_models(9), cluster_rows(2000), resamples=300, confidence_level=0.95
    ).ranking_score
    unpaired = np.hypot(paired.champion.standard_error, paired.challenger.standard_error)
    assert paired.difference.standard_error < unpaired
