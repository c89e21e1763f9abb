"""Single values of numeric columns, held to scipy's hypergeometric distribution."""

import numpy as np
import pytest
from scipy.stats import hypergeom

from driftloop.metrics.category_tests import category_p_values
from driftloop.metrics.spikes import MIN_COUNT, frequent_values

RANDOM = np.random.default_rng(3)


def test_a_new_value_has_the_exact_p_value():
    reference = RANDOM.normal(size=2000)
    current = np.append(RANDOM.normal(size=985), np.full(15, -999.0))
    found = frequent_values(reference, current)
    assert found.values.tolist() == [-999]
    assert found.bins.reference.tolist() == [0, 2000]
    assert found.bins.current.tolist() == [15, 985]
    # two-sided, and of two categories: the value, and all others
    expected = 4 * hypergeom.pmf(15, 3000, 15, 1000)
    assert category_p_values(found.bins)[0] == pytest.approx(expected, rel=1e-9)


def test_values_that_are_rare_on_both_sides_are_not_counted_by_themselves():
    current = np.append(RANDOM.normal(size=500), np.full(MIN_COUNT - 1, 7.0))
    found = frequent_values(RANDOM.normal(size=500), current)
    assert found.values.tolist() == []
    assert found.bins.current.tolist() == [504]


def test_without_a_change_p_values_are_rarely_small():
    values = np.arange(50.0)
    windows = [(RANDOM.choice(values, 2000), RANDOM.choice(values, 700)) for _ in range(200)]
    smallest = [category_p_values(frequent_values(*window).bins).min() for window in windows]
    assert np.mean(np.array(smallest) < 0.05) <= 0.05
