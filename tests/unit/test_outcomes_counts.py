"""What is counted of each row, and which arguments are refused."""

import math
from dataclasses import replace

import numpy as np
import pytest

from driftloop.capture import RecordBatch
from driftloop.errors import InputError
from driftloop.outcomes import (
    UNLABELED,
    SegmentCodes,
    binary_binning_of,
    count_binary,
    count_multiclass,
    count_regression,
    fit_binary_binning,
    fit_multiclass_binning,
    fit_regression_binning,
    segment_columns,
)
from driftloop.outcomes.fixed_point import natural_log
from driftloop.outcomes.segments import MISSING, OTHERS
from driftloop.outcomes.split_points import MAX_SPLIT_POINTS, fit_split_points
from driftloop.outcomes.sums import segment_sums, sums_of
from driftloop.profile import fit_baseline
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.scores import compute_scores
from tests.narrowing import not_none

SCORES = np.array([0.2, 0.5, 0.7, 0.9, np.nan])
LABELS = np.array([0, 1, UNLABELED, 1, 1])
BINNING = fit_binary_binning(SCORES)
SCHEMA = Schema(
    (Feature("age", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL)),
    "label",
    ProblemType.BINARY_CLASSIFICATION,
)


def test_rows_are_labeled_waiting_or_without_a_score():
    outcomes = count_binary(BINNING, SCORES, LABELS)
    assert (outcomes.labeled, outcomes.unlabeled_records, outcomes.unscored) == (3, 1, 1)
    assert outcomes.records == 4


def test_the_confusion_is_exact_at_the_threshold_and_at_the_tenths():
    scores = np.array([0.1, 0.3, 0.30000000000000004, 0.5, 0.7, np.nextafter(0.5, 0)])
    labels = np.array([0, 1, 0, 0, 1, 1])
    for threshold in (0.3, 0.5):
        binning = fit_binary_binning(np.empty(0), decision_threshold=threshold)
        sums = sums_of(binning, count_binary(binning, scores, labels))
        predicted = scores >= threshold
        assert sums.true_positives == np.count_nonzero(predicted & (labels == 1))
        assert sums.false_positives == np.count_nonzero(predicted & (labels == 0))
        assert sums.false_negatives == np.count_nonzero(~predicted & (labels == 1))
        assert sums.true_negatives == np.count_nonzero(~predicted & (labels == 0))


def test_split_points_are_all_values_or_quantiles_of_them():
    few = fit_split_points(np.array([3.0, 1.0, 1.0, np.nan, np.inf, -0.0]))
    assert few.points.tolist() == [0.0, 1.0, 3.0]
    values = np.random.default_rng(0).normal(size=50_000)
    many = fit_split_points(values)
    assert len(many.points) <= MAX_SPLIT_POINTS + 64 + 9
    cells = many.cells_of(values)
    assert np.bincount(cells)[::2].max() <= 50_000 / MAX_SPLIT_POINTS + 1
    # ten groups of equal size
    assert np.bincount(many.groups[cells]).tolist() == [5_000] * 10


def test_split_points_do_not_depend_on_the_order():
    values = np.random.default_rng(0).normal(size=5_000)
    one, other = (fit_binary_binning(side).fingerprint for side in (values, values[::-1]))
    assert one == other


def test_the_split_points_of_a_baseline_are_those_of_its_predictions():
    scores = np.random.default_rng(1).beta(2, 5, 20_000).round(6)
    columns = {"age": [*range(20_000)], "city": ["a"] * 20_000}
    baseline = fit_baseline(RecordBatch.from_columns(SCHEMA, columns, scores))
    binning = binary_binning_of(baseline, decision_threshold=0.35)
    assert 0.35 in binning.scores.points
    counts = np.bincount(binning.scores.groups[binning.scores.cells_of(scores)])
    assert np.abs(counts - 2_000).max() <= 20
    assert np.bincount(binning.scores.cells_of(scores)).max() <= 60


def test_a_baseline_without_predictions_has_no_split_points():
    baseline = fit_baseline(RecordBatch.from_columns(SCHEMA, {"age": [1, 2], "city": ["a", "b"]}))
    with pytest.raises(InputError, match="name the column of the predictions with --prediction"):
        binary_binning_of(baseline)


def test_ages_of_labels_are_counted_by_class_and_group():
    hours = 3600.0
    ages = np.array([6 * hours, 6 * hours + 1, np.nan, 400 * 24 * hours, np.nan])
    outcomes = count_binary(BINNING, SCORES, LABELS, label_ages=ages)
    assert outcomes.label_ages.sum(axis=1).tolist() == [[1] + [0] * 10, [0, 1] + [0] * 8 + [1]]
    numbers = fit_regression_binning(np.arange(5.0))
    counted = count_regression(numbers, np.zeros(5), np.arange(5.0), label_ages=ages)
    assert counted.label_ages.sum(axis=0).tolist() == [1, 1, *[0] * 8, 1]
    classes = fit_multiclass_binning(("a", "b"))
    codes = np.array([0, 1, 1, 0, 1])
    labeled = count_multiclass(classes, codes, codes, label_ages=ages)
    assert labeled.label_ages.sum(axis=1).tolist() == [2, 1]


