"""The mean shift that a Kolmogorov-Smirnov distance stands for."""

import math

import pytest
from scipy import stats

from driftloop.metrics.mean_shift import mean_shift


def test_a_mean_shift_comes_back_from_its_own_ks_distance():
    distance = 2 * stats.norm.cdf(0.3 / 2) - 1
    assert mean_shift(distance, 10**6, 10**6) == pytest.approx(0.3)


def test_the_largest_distance_is_a_finite_shift():
    assert math.isfinite(mean_shift(1.0, 100, 100))
