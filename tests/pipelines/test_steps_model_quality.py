"""Expected values are those of the SageMaker developer guide, "Model quality metrics"."""

import json

import numpy as np
import pytest

from driftloop.evaluation import GroundTruthValues
from driftloop.schema import ProblemType
from pipelines.steps.model_quality import (
    MAX_CURVE_POINTS,
    encode_statistics,
    model_quality_statistics,
)


def _binary(codes, probabilities, classes=("0", "1")):
    truth = GroundTruthValues(ProblemType.BINARY_CLASSIFICATION, np.array(codes, dtype=float))
    made = model_quality_statistics(truth, np.array(probabilities, dtype=float), classes)
    return made["binary_classification_metrics"]


def test_binary_metrics_are_those_of_the_guides_example():
    metrics = _binary([0, 0, 0, 1], [0.1, 0.8, 0.7, 0.9])
    assert metrics["confusion_matrix"] == {"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}}
    expected = {
        "recall": 1.0,
        "precision": 0.3333333333333333,
        "accuracy": 0.5,
        "true_positive_rate": 1.0,
        "true_negative_rate": 0.33333333333333337,
        "false_positive_rate": 0.6666666666666666,
        "false_negative_rate": 0.0,
        "auc": 1.0,
        "f0_5": 0.3846153846153846,
        "f1": 0.5,
        "f2": 0.7142857142857143,
    }
    for name, value in expected.items():
        assert metrics[name]["value"] == pytest.approx(value), name
        assert metrics[name]["standard_deviation"] == "NaN", name


def test_multiclass_metrics_are_those_of_the_guides_example():
    counts = {(0, 0): 1180, (0, 1): 510, (1, 0): 268, (1, 1): 138}
    pairs = np.array([pair for pair, count in counts.items() for _ in range(count)])
    truth = GroundTruthValues(ProblemType.MULTICLASS_CLASSIFICATION, pairs[:, 0].astype(float))
    probabilities = np.eye(2)[pairs[:, 1]]
    made = model_quality_statistics(truth, probabilities, ["0", "1"])
    metrics = made["multiclass_classification_metrics"]
    assert metrics["confusion_matrix"] == {"0": {"0": 1180, "1": 510}, "1": {"0": 268, "1": 138}}
    expected = {
        "accuracy": 0.6288167938931297,
        "weighted_recall": 0.6288167938931297,
        "weighted_precision": 0.6983172269629505,
        "weighted_f0_5": 0.6803947317178771,
        "weighted_f1": 0.6571162346664904,
        "weighted_f2": 0.6384024354394601,
    }
    for name, value in expected.items():
        assert metrics[name]["value"] == pytest.approx(value), name
    # The guide's example: .0038. The deviation is that of five random samples.
    assert 0.0005 < metrics["accuracy"]["standard_deviation"] < 0.02


def test_regression_metrics_fulfill_their_definitions_and_the_guides_names():
    """778 of 2096 predictions are off by 1: the guide's example, and its rmse."""
    values = np.zeros(2096)
    predicted = values.copy()
    predicted[:778] = 1
    truth = GroundTruthValues(ProblemType.REGRESSION, values)
    metrics = model_quality_statistics(truth, predicted, [])["regression_metrics"]
    assert list(metrics) == ["mae", "mse", "rmse", "r2"]
    assert metrics["mae"]["value"] == pytest.approx(0.3711832061068702)
    assert metrics["mse"]["value"] == pytest.approx(0.3711832061068702)
    assert metrics["rmse"]["value"] == pytest.approx(0.609248066149471)
    assert metrics["r2"]["value"] == "NaN"  # these values do not vary


def test_curves_run_from_their_first_point_to_the_last_with_a_point_per_distinct_score():
    metrics = _binary([1, 0, 1, 0], [0.9, 0.9, 0.4, 0.1])
    assert metrics["receiver_operating_characteristic_curve"] == {
        "false_positive_rates": [0.0, 0.5, 0.5, 1.0],
        "true_positive_rates": [0.0, 0.5, 1.0, 1.0],
    }
    assert metrics["precision_recall_curve"] == {
        "precisions": [1.0, 0.5, pytest.approx(2 / 3), 0.5],
        "recalls": [0.0, 0.5, 1.0, 1.0],
    }


def test_curves_of_many_scores_are_thinned_and_keep_their_ends():
    generator = np.random.default_rng(3)
    scores = generator.uniform(size=5000)
    codes = (generator.uniform(size=5000) < scores).astype(float)
    curve = _binary(codes, scores)["receiver_operating_characteristic_curve"]
    for rates in curve.values():
        assert len(rates) == MAX_CURVE_POINTS
        assert (rates[0], rates[-1]) == (0.0, 1.0)
        assert rates == sorted(rates)


def test_rows_of_one_class_have_a_matrix_and_no_curve():
    metrics = _binary([0, 0, 0], [0.2, 0.6, 0.1], ["no", "yes"])
    assert metrics["confusion_matrix"] == {"no": {"no": 2, "yes": 1}, "yes": {"no": 0, "yes": 0}}
    assert "receiver_operating_characteristic_curve" not in metrics
    assert metrics["recall"]["value"] == metrics["auc"]["value"] == "NaN"


def test_the_same_rows_give_the_same_bytes_of_strict_json():
    generator = np.random.default_rng(5)
    codes, scores = generator.integers(0, 2, 400), generator.uniform(size=400)
    texts = [encode_statistics(_binary(codes, scores)) for _ in range(2)]
    assert texts[0] == texts[1]
    assert isinstance(json.loads(texts[0])["auc"]["standard_deviation"], float)