def test_segments_of_a_baseline_are_its_bins():
    random = np.random.default_rng(0)
    ages = [*random.permutation(np.repeat(np.arange(1, 101), 20)).tolist(), None]
    cities = [*random.permutation(["a"] * 1200 + ["b"] * 790 + ["(others)"] * 10).tolist(), ""]
    batch = RecordBatch.from_columns(SCHEMA, {"age": ages, "city": cities})
    age, city = segment_columns(fit_baseline(batch))
    assert age.labels[:2] == ("<= 10", "(10, 20]")
    assert age.labels[-2:] == ("> 90", MISSING)
    assert np.bincount(age.codes(batch.columns["age"])).tolist() == [200] * 10 + [1]
    assert city.labels == ("a", "b", OTHERS, MISSING)
    assert np.bincount(city.codes(batch.columns["city"])).tolist() == [1200, 790, 10, 1]
    new = RecordBatch.from_columns(SCHEMA, {"age": [5.5], "city": ["z"]})
    assert city.codes(new.columns["city"]).tolist() == [2]


def test_the_levels_of_a_narrow_column_have_different_names():
    values = 1e15 + np.random.default_rng(0).permutation(2000) / 8
    batch = RecordBatch.from_columns(SCHEMA, {"age": values, "city": ["a"] * 2000})
    age = segment_columns(fit_baseline(batch))[0]
    assert len(set(age.labels)) == len(age.labels)


def test_segments_have_the_scores_of_their_rows_alone():
    random = np.random.default_rng(2)
    scores, labels = random.uniform(size=3000), random.integers(0, 2, 3000)
    codes = random.integers(0, 2, 3000)
    binning = fit_binary_binning(scores, decision_threshold=0.37)
    outcomes = count_binary(
        binning, scores, labels, segments={"side": SegmentCodes(codes, ("left", "right"))}
    )
    alone = sums_of(binning, count_binary(binning, scores[codes == 1], labels[codes == 1]))
    found = segment_sums(binning, outcomes, "side", "right")
    assert (found.true_positives, found.false_positives) == (
        alone.true_positives,
        alone.false_positives,
    )
    assert found.total_losses.tolist() == pytest.approx(alone.total_losses.tolist(), rel=1e-12)
    assert found.scores.sum() == pytest.approx(alone.scores.sum(), rel=1e-12)
    with pytest.raises(KeyError):
        segment_sums(binning, outcomes, "side", "middle")


def test_segments_of_the_other_problem_types_have_their_scores():
    random = np.random.default_rng(2)
    segments = {"side": SegmentCodes(random.integers(0, 2, 900), ("left", "right"))}
    is_right = segments["side"].codes == 1
    predicted, actual = random.normal(size=900), random.normal(size=900)
    numbers = fit_regression_binning(actual - predicted)
    counted = count_regression(numbers, predicted, actual, segments=segments)
    alone = count_regression(numbers, predicted[is_right], actual[is_right])
    found = compute_scores(segment_sums(numbers, counted, "side", "right"))
    expected = compute_scores(sums_of(numbers, alone))
    for name in ("rmse", "mae", "bias", "r2"):
        assert found[name] == expected[name]
    for name in ("absolute_error_p50", "absolute_error_p99"):
        distance = not_none(found[name].value) - not_none(expected[name].value)
        assert abs(distance) <= found[name].bound + expected[name].bound
    shares, codes = random.dirichlet(np.ones(3), 900), random.integers(0, 3, 900)
    classes = fit_multiclass_binning(("x", "y", "z"), shares)
    labeled = count_multiclass(classes, codes, probabilities=shares, segments=segments)
    alone_labeled = count_multiclass(classes, codes[is_right], probabilities=shares[is_right])
    found = compute_scores(segment_sums(classes, labeled, "side", "right"))
    expected = compute_scores(sums_of(classes, alone_labeled))
    for name in ("accuracy", "precision", "recall", "f1", "log_loss", "brier"):
        assert found[name] == expected[name]
    assert found["roc_auc"].value is None


