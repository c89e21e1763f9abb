"""The Wasserstein-1 distance is scipy's, in standard deviations of the reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import wasserstein_distance

from driftloop.capture import NumericColumn
from driftloop.metrics.wasserstein import wasserstein
from driftloop.profile.column_pair import CdfPair, pair_columns
from driftloop.profile.numeric.counts import count_numeric
from driftloop.profile.numeric.fit import fit_numeric
from tests.narrowing import not_none

values = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=80)


@settings(deadline=None)
@given(values, values)
def test_the_distance_is_scipys_where_every_value_is_a_split_point(reference, current):
    # the reference has every value that the window has, so that both are known everywhere
    reference = np.array([*reference, *current])
    binning = fit_numeric(reference, max_split_points=512)
    sides = [count_numeric(binning, NumericColumn(np.array(x))) for x in (reference, current)]
    found = wasserstein(not_none(pair_columns(binning, *sides).cdfs))
    if reference.std() == 0:
        assert found is None
    else:
        expected = wasserstein_distance(reference, current) / reference.std()
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-9)


def test_between_split_points_both_functions_are_straight_lines():
    """They cross between 1 and 3; scipy integrates the absolute value of their difference."""
    x = [0.0, 0.001, 1.0, 3.0, 4.999, 5.0]
    reference, current = [0.0, 0.01, 0.5, 0.6, 0.99, 1.0], [0.0, 0.01, 0.2, 0.7, 0.99, 1.0]
    split_points, old, new = (np.array(side[1:-1]) for side in (x, reference, current))
    pair = CdfPair(split_points, old, old, new, new, 0.0, 5.0, 2.0, 100, 100)

    def difference(at: float) -> float:
        return float(abs(np.interp(at, x, reference) - np.interp(at, x, current)))

    expected = quad(difference, 0, 5, points=[0.001, 1, 2.5, 3, 4.999])[0] / 2.0
    assert wasserstein(pair) == pytest.approx(expected)


def pair_of(reference, current, max_split_points=4096) -> CdfPair:
    binning = fit_numeric(reference, max_split_points=max_split_points)
    sides = [count_numeric(binning, NumericColumn(side)) for side in (reference, current)]
    return not_none(pair_columns(binning, *sides).cdfs)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.0, 3.0])
def test_it_is_right_in_heavy_tails_or_not_there(sigma):
    random = np.random.default_rng(4)
    for shift in (0.0, 0.1, 0.5):
        reference = random.lognormal(0, sigma, 50_000)
        current = random.lognormal(shift, sigma, 5000)
        found = wasserstein(pair_of(reference, current))
        if found is not None:
            expected = wasserstein_distance(reference, current) / reference.std()
            assert found == pytest.approx(expected, rel=0.1, abs=0.005)


def test_a_number_for_missing_far_away_has_no_figure():
    random = np.random.default_rng(5)
    current = np.append(random.normal(50, 10, 950), np.full(50, -99_999.0))
    assert wasserstein(pair_of(random.normal(50, 10, 20_000), current)) is None


@pytest.mark.parametrize("points", [256, 4096])
def test_without_far_values_it_has_a_figure(points):
    random = np.random.default_rng(6)
    for shift in (0.0, 2.0):
        reference, current = random.normal(50, 10, 20_000), random.normal(50 + shift, 10, 2000)
        found = not_none(wasserstein(pair_of(reference, current, points)))
        expected = wasserstein_distance(reference, current) / 10
        assert found == pytest.approx(expected, rel=0.05, abs=0.003)


def test_a_distance_that_is_not_finite_is_none():
    half = np.array([0.5])
    pair = CdfPair(np.array([0.0]), half, half, half / 2, half / 2, -1e308, 1e308, 1e-300, 9, 9)
    assert wasserstein(pair) is None
