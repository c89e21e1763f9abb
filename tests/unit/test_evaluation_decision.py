from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from driftloop.evaluation import (
    EvaluationPolicy,
    GroundTruthValues,
    ModelComparison,
    compare_models,
    decide,
)
from driftloop.evaluation.bootstrap import ConfidenceInterval, PairedScore, paired_bootstrap
from driftloop.schema import ProblemType

BINARY = ProblemType.BINARY_CLASSIFICATION
POLICY = EvaluationPolicy(
    min_improvement=0.0, max_golden_set_drop=0.02, confidence_level=0.95, bootstrap_resamples=200
)
NOTHING = ConfidenceInterval(0.0, 0.0, 0.0, 0.0)


def _paired(value: float, low: float, high: float) -> PairedScore:
    return PairedScore(NOTHING, NOTHING, ConfidenceInterval(value, low, high, 0.01))


def _case(
    gain: tuple[float, float, float], loss: tuple[float, float, float] = (0.0, -0.1, 0.1)
) -> ModelComparison:
    return ModelComparison(1000, _paired(*gain), _paired(*loss))


GAIN = (0.05, 0.02, 0.08)


def test_a_gain_beyond_doubt_is_registered() -> None:
    decision = decide(BINARY, _case(GAIN), _case((0.0, -0.1, 0.1)), POLICY, first_run=False)
    assert decision.decision == "register"
    assert decision.reasons == ("ROC AUC beats the champion by 0.0500 (+0.0200 to +0.0800)",)


@pytest.mark.parametrize(
    ("holdout", "golden", "words"),
    [
        (_case((0.05, -0.01, 0.11)), None, "the lower bound must exceed 0"),
        (_case((0.0, 0.0, 0.0)), None, "the lower bound must exceed 0"),
        (_case(GAIN, (0.03, 0.01, 0.05)), None, "log-loss rises by 0.0300"),
        (_case(GAIN), _case((-0.03, -0.05, -0.01)), "golden set falls by 0.0300: 0.02 are"),
        (_case((np.nan, np.nan, np.nan)), None, "not defined on the holdout"),
    ],
)
def test_each_thing_that_speaks_against_a_challenger_refuses_it_in_words(
    holdout: ModelComparison, golden: ModelComparison | None, words: str
) -> None:
    decision = decide(BINARY, holdout, golden, POLICY, first_run=False)
    assert decision.decision == "refuse"
    assert words in decision.reasons[0]


def test_all_reasons_of_a_refusal_are_given_at_once() -> None:
    bad = _case((-0.3, -0.4, -0.2), (0.5, 0.4, 0.6))
    decision = decide(BINARY, bad, bad, POLICY, first_run=False)
    assert len(decision.reasons) == 3


def test_the_least_gain_is_the_configurations() -> None:
    strict = replace(POLICY, min_improvement=0.03)
    assert decide(BINARY, _case(GAIN), None, strict, first_run=False).decision == "refuse"


def test_a_first_run_has_to_beat_the_trivial_predictor_alone() -> None:
    strict = replace(POLICY, min_improvement=0.5)
    worse_on_golden = _case((-0.3, -0.4, -0.2))
    decision = decide(BINARY, _case(GAIN), worse_on_golden, strict, first_run=True)
    assert decision.decision == "register"
    assert "the trivial predictor" in decision.reasons[0]


def _models(seed: int, rows: int = 2000) -> tuple[GroundTruthValues, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, 2, rows).astype(float)
    signal = codes + draw.normal(0, 1, rows)
    return GroundTruthValues(BINARY, codes), signal + draw.normal(0, 2, rows), signal


def test_the_same_rows_give_the_same_intervals_and_other_rows_others() -> None:
    made = [compare_models(*_models(seed), samples=100, confidence=0.95) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]


def test_a_model_against_itself_gains_nothing_at_all() -> None:
    truth, scores, _ = _models(4)
    paired = compare_models(truth, scores, scores, samples=100, confidence=0.95)
    assert paired.ranking.difference == NOTHING


def test_the_interval_of_a_mean_is_the_normal_one() -> None:
    # For a mean the percentile bootstrap tends to mean +- z s / sqrt(n).
    values = np.random.default_rng(7).normal(3, 2, 4000)
    old, new = np.zeros(4000), values

    def mean(of: np.ndarray):  # type: ignore[no-untyped-def]
        return lambda weights: float(weights @ of / weights.sum())

    made = paired_bootstrap(
        {"mean": mean(old)}, {"mean": mean(new)}, 4000, samples=2000, confidence=0.95, seed=1
    )["mean"].difference
    low, high = stats.norm.interval(0.95, values.mean(), values.std() / np.sqrt(4000))
    assert (made.low, made.high) == pytest.approx((low, high), abs=0.006)


def test_pairing_makes_the_difference_surer_than_either_score() -> None:
    paired = compare_models(*_models(9), samples=300, confidence=0.95).ranking
    alone = np.hypot(paired.champion.error, paired.challenger.error)
    assert paired.difference.error < alone
