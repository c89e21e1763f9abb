"""Importance in verdicts: more of the error rate for what matters, and none for what does not."""

import numpy as np
import pytest
from scipy import stats

from driftloop.comparison import CategoryChange
from driftloop.detection import DriftPolicy
from driftloop.detection.benjamini_hochberg import weighted_p_value, weights
from driftloop.detection.policy import MinEffectSizes
from driftloop.detection.significance import (
    assess_significance,
    assess_single_column,
    relative_effect_size,
)
from tests.unit.comparisons import score


def found(p_values, **feature_weights):
    named = dict(zip("abcdefghij", p_values, strict=False))
    return {
        n: d.is_significant
        for n, d in assess_significance(named, DriftPolicy(feature_weights=feature_weights)).items()
    }


def test_weights_have_a_mean_of_one():
    assert weights([3.0, 1.0, 0.0, 0.0]) == [3.0, 1.0, 0.0, 0.0]
    assert weights([2.0, 2.0]) == [1.0, 1.0]
    assert weights([0.0, 0.0]) == [1.0, 1.0]


def test_without_weights_the_procedure_is_scipys():
    p_values = np.random.default_rng(1).random(8) ** 6
    named = dict(zip("abcdefgh", p_values.tolist(), strict=True))
    expected = stats.false_discovery_control(p_values)
    got = assess_significance(named, DriftPolicy())
    assert [one.q_value for one in got.values()] == pytest.approx(expected)
    assert [one.is_significant for one in got.values()] == (expected <= 0.01).tolist()


def test_a_feature_of_large_weight_needs_less_evidence_and_the_others_need_more():
    first, second = [0.0015, *[0.5] * 9], [0.5, 0.0009, *[0.5] * 8]
    # alone, each is compared with 0.01 / 10; with a feature weight of 4, a has the weight 40/13
    # and that of the others 10/13
    assert (found(first)["a"], found(first, a=4.0)["a"]) == (False, True)
    assert (found(second)["b"], found(second, a=4.0)["b"]) == (True, False)


def test_a_feature_of_weight_zero_never_drifts():
    assert not found([0.0, 0.5], a=0.0)["a"]
    assert found([0.0, 0.5], a=0.0, b=1.0) == {"a": False, "b": False}


def test_no_weight_makes_a_p_value_above_the_rate_significant():
    assert weighted_p_value(0.5, 1000.0, 0.01) == 0.5
    assert not found([0.011, *[0.5] * 9], a=1e6)["a"]


def test_features_of_weight_zero_give_their_part_of_the_rate_to_the_others():
    assert found([0.0055, 0.9], b=0.0)["a"]  # one of two is tested, at 0.01
    assert not found([0.0055, 0.9])["a"]


@pytest.mark.parametrize("feature_weights", [{}, {"a": 5.0, "b": 0.2}, {"i": 8.0, "j": 0.0}])
def test_the_false_discovery_rate_is_held_whatever_the_weights(feature_weights):
    """Genovese, Roeder and Wasserman 2006, theorem 1: at most the rate times the nulls' share of
    the weights. Here a to d have drifted, and the others have not."""
    random, rate, runs = np.random.default_rng(3), 0.2, 4000
    policy = DriftPolicy(false_discovery_rate=rate, feature_weights=feature_weights)
    z = random.normal(size=(runs, 10)) + np.array([3.0] * 4 + [0.0] * 6)
    shares = []
    for p_values in 2 * stats.norm.sf(np.abs(z)):
        named = dict(zip("abcdefghij", p_values.tolist(), strict=True))
        hits = [
            name for name, one in assess_significance(named, policy).items() if one.is_significant
        ]
        shares.append(sum(name in "efghij" for name in hits) / max(len(hits), 1))
    error = 3 * np.std(shares) / np.sqrt(runs)
    assert 0.02 < np.mean(shares) <= rate + error


def test_each_test_of_a_column_is_held_to_a_third_of_the_columns_cutoff():
    # two of four are rejected: 2 x 0.01 / 4, times each weight, over the three tests
    p_values = dict(zip("abcd", (1e-5, 1e-4, 0.5, 0.6), strict=True))
    plain = assess_significance(p_values, DriftPolicy())
    assert [one.p_value_cutoff for one in plain.values()] == pytest.approx([0.005 / 3] * 4)
    weighted = assess_significance(p_values, DriftPolicy(feature_weights={"a": 5.0}))
    # weights 5, 1, 1, 1 over their mean of 2; none may exceed the false discovery rate
    cutoffs = [one.p_value_cutoff for one in weighted.values()]
    assert cutoffs == pytest.approx([0.01 / 3, *[0.0025 / 3] * 3])


def test_one_column_among_others_has_scipys_q_value():
    expected = stats.false_discovery_control([0.001, *[1.0] * 9])[0]
    found = assess_single_column(0.001, 10, DriftPolicy(), 1.0)
    assert found.is_significant
    assert found.q_value == pytest.approx(expected)
    assert found.p_value_cutoff == pytest.approx(0.001 / 3)
    assert not assess_single_column(0.00101, 10, DriftPolicy(), 1.0).is_significant


def test_the_weight_of_one_column_divides_its_p_value_and_multiplies_its_cutoff():
    found = assess_single_column(0.004, 10, DriftPolicy(), 4.0)
    assert found.is_significant
    assert found.q_value == pytest.approx(0.01)
    assert found.p_value_cutoff == pytest.approx(0.004 / 3)
    assert not assess_single_column(0.0, 10, DriftPolicy(), 0.0).is_significant


SIZES = MinEffectSizes(distribution=0.2, share=0.1)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (score(), 0.0),
        (score(p=0.001, effect=0.5), 2.5),
        (score(p=0.00101, effect=0.5), 0.0),
        (score(p=0.001, effect=None), 0.0),
        (score(missing_p=0.001, missing_effect=0.2), 2.0),
        (score(missing_p=0.00101, missing_effect=0.2), 0.0),
        (score(missing_p=0.001, missing_effect=None), 0.0),
        (score(categories=[CategoryChange("new", 0.0, 0.1, 0.3, 0.001)]), 3.0),
        (score(categories=[CategoryChange("more", 0.1, 0.3, 0.3, 0.001)]), 1.5),
        (score(categories=[CategoryChange("new", 0.0, 0.1, 0.3, 0.00101)]), 0.0),
        (score(p=0.001, effect=0.5, missing_p=0.001, missing_effect=0.3), 3.0),
    ],
)
def test_the_relative_effect_size_is_the_largest_significant_one_in_minimum_effect_sizes(
    column, expected
):
    assert relative_effect_size(column, 0.001, SIZES) == pytest.approx(expected)
