"""Every score of SCORES equals scikit-learn's within its bound, however the rows are split."""

import math
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from driftloop.outcomes import (
    UNLABELED,
    OutcomeBinning,
    Outcomes,
    count_binary,
    count_multiclass,
    count_regression,
    fit_binary_binning,
    fit_multiclass_binning,
    fit_regression_binning,
    outcomes_from_bytes,
    outcomes_to_bytes,
)
from driftloop.outcomes.sums import BinarySums
from driftloop.schema import ProblemType
from driftloop.scores import SCORES, Score, compute_scores, scores_for, scores_of, sums_of

RANDOM = np.random.default_rng(11)
ROUNDING = 1e-12
BINARY, MULTICLASS = ProblemType.BINARY_CLASSIFICATION, ProblemType.MULTICLASS_CLASSIFICATION
REGRESSION = ProblemType.REGRESSION


class Case(NamedTuple):
    """Rows: scores, probabilities or predictions; labels; and what split points are fitted on."""

    predictions: np.ndarray
    labels: np.ndarray
    reference: np.ndarray


def _binary(rows: int, digits: int = 17, scale: float = 1.0) -> Case:
    labels = RANDOM.integers(0, 2, rows)
    scores = np.clip(labels * 0.2 + RANDOM.uniform(0, 0.8, rows), 0, 1).round(digits) * scale
    return Case(scores, labels, RANDOM.uniform(0, 1, 5000) * scale)


def _classes(rows: int, classes: int, digits: int = 17) -> Case:
    codes = RANDOM.integers(0, classes, rows)
    shares = RANDOM.dirichlet(np.ones(classes), rows)
    shares[np.arange(rows), codes] += 0.3
    shares = (shares / shares.sum(axis=1, keepdims=True)).round(digits)
    shares[:, -1] = 1 - shares[:, :-1].sum(axis=1)
    return Case(shares, codes, RANDOM.dirichlet(np.ones(classes), 3000))


def _numbers(rows: int, scale: float = 1.0, offset: float = 10.0) -> Case:
    labels = RANDOM.normal(offset, 3, rows) * scale
    errors = RANDOM.standard_t(3, rows) * scale
    return Case(labels - errors, labels, RANDOM.standard_t(3, 4000) * scale)


_ONE = np.array([0.3])
BINARY_CASES = {
    "continuous": _binary(4000),
    "ties": _binary(3000, digits=1),
    "skewed": _binary(3000, scale=0.05),
    "few reference scores": _binary(2000)._replace(reference=np.array([0.2, 0.6])),
    "no reference": _binary(2000)._replace(reference=np.empty(0)),
    "one score": Case(np.full(100, 0.4), np.arange(100) % 3 == 0, np.full(5, 0.4)),
    "zero and one": Case(np.array([0.0, 1.0, 1.0, 0.0]), np.array([0, 1, 0, 1]), np.empty(0)),
    "only negatives": Case(RANDOM.uniform(size=50), np.zeros(50, dtype=int), np.empty(0)),
    "only positives": Case(RANDOM.uniform(size=50), np.ones(50, dtype=int), np.empty(0)),
    "one negative row": Case(_ONE, np.array([0]), _ONE),
    "one positive row": Case(np.array([0.7]), np.array([1]), _ONE),
    "none predicted positive": Case(np.array([0.1, 0.2, 0.3]), np.array([0, 1, 0]), _ONE),
    "perfect": Case(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1]), _ONE),
}
MULTICLASS_CASES = {
    "three classes": _classes(3000, 3),
    "ties": _classes(2000, 3, digits=1),
    "twenty classes": _classes(2000, 20),
    "a class without rows": Case(*(lambda c: (c[0], np.minimum(c[1], 2), c[2]))(_classes(500, 4))),
    "one class": Case(*(lambda c: (c[0], np.zeros(50, dtype=int), c[2]))(_classes(50, 3))),
    "one row": _classes(1, 3),
}
REGRESSION_CASES = {
    "numbers": _numbers(3000),
    "large": _numbers(1000, scale=1e9),
    "small": _numbers(1000, scale=1e-12),
    "narrow": _numbers(1000, scale=1e-3, offset=1e6),
    "ties": Case(
        np.round(_numbers(800).predictions), np.round(_numbers(800).labels), np.arange(9.0)
    ),
    "constant labels": Case(np.array([1.0, 2.0]), np.array([3.0, 3.0]), np.empty(0)),
    "one row": Case(np.array([1.0]), np.array([3.5]), np.empty(0)),
    "no error": Case(np.array([1.0, 2.0]), np.array([1.0, 2.0]), np.empty(0)),
}


