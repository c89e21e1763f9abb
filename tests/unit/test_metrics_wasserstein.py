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
    x = [0.0, 1.0, 3.0, 5.0]
    reference, current = [0.0, 0.5, 0.6, 1.0], [0.0, 0.2, 0.7, 1.0]
    split_points, old, new = (np.array(side[1:3]) for side in (x, reference, current))
    pair = CdfPair(split_points, old, old, new, new, 0.0, 5.0, 2.0, 100, 100)

    def difference(at: float) -> float:
        return float(abs(np.interp(at, x, reference) - np.interp(at, x, current)))

    expected = quad(difference, 0, 5, points=[1, 2.5, 3])[0] / 2.0
    assert wasserstein(pair) == pytest.approx(expected)


def test_a_distance_that_is_not_finite_is_none():
    half = np.array([0.5])
    pair = CdfPair(np.array([0.0]), half, half, half / 2, half / 2, -1e308, 1e308, 1e-300, 9, 9)
    assert wasserstein(pair) is None
