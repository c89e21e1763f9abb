"""The mean shift that a Kolmogorov-Smirnov distance stands for."""

import pytest
from scipy import stats

from driftloop.metrics.mean_shift import mean_shift


def test_a_mean_shift_comes_back_from_its_own_ks_distance():
    distance = 2 * stats.norm.cdf(0.3 / 2) - 1
    assert mean_shift(distance, 10**6, 10**6) == pytest.approx(0.3)


@pytest.mark.parametrize(("n", "m"), [(100, 400), (400, 100)])
def test_the_largest_distance_is_read_as_half_a_record_less_on_the_smaller_side(n, m):
    expected = 2 * stats.norm.ppf((1 + 1 - 0.5 / 100) / 2)
    assert mean_shift(1.0, n, m) == pytest.approx(expected)
    assert mean_shift(1 - 0.4 / 100, n, m) == pytest.approx(expected)
    assert mean_shift(1 - 0.6 / 100, n, m) < expected


def test_no_distance_is_no_shift():
    assert mean_shift(0.0, 100, 100) == 0.0
