"""Benjamini-Hochberg is scipy's; the weighted procedure is held to its own definition."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from driftloop.detection.benjamini_hochberg import cutoff, q_values, weighted_p_value, weights

probabilities = st.one_of(st.sampled_from([0.0, 1.0, 0.5, 0.01, 0.01 / 3, 5e-324]), st.floats(0, 1))
rates = st.sampled_from([0.001, 0.01, 0.05, 0.5])
families = st.lists(probabilities, min_size=1, max_size=60)


@settings(deadline=None)
@given(families)
def test_q_values_are_scipys(p_values):
    assert q_values(p_values) == pytest.approx(false_discovery_control(p_values, method="bh"))


@settings(deadline=None)
@given(probabilities, st.integers(1, 40))
def test_q_values_of_equal_p_values_are_the_p_value(p_value, count):
    assert q_values([p_value] * count) == pytest.approx([p_value] * count)


@settings(deadline=None)
@given(probabilities)
def test_the_q_value_of_one_test_is_its_p_value(p_value):
    assert q_values([p_value]) == [p_value]


def test_no_test_has_no_q_value():
    assert q_values([]) == []
    assert cutoff([], 0.01) == 0.0


@settings(deadline=None)
@given(families, rates)
def test_the_cutoff_rejects_what_scipys_q_values_reject(p_values, rate):
    rejected = false_discovery_control(p_values, method="bh") <= rate
    limit = cutoff(p_values, rate)
    count = max(int(rejected.sum()), 1)
    assert limit == pytest.approx(count * rate / len(p_values))
    assert [p <= limit * (1 + 1e-12) for p in p_values] == rejected.tolist()


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), max_size=30))
def test_weights_have_a_mean_of_one(importances):
    found = weights(importances)
    assert len(found) == len(importances)
    if found:
        assert np.mean(found) == pytest.approx(1.0)


@settings(deadline=None)
@given(probabilities, st.floats(0, 20), rates)
def test_no_weight_makes_a_discovery_of_a_p_value_above_the_rate(p_value, weight, rate):
    found = weighted_p_value(p_value, weight, rate)
    if p_value > rate:
        assert found > rate
    if not weight:
        assert found == math.inf
    elif p_value <= rate:
        assert found == p_value / weight


def test_a_hypothesis_of_weight_zero_has_a_q_value_of_one():
    assert q_values([0.001, weighted_p_value(0.001, 0.0, 0.01)]) == [0.002, 1.0]


def test_a_p_value_of_exactly_the_rate_is_lowered_by_its_weight():
    assert weighted_p_value(0.01, 2.0, 0.01) == 0.005
    assert weighted_p_value(0.0101, 2.0, 0.01) == 0.0101
