"""The Kolmogorov-Smirnov distance and its p-value, against scipy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driftloop.capture import NumericColumn
from driftloop.metrics.ks import ks, ks_max_error, ks_p_value
from driftloop.profile.column_pair import CdfPair, pair_columns
from driftloop.profile.numeric.counts import count_numeric
from driftloop.profile.numeric.fit import fit_numeric
from tests.narrowing import not_none

values = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=80)
sizes = st.integers(20, 3000)


@settings(deadline=None)
@given(values, values)
def test_the_distance_is_scipys_where_every_value_of_the_reference_is_a_split_point(
    reference, current
):
    binning = fit_numeric(np.array(reference), max_split_points=512)
    sides = [count_numeric(binning, NumericColumn(np.array(x))) for x in (reference, current)]
    pair = not_none(pair_columns(binning, *sides).cdfs)
    with np.errstate(divide="ignore"):  # in the p-value of one value a side, which is not compared
        expected = stats.ks_2samp(reference, current, method="asymp").statistic
    assert ks(pair) == pytest.approx(expected, abs=1e-12)
    assert ks_max_error(pair) == 0


@pytest.mark.parametrize(
    ("left", "at", "tie_tolerance", "expected"),
    [
        ([0.1, 0.6], [0.2, 0.7], 0.0, 0.4),  # between both split points
        ([0.5, 0.6], [0.5, 0.7], 0.0, 0.5),  # below the first
        ([0.1, 0.3], [0.2, 0.4], 0.0, 0.6),  # above the last
        ([0.1, 0.6], [0.2, 0.7], 0.45, 0.45),  # at a split point that stands for several values
        ([0.0, 0.5 + 4e-16], [0.5, 1.0], 0.0, 0.0),  # rounding of sums of shares
    ],
)
def test_the_error_is_the_largest_mass_of_the_reference_whose_place_is_not_known(
    left, at, tie_tolerance, expected
):
    left, at = np.array(left), np.array(at)
    points = np.array([1.0, 2.0])
    pair = CdfPair(points, left, at, left, at, 0.0, 3.0, 1.0, 10, 10, tie_tolerance)
    assert ks_max_error(pair) == pytest.approx(expected, rel=1e-12, abs=0)


@settings(deadline=None)
@given(sizes, sizes, st.floats(0, 1))
def test_the_p_value_is_scipys_limiting_distribution_at_stephens_argument(n, m, distance):
    root = (n * m / (n + m)) ** 0.5
    expected = stats.kstwobign.sf(distance * (root + 0.12 + 0.11 / root))
    assert ks_p_value(distance, n, m) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(("n", "m"), [(100, 100), (300, 1000), (100, 1500), (1000, 1000)])
def test_the_p_value_is_within_a_quarter_of_the_exact_one_without_ties(n, m):
    random = np.random.default_rng([n, m])
    std = (1 / n + 1 / m) ** 0.5
    for shift in np.linspace(0, 5, 30) * std:
        test = stats.ks_2samp(random.normal(size=n), random.normal(shift, 1, m), method="exact")
        if test.pvalue > 1e-8:
            assert ks_p_value(test.statistic, n, m) == pytest.approx(test.pvalue, rel=0.25)


tied = st.lists(st.integers(0, 4), min_size=100, max_size=300)


@settings(deadline=None)
@given(tied, tied)
def test_the_p_value_of_tied_values_is_near_scipys_asymptotic_one(reference, current):
    expected = stats.ks_2samp(reference, current, method="asymp")
    found = ks_p_value(expected.statistic, len(reference), len(current))
    if expected.pvalue > 1e-8:
        assert found == pytest.approx(expected.pvalue, rel=0.1)


def test_equal_samples_have_a_p_value_of_one():
    assert ks_p_value(0.0, 100, 100) == 1.0


def test_dependent_records_count_as_fewer():
    assert ks_p_value(0.2, 1000 / 8, 1000 / 8) > ks_p_value(0.2, 1000, 1000)
