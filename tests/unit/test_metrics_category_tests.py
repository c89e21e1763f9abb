"""The hypergeometric test of single categories, against scipy's distribution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driftloop.metrics.category_tests import category_p_values
from driftloop.profile.column_pair import BinnedCounts


def bins(reference, current) -> BinnedCounts:
    return BinnedCounts(np.array(reference, dtype=np.int64), np.array(current, dtype=np.int64))


def test_a_new_or_disappeared_category_has_its_exact_probability_times_two_times_the_categories():
    found = category_p_values(bins([600, 400, 0, 12], [60, 37, 3, 0]))
    n, m, categories = 1012, 100, 4
    new = stats.hypergeom.sf(2, n + m, 3, m) * 2 * categories
    disappeared = stats.hypergeom.sf(11, n + m, 12, n) * 2 * categories
    assert found == pytest.approx([1, 1, new, min(1, disappeared)], rel=1e-9)


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(2, 3000), st.integers(2, 3000))
def test_the_bound_never_understates_the_exact_p_value(reference, current, n, m):
    n, m = max(n, reference + 1), max(m, current + 1)
    found = category_p_values(bins([reference, n - reference], [current, m - current]))[0]
    exact = stats.hypergeom(n + m, reference + current, m)
    tail = min(exact.sf(current - 1), exact.cdf(current))
    assert found >= min(1.0, tail * 2 * 2) * (1 - 1e-9)


def test_a_category_of_both_sides_has_the_smaller_of_both_bounds_by_scipys_entropy():
    n, m, count, on_current = 1000, 200, 90, 30
    found = category_p_values(bins([60, 940], [30, 170]))[0]
    by_category = count * divergence(on_current / count, m / (n + m))
    by_window = m * divergence(on_current / m, count / (n + m))
    assert found == pytest.approx(np.exp(-max(by_category, by_window)) * 2 * 2)


def divergence(share: float, expected: float) -> float:
    return float(stats.entropy([share, 1 - share], [expected, 1 - expected]))


def test_dependent_records_count_as_all_counts_divided_by_the_design_effect():
    reference, current = np.array([600, 390, 10, 0]), np.array([60, 20, 17, 3])
    found = category_p_values(bins(8 * reference, 8 * current), 8.0)
    assert found.min() < 0.01
    assert found == pytest.approx(category_p_values(bins(reference, current)))


def test_many_rare_categories_that_come_and_go_are_no_drift():
    random = np.random.default_rng(2)
    reference, current = (np.bincount(random.zipf(1.6, 3000) % 9000, minlength=9000) for _ in "ab")
    assert category_p_values(bins(reference, current)).min() > 0.05


def test_a_side_without_records_has_p_values_of_one():
    assert category_p_values(bins([5, 5], [0, 0])).tolist() == [1.0, 1.0]
