import numpy as np
import pytest
from sklearn import metrics

from driftloop.evaluation import SCORES, GroundTruthValues, scores_for
from driftloop.evaluation.paired_comparison import constant_prediction
from driftloop.evaluation.weighted import unweighted
from driftloop.schema import ProblemType

BINARY, MULTICLASS = ProblemType.BINARY_CLASSIFICATION, ProblemType.MULTICLASS_CLASSIFICATION
REGRESSION = ProblemType.REGRESSION


def _binary(seed: int, rows: int = 300) -> tuple[GroundTruthValues, np.ndarray]:
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 2, rows).astype(float)
    # rounded, so that scores are tied
    return GroundTruthValues(BINARY, codes), np.clip(
        codes * 0.2 + generator.uniform(0, 0.8, rows), 0, 1
    ).round(1)


def _multiclass(seed: int) -> tuple[GroundTruthValues, np.ndarray]:
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 4, 400).astype(float)
    shares = generator.dirichlet(np.ones(4), 400)
    shares[np.arange(400), codes.astype(int)] += 0.3
    return GroundTruthValues(MULTICLASS, codes), shares / shares.sum(axis=1, keepdims=True)


def _regression(seed: int) -> tuple[GroundTruthValues, np.ndarray]:
    generator = np.random.default_rng(seed)
    values = generator.normal(10, 3, 250)
    return GroundTruthValues(REGRESSION, values), values + generator.normal(0, 1, 250)


@pytest.mark.parametrize("seed", range(5))
def test_binary_scores_equal_those_of_scikit_learn_with_and_without_weights(seed: int) -> None:
    ground_truth, predicted = _binary(seed)
    scores = scores_for(ground_truth, predicted)
    weights = np.random.default_rng(seed).integers(0, 4, len(ground_truth)).astype(float)
    for w in (np.ones(len(ground_truth)), weights):
        auc = metrics.roc_auc_score(ground_truth.codes, predicted, sample_weight=w)
        loss = metrics.log_loss(ground_truth.codes, predicted, sample_weight=w)
        assert scores["ranking"](w) == pytest.approx(auc, abs=1e-12)
        assert scores["proper"](w) == pytest.approx(loss, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_multiclass_scores_equal_those_of_scikit_learn(seed: int) -> None:
    ground_truth, predicted = _multiclass(seed)
    scores = scores_for(ground_truth, predicted)
    auc = metrics.roc_auc_score(ground_truth.codes, predicted, multi_class="ovr", average="macro")
    assert unweighted(scores["ranking"], 400) == pytest.approx(auc, abs=1e-12)
    loss = metrics.log_loss(ground_truth.codes, predicted)
    assert unweighted(scores["proper"], 400) == pytest.approx(loss, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_regression_scores_equal_those_of_scikit_learn(seed: int) -> None:
    ground_truth, predicted = _regression(seed)
    scores = scores_for(ground_truth, predicted)
    weights = np.random.default_rng(seed).integers(0, 3, 250).astype(float)
    r2 = metrics.r2_score(ground_truth.values, predicted, sample_weight=weights)
    rmse = metrics.root_mean_squared_error(ground_truth.values, predicted, sample_weight=weights)
    assert scores["ranking"](weights) == pytest.approx(r2, abs=1e-12)
    assert scores["proper"](weights) == pytest.approx(rmse, abs=1e-12)


def test_roc_auc_of_four_rows_equals_the_share_of_ordered_pairs() -> None:
    # Positives at 0.8 and 0.35, negatives at 0.1 and 0.4: of four pairs, three are in order.
    ground_truth = GroundTruthValues(BINARY, np.array([0.0, 0.0, 1.0, 1.0]))
    scores = scores_for(ground_truth, np.array([0.1, 0.4, 0.35, 0.8]))
    assert unweighted(scores["ranking"], 4) == 0.75


def test_the_ranking_score_is_nan_where_one_class_has_no_weight() -> None:
    ground_truth, predicted = _binary(1)
    assert np.isnan(
        scores_for(ground_truth, predicted)["ranking"](
            ground_truth.values * 1.0 * (ground_truth.codes == 0)
        )
    )


@pytest.mark.parametrize("make", [_binary, _multiclass, _regression])
def test_a_constant_prediction_has_the_ranking_score_of_chance(make) -> None:
    ground_truth, _ = make(3)
    constant = constant_prediction(ground_truth, 4)
    expected = 0.0 if ground_truth.problem_type is REGRESSION else 0.5
    value = unweighted(scores_for(ground_truth, constant)["ranking"], len(ground_truth))
    assert value == pytest.approx(expected, abs=1e-12)


def test_every_problem_type_has_scores() -> None:
    assert set(SCORES) == set(ProblemType)