def _roc_auc(case: Case, weights: np.ndarray | None = None) -> float | None:
    used = np.ones(len(case.labels), dtype=bool) if weights is None else weights > 0
    if len(np.unique(case.labels[used])) < 2:
        return None
    return float(metrics.roc_auc_score(case.labels, case.predictions, sample_weight=weights))


def _share(function: Callable[..., float], **options: Any) -> Callable[..., float | None]:
    """A score of predicted classes, None where scikit-learn divides zero by zero."""

    def compute(case: Case, weights: np.ndarray | None = None) -> float | None:
        predicted = _decide(case)
        value = function(
            case.labels, predicted, sample_weight=weights, zero_division=np.nan, **options
        )
        return None if math.isnan(value) else float(value)

    return compute


def _decide(case: Case) -> np.ndarray:
    if case.predictions.ndim == 2:
        return np.asarray(case.predictions.argmax(axis=1))
    return np.asarray(case.predictions >= 0.5, dtype=int)


def _macro_roc_auc(case: Case) -> float | None:
    areas = [
        metrics.roc_auc_score(case.labels == code, case.predictions[:, code])
        for code in range(case.predictions.shape[1])
        if 0 < np.count_nonzero(case.labels == code) < len(case.labels)
    ]
    return float(np.mean(areas)) if areas else None


def _all_classes(case: Case) -> np.ndarray:
    return np.arange(case.predictions.shape[1])


def _weighted(function: Callable[..., float]) -> Callable[..., float]:
    return lambda case, weights=None: float(
        function(case.labels, case.predictions, sample_weight=weights)
    )


def _quantile(share: float) -> Callable[[Case], float]:
    return lambda case: float(
        np.quantile(np.abs(case.labels - case.predictions), share, method="inverted_cdf")
    )


def _r2(case: Case) -> float | None:
    if len(np.unique(case.labels)) < 2:
        return None
    return float(metrics.r2_score(case.labels, case.predictions))


EXPECTED: dict[ProblemType, dict[str, Callable[..., float | None]]] = {
    BINARY: {
        "roc_auc": _roc_auc,
        "log_loss": lambda case, weights=None: float(
            metrics.log_loss(case.labels, case.predictions, labels=[0, 1], sample_weight=weights)
        ),
        "brier": lambda case, weights=None: float(
            metrics.brier_score_loss(
                case.labels, case.predictions, labels=[0, 1], pos_label=1, sample_weight=weights
            )
        ),
        "accuracy": lambda case, weights=None: float(
            metrics.accuracy_score(case.labels, _decide(case), sample_weight=weights)
        ),
        "precision": _share(metrics.precision_score),
        "recall": _share(metrics.recall_score),
        "f1": _share(metrics.f1_score),
    },
    MULTICLASS: {
        "roc_auc": _macro_roc_auc,
        "log_loss": lambda case: float(
            metrics.log_loss(case.labels, case.predictions, labels=_all_classes(case))
        ),
        "brier": lambda case: float(
            metrics.brier_score_loss(case.labels, case.predictions, labels=_all_classes(case))
        ),
        "accuracy": lambda case: float(metrics.accuracy_score(case.labels, _decide(case))),
        "precision": _share(metrics.precision_score, average="macro"),
        "recall": _share(metrics.recall_score, average="macro"),
        "f1": _share(metrics.f1_score, average="macro"),
    },
    REGRESSION: {
        "rmse": _weighted(metrics.root_mean_squared_error),
        "mae": _weighted(metrics.mean_absolute_error),
        "bias": lambda case: float(np.mean(case.labels - case.predictions)),
        "r2": _r2,
        "absolute_error_p50": _quantile(0.5),
        "absolute_error_p90": _quantile(0.9),
        "absolute_error_p99": _quantile(0.99),
    },
}


def count(case: Case, rows: slice | np.ndarray = slice(None)) -> tuple[OutcomeBinning, Outcomes]:
    predictions, labels = case.predictions[rows], case.labels[rows]
    if predictions.ndim == 2:
        names = tuple(map(str, range(predictions.shape[1])))
        classes = fit_multiclass_binning(names, case.reference)
        return classes, count_multiclass(classes, labels, probabilities=predictions)
    if case.labels.dtype.kind == "f":
        errors = fit_regression_binning(case.reference)
        return errors, count_regression(errors, predictions, labels)
    binning = fit_binary_binning(case.reference)
    return binning, count_binary(binning, predictions, labels.astype(int))