def test_levels_merge_by_their_names():
    one = count_binary(
        BINNING,
        SCORES[:2],
        LABELS[:2],
        segments={"sex": SegmentCodes(np.array([0, 1]), ("f", "m"))},
    )
    other = count_binary(
        BINNING,
        SCORES[:2],
        LABELS[:2],
        segments={"sex": SegmentCodes(np.array([0, 1]), ("x", "f"))},
    )
    merged = (one + other).segments["sex"]
    assert merged.levels == ("f", "m", "x")
    assert merged.counts.sum(axis=(1, 2)).tolist() == [2, 1, 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: count_binary(BINNING, SCORES, LABELS[:2]), "labels: 5 rows"),
        (lambda: count_binary(BINNING, SCORES, LABELS + 1), "labels: codes from 0 to 1"),
        (lambda: count_binary(BINNING, SCORES, LABELS, label_ages=np.zeros(2)), "label_ages: 5"),
        (
            lambda: count_binary(
                BINNING, SCORES, LABELS, segments={"c": SegmentCodes(np.zeros(2, int), ("a",))}
            ),
            "c has 2 rows instead of 5",
        ),
        (
            lambda: count_binary(
                BINNING, SCORES, LABELS, segments={"c": SegmentCodes(np.ones(5, int), ("a",))}
            ),
            "c has a code without a label",
        ),
        (
            lambda: count_binary(
                BINNING, SCORES, LABELS, segments={"c": SegmentCodes(np.ones(5, int), ("a", "a"))}
            ),
            "c has two levels of one name",
        ),
        (lambda: fit_multiclass_binning(("a",)), "two names or more"),
        (lambda: fit_multiclass_binning(("a", "a")), "two names or more"),
        (lambda: fit_multiclass_binning(("a", "b"), np.zeros((3, 3))), "a column for each"),
        (
            lambda: count_multiclass(fit_multiclass_binning(("a", "b")), np.array([0])),
            "predicted: give",
        ),
        (
            lambda: count_multiclass(
                fit_multiclass_binning(("a", "b"), np.ones((1, 2))), np.array([0])
            ),
            "probabilities: the split points are of",
        ),
        (
            lambda: count_multiclass(
                fit_multiclass_binning(("a", "b"), np.ones((1, 2))),
                np.array([0]),
                probabilities=np.ones((1, 3)),
            ),
            "probabilities: 1 rows of 2",
        ),
        (lambda: fit_binary_binning(SCORES, decision_threshold=float("nan")), "decision_threshold"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_sums_of_another_binning_are_refused():
    other = fit_binary_binning(np.array([0.4]))
    with pytest.raises(InputError, match="counted on the split points"):
        sums_of(other, count_binary(BINNING, SCORES, LABELS))


def test_sums_of_another_problem_type_are_refused():
    numbers = fit_regression_binning(np.ones(1))
    damaged = replace(count_binary(BINNING, SCORES, LABELS), binning=numbers.fingerprint)
    with pytest.raises(InputError, match="another problem type"):
        sums_of(numbers, damaged)


def test_a_segment_of_another_kind_than_the_column_is_refused():
    values = np.random.default_rng(0).normal(size=500)
    cities = np.random.default_rng(1).choice(["a", "b"], 500)
    batch = RecordBatch.from_columns(SCHEMA, {"age": values, "city": cities})
    age, city = segment_columns(fit_baseline(batch))
    with pytest.raises(InputError, match="age: it is numeric in the baseline or in the records"):
        age.codes(batch.columns["city"])
    assert age.segments(batch.columns["age"]).labels == age.labels
    assert len(city.segments(batch.columns["city"]).codes) == 500


def test_outcomes_say_how_many_records_they_have():
    classes, numbers = fit_multiclass_binning(("a", "b")), fit_regression_binning(np.ones(1))
    codes = np.array([0, UNLABELED])
    assert repr(count_binary(BINNING, SCORES, LABELS)) == (
        "<BinaryOutcomes of 4 records, 3 labeled>"
    )
    assert repr(count_multiclass(classes, codes, np.array([1, 1]))) == (
        "<MulticlassOutcomes of 2 records, 1 labeled>"
    )
    assert repr(count_regression(numbers, np.ones(2), np.array([1.0, np.nan]))) == (
        "<RegressionOutcomes of 2 records, 1 labeled>"
    )


def test_numbers_that_no_moment_can_hold_are_unusable():
    binning = fit_regression_binning(np.ones(1))
    outcomes = count_regression(
        binning, np.array([1.0, np.inf, 1.0, np.nan]), np.array([2.0, 1.0, 1e80, 1.0])
    )
    assert (outcomes.labeled, outcomes.unusable, outcomes.unscored) == (1, 2, 1)


def test_the_logarithm_is_that_of_the_math_library():
    random = np.random.default_rng(0)
    values = np.concatenate(
        [
            random.uniform(size=2_000),
            2.0 ** random.uniform(-52, 0, 2_000),
            1 - 2.0 ** -np.arange(1, 53),
            [1.0, 0.5, 2.0**-52],
        ]
    )
    expected = [math.log(value) for value in values]
    assert natural_log(values) == pytest.approx(expected, rel=4e-16, abs=0)
