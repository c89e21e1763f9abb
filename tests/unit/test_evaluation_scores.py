import numpy as np
import pytest
from sklearn import metrics

from driftloop.evaluation import SCORES, GroundTruthValues, scores_for
from driftloop.evaluation.paired_comparison import constant_prediction
from driftloop.evaluation.weighted import unweighted
from driftloop.schema import ProblemType

BINARY, SEVERAL = ProblemType.BINARY_CLASSIFICATION, ProblemType.MULTICLASS_CLASSIFICATION
REGRESSION = ProblemType.REGRESSION


def _binary(seed: int, rows: int = 300) -> tuple[GroundTruthValues, np.ndarray]:
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, 2, rows).astype(float)
    # rounded, so that scores are tied
    return GroundTruthValues(BINARY, codes), np.clip(
        codes * 0.2 + draw.uniform(0, 0.8, rows), 0, 1
    ).round(1)


def _several(seed: int) -> tuple[GroundTruthValues, np.ndarray]:
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, 4, 400).astype(float)
    shares = draw.dirichlet(np.ones(4), 400)
    shares[np.arange(400), codes.astype(int)] += 0.3
    return GroundTruthValues(SEVERAL, codes), shares / shares.sum(axis=1, keepdims=True)


def _regression(seed: int) -> tuple[GroundTruthValues, np.ndarray]:
    draw = np.random.default_rng(seed)
    values = draw.normal(10, 3, 250)
    return GroundTruthValues(REGRESSION, values), values + draw.normal(0, 1, 250)


@pytest.mark.parametrize("seed", range(5))
def test_binary_scores_are_scikit_learns_with_and_without_weights(seed: int) -> None:
    truth, predicted = _binary(seed)
    scores = scores_for(truth, predicted)
    weights = np.random.default_rng(seed).integers(0, 4, len(truth)).astype(float)
    for w in (np.ones(len(truth)), weights):
        auc = metrics.roc_auc_score(truth.codes, predicted, sample_weight=w)
        loss = metrics.log_loss(truth.codes, predicted, sample_weight=w)
        assert scores["ranking"](w) == pytest.approx(auc, abs=1e-12)
        assert scores["proper"](w) == pytest.approx(loss, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_scores_of_several_classes_are_scikit_learns(seed: int) -> None:
    truth, predicted = _several(seed)
    scores = scores_for(truth, predicted)
    auc = metrics.roc_auc_score(truth.codes, predicted, multi_class="ovr", average="macro")
    assert unweighted(scores["ranking"], 400) == pytest.approx(auc, abs=1e-12)
    loss = metrics.log_loss(truth.codes, predicted)
    assert unweighted(scores["proper"], 400) == pytest.approx(loss, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_regression_scores_are_scikit_learns(seed: int) -> None:
    truth, predicted = _regression(seed)
    scores = scores_for(truth, predicted)
    weights = np.random.default_rng(seed).integers(0, 3, 250).astype(float)
    r2 = metrics.r2_score(truth.values, predicted, sample_weight=weights)
    rmse = metrics.root_mean_squared_error(truth.values, predicted, sample_weight=weights)
    assert scores["ranking"](weights) == pytest.approx(r2, abs=1e-12)
    assert scores["proper"](weights) == pytest.approx(rmse, abs=1e-12)


def test_four_rows_by_hand() -> None:
    # Positives at 0.8 and 0.35, negatives at 0.1 and 0.4: of four pairs, three are in order.
    truth = GroundTruthValues(BINARY, np.array([0.0, 0.0, 1.0, 1.0]))
    scores = scores_for(truth, np.array([0.1, 0.4, 0.35, 0.8]))
    assert unweighted(scores["ranking"], 4) == 0.75


def test_ranking_is_not_defined_where_only_one_class_is_left() -> None:
    truth, predicted = _binary(1)
    assert np.isnan(
        scores_for(truth, predicted)["ranking"](truth.values * 1.0 * (truth.codes == 0))
    )


@pytest.mark.parametrize("make", [_binary, _several, _regression])
def test_the_trivial_predictor_ranks_nothing(make) -> None:  # type: ignore[no-untyped-def]
    truth, _ = make(3)
    trivial = constant_prediction(truth, 4)
    expected = 0.0 if truth.problem is REGRESSION else 0.5
    value = unweighted(scores_for(truth, trivial)["ranking"], len(truth))
    assert value == pytest.approx(expected, abs=1e-12)


def test_every_problem_has_its_scores() -> None:
    assert set(SCORES) == set(ProblemType)