CASES: dict[ProblemType, dict[str, Case]] = {
    BINARY: BINARY_CASES,
    MULTICLASS: MULTICLASS_CASES,
    REGRESSION: REGRESSION_CASES,
}
SCORES_AND_CASES = [
    (problem_type, score, name)
    for problem_type, cases in CASES.items()
    for score in scores_for(problem_type)
    for name in cases
]


def parametrize(rows: list[tuple[ProblemType, Score, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("problem_type", "score", "name"),
        rows,
        ids=[f"{problem_type}-{score.name}-{name}" for problem_type, score, name in rows],
    )


each_score_and_case = parametrize(SCORES_AND_CASES)
each_case = pytest.mark.parametrize(
    ("problem_type", "name"),
    [(problem_type, name) for problem_type, cases in CASES.items() for name in cases],
)
each_score = pytest.mark.parametrize("score", SCORES, ids=lambda score: score.name)


# of the calibration error scikit-learn has the curve alone, which is compared below
@parametrize([one for one in SCORES_AND_CASES if one[1].name in EXPECTED[one[0]]])
def test_a_score_equals_that_of_scikit_learn_within_its_bound(
    problem_type: ProblemType, score: Score, name: str
):
    case = CASES[problem_type][name]
    found = scores_of(*count(case))[score.name]
    expected = EXPECTED[problem_type][score.name](case)
    if expected is None:
        assert found.value is None
        assert found.undefined
        return
    assert found.value is not None
    assert abs(found.value - expected) <= found.bound + ROUNDING * max(1.0, abs(expected))
    assert not (score.is_exact and found.bound)


def test_every_score_is_compared_with_another_implementation():
    for problem_type in ProblemType:
        names = {score.name for score in scores_for(problem_type)}
        assert names - {"calibration_error"} == set(EXPECTED[problem_type])


@each_case
def test_any_split_and_order_gives_the_same_bytes_and_scores(problem_type: ProblemType, name: str):
    case = CASES[problem_type][name]
    binning, whole = count(case)
    order = np.random.default_rng(5).permutation(len(case.labels))
    parts = [count(case, rows)[1] for rows in np.array_split(order, 7)]
    for merged in (reduce(add, parts), reduce(add, parts[::-1])):
        assert outcomes_to_bytes(merged) == outcomes_to_bytes(whole)
        assert scores_of(binning, merged) == scores_of(binning, whole)
    stored = outcomes_from_bytes(outcomes_to_bytes(whole))
    assert outcomes_to_bytes(stored) == outcomes_to_bytes(whole)
    assert scores_of(binning, stored) == scores_of(binning, whole)


@each_case
def test_no_label_defines_no_score(problem_type: ProblemType, name: str):
    case = CASES[problem_type][name]
    missing = np.nan if problem_type is REGRESSION else UNLABELED
    kind = float if problem_type is REGRESSION else int
    unlabeled = case._replace(labels=np.full(len(case.labels), missing, dtype=kind))
    binning, outcomes = count(unlabeled)
    assert (outcomes.labeled, outcomes.unlabeled_records) == (0, len(case.labels))
    for found in scores_of(binning, outcomes).values():
        assert found.value is None
        assert found.undefined


@each_score_and_case
def test_a_score_is_within_its_range(problem_type: ProblemType, score: Score, name: str):
    found = scores_of(*count(CASES[problem_type][name]))[score.name]
    if found.value is not None:
        assert math.isfinite(found.value)
        assert (-math.inf if score.lower is None else score.lower) <= found.value
        assert found.value <= (math.inf if score.upper is None else score.upper)


@pytest.mark.parametrize("name", BINARY_CASES)
def test_weights_by_class_and_group_are_those_of_scikit_learn(name: str):
    case = BINARY_CASES[name]
    binning, outcomes = count(case)
    weights = np.random.default_rng(2).uniform(0.1, 3, (2, 10))
    sums = sums_of(binning, outcomes)
    assert isinstance(sums, BinarySums)
    groups = binning.scores.groups[binning.scores.cells_of(case.predictions)]  # type: ignore[union-attr]
    by_row = weights[case.labels.astype(int), groups]
    for found_name, found in compute_scores(sums.weighted(weights)).items():
        if found_name == "calibration_error":
            continue
        expected = EXPECTED[BINARY][found_name](case, by_row)
        if expected is None:
            assert found.value is None
        else:
            assert found.value == pytest.approx(expected, abs=found.bound + 1e-9)


def test_the_calibration_error_is_that_of_scikit_learns_curve_on_groups_of_equal_mass():
    scores = np.random.default_rng(3).permutation(np.linspace(0.013, 0.97, 1000))
    labels = (np.random.default_rng(4).uniform(size=1000) < scores**2).astype(int)
    binning = fit_binary_binning(scores)
    true, predicted = calibration_curve(labels, scores, n_bins=10, strategy="quantile")
    found = scores_of(binning, count_binary(binning, scores, labels))["calibration_error"]
    assert found.value == pytest.approx(np.abs(true - predicted).mean(), abs=found.bound)
    probabilities = np.column_stack([scores, 1 - scores])
    two = fit_multiclass_binning(("yes", "no"), probabilities)
    counted = count_multiclass(two, 1 - labels, probabilities=probabilities)
    top, is_right = probabilities.max(axis=1), (scores >= 0.5) == labels
    true, predicted = calibration_curve(is_right, top, n_bins=10, strategy="quantile")
    found = scores_of(two, counted)["calibration_error"]
    assert found.value == pytest.approx(np.abs(true - predicted).mean(), abs=found.bound)


def test_predicted_classes_alone_have_the_scores_that_need_no_probability():
    labels, predicted = np.array([0, 1, 2, 2, 1]), np.array([0, 2, 2, 2, 0])
    binning = fit_multiclass_binning(("a", "b", "c"))
    found = scores_of(binning, count_multiclass(binning, labels, predicted))
    assert found["accuracy"].value == metrics.accuracy_score(labels, predicted)
    assert found["recall"].value == pytest.approx(
        metrics.recall_score(labels, predicted, average="macro")
    )
    for name in ("roc_auc", "log_loss", "brier", "calibration_error"):
        assert found[name].value is None
        assert "not known" in (found[name].undefined or "")


def test_classes_that_are_predicted_otherwise_than_by_the_largest_probability_count_as_predicted():
    case = MULTICLASS_CASES["three classes"]
    predicted = np.where(case.predictions[:, 0] > 0.2, 0, case.predictions.argmax(axis=1))
    binning = fit_multiclass_binning(("a", "b", "c"), case.reference)
    counted = count_multiclass(binning, case.labels, predicted, probabilities=case.predictions)
    found = scores_of(binning, counted)
    assert found["accuracy"].value == metrics.accuracy_score(case.labels, predicted)
    assert found["log_loss"].value == pytest.approx(
        metrics.log_loss(case.labels, case.predictions), abs=found["log_loss"].bound
    )


def test_probabilities_that_do_not_add_up_have_no_loss():
    binning = fit_multiclass_binning(("a", "b"), np.array([[0.5, 0.5]]))
    counted = count_multiclass(
        binning, np.array([0, 1]), probabilities=np.array([[0.9, 0.9], [0.2, 0.8]])
    )
    found = scores_of(binning, counted)
    assert found["accuracy"].value == 1.0
    assert found["log_loss"].undefined == "scores that are no probabilities: 1"


def test_scores_that_are_no_probabilities_have_a_rank_and_no_loss():
    scores, labels = np.array([-3.0, -1.0, 0.5, 7.0]), np.array([0, 1, 0, 1])
    binning = fit_binary_binning(scores)
    found = scores_of(binning, count_binary(binning, scores, labels))
    assert found["roc_auc"].value == metrics.roc_auc_score(labels, scores)
    for name in ("log_loss", "brier", "calibration_error"):
        assert found[name].value is None
        assert found[name].undefined == "scores that are no probabilities: 3"


def test_rows_of_one_value_between_two_split_points_are_ties_without_an_error():
    # as with a tree of few leaves, whose scores were rounded when the split points were made
    scores = np.repeat([1 / 3, 2 / 3], 50)
    labels = np.tile([0, 1, 1, 0, 0], 20)
    binning = fit_binary_binning(scores.round(3))
    found = scores_of(binning, count_binary(binning, scores, labels))["roc_auc"]
    assert found.value == pytest.approx(metrics.roc_auc_score(labels, scores), abs=1e-15)
    assert found.bound == 0


TEXTS = ("meaning", "convention", "source", "undefined")


@each_score
def test_every_text_of_a_row_is_a_sentence(score: Score):
    texts = {name: getattr(score, name) for name in TEXTS}
    assert {name: text for name, text in texts.items() if not text.endswith(".")} == {}
    assert score.formula
    assert set(score.row_intervals) <= set(score.formulas)
    assert bool(score.row_intervals) == (score.interval_method is not None)


@pytest.mark.parametrize("attribute", ["name", "label", "meaning"])
def test_no_two_scores_share_a_name_or_a_label(attribute: str):
    assert len({getattr(score, attribute) for score in SCORES}) == len(SCORES)
