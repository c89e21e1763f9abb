"""Design effects: what k copies of every record say is what the records once over say."""

import numpy as np
import pytest
from scipy import stats

from driftloop.metrics.category_tests import category_p_values
from driftloop.metrics.chi_square import chi_square_test
from driftloop.metrics.cohens_w import cohens_w
from driftloop.metrics.correlation_change import correlation_change
from driftloop.metrics.fisher import fisher_exact
from driftloop.metrics.ks import ks_p_value
from driftloop.profile.column_pair import BinnedCounts, MissingCounts
from tests.narrowing import not_none

OLD, NEW = np.array([300, 250, 150, 12, 0]), np.array([80, 90, 25, 0, 6])
ONCE, COPIES = BinnedCounts(OLD, NEW), BinnedCounts(7 * OLD, 7 * NEW)


def test_chi_square_is_divided_by_the_design_effect():
    old, new = np.array([900, 750, 450]), np.array([240, 270, 75])
    expected = stats.chi2_contingency([old, new], correction=False)
    found = not_none(chi_square_test(BinnedCounts(old, new), 3.0))
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(stats.chi2.sf(expected.statistic / 3, 2))


def test_copies_of_records_add_nothing_to_tests_on_bins():
    found, once = category_p_values(COPIES, 7.0), category_p_values(ONCE)
    assert found == pytest.approx(once)
    assert cohens_w(COPIES, 7.0) == pytest.approx(cohens_w(ONCE))


def test_copies_of_records_add_nothing_to_the_test_of_missing_values():
    found = fisher_exact(MissingCounts(70, 7000, 35, 1400), 7.0)
    assert found == pytest.approx(stats.fisher_exact([[10, 990], [5, 195]]).pvalue, rel=1e-6)
    assert fisher_exact(MissingCounts(1, 10, 1, 10), 1000.0) == 1.0  # nothing is left to count


def test_kolmogorov_smirnov_takes_as_many_records_as_are_independent():
    # Stephens' correction of the limiting distribution, by scipy's
    size = 1000 * 200 / 1200
    expected = stats.kstwobign.sf(0.15 * (np.sqrt(size) + 0.12 + 0.11 / np.sqrt(size)))
    assert ks_p_value(0.15, 10_000 / 10, 2000 / 10) == pytest.approx(expected)


def test_copies_of_records_add_nothing_to_the_test_of_correlations():
    random = np.random.default_rng(1)
    old, new = random.normal(size=(800, 3)), random.normal(size=(800, 3))
    new[:, 1] += 0.15 * new[:, 0]
    once = not_none(correlation_change(old, new))
    copies = np.repeat(old, 2, axis=0), np.repeat(new, 2, axis=0)
    found = not_none(correlation_change(*copies, np.array([2.0, 1.0, 1.0])))
    assert (found.first, found.second) == (once.first, once.second) == (0, 1)
    assert found.p_value == pytest.approx(once.p_value, rel=0.01)
    assert not_none(correlation_change(*copies)).p_value < once.p_value / 5
