"""Cohen's w of two samples: near a mean shift in standard deviations, near zero without drift."""

import numpy as np
import pytest
from scipy import stats

from driftloop.metrics.cohens_w import MIN_DENSE_EXPECTED, cohens_w, expected_by_chance
from driftloop.profile.column_pair import BinnedCounts
from tests.narrowing import not_none


def bins(reference, current) -> BinnedCounts:
    return BinnedCounts(np.array(reference, dtype=np.int64), np.array(current, dtype=np.int64))


def test_w_of_a_mean_shift_is_near_it():
    edges = stats.norm.ppf(np.arange(1, 10) / 10)
    shares = np.diff(np.concatenate([[0], stats.norm.cdf(edges - 0.3), [1]]))
    found = cohens_w(bins([10**6] * 10, (shares * 10**7).astype(int)))
    assert found == pytest.approx(0.3, abs=0.03)


def test_w_without_drift_is_mostly_zero():
    random = np.random.default_rng(3)
    effects = [
        not_none(cohens_w(bins(*random.multinomial(500, [0.1] * 10, 2)))) for _ in range(200)
    ]
    assert np.median(effects) < 0.05


@pytest.mark.parametrize("design_effect", [1.0, 4.0])
def test_w_by_its_formula(design_effect):
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.4, 0.2])
    raw = ((p - q) ** 2 / ((p + q) / 2)).sum()
    chance = 2 * (1 / 1000 + 1 / 500) * design_effect  # (b - 1)(1/n + 1/m)
    found = cohens_w(bins(1000 * p, 500 * q), design_effect)
    assert found == pytest.approx(np.sqrt(raw - chance))


def test_a_bin_that_is_empty_on_both_sides_changes_nothing():
    assert cohens_w(bins([500, 0, 500], [300, 0, 200])) == cohens_w(bins([500, 500], [300, 200]))


@pytest.mark.parametrize(("n", "m"), [(1000, 200), (150, 3000)])
def test_the_expectation_of_a_sparse_bin_is_the_mean_over_scipys_binomial_distribution(n, m):
    counts = [1, 2, 2, 15]
    expected = sum(binomial_mean(count, n, m) for count in counts)
    assert expected_by_chance(np.array(counts, dtype=float), n, m) == pytest.approx(expected)


def binomial_mean(count: int, n: int, m: int) -> float:
    """The mean of (p - q)^2 / ((p + q) / 2) where ``count`` records fall on either side."""
    on_current = np.arange(count + 1)
    p, q = (count - on_current) / n, on_current / m
    mass = stats.binom.pmf(on_current, count, m / (n + m))
    return float((mass * (p - q) ** 2 / ((p + q) / 2)).sum())


def test_bins_of_one_record_count_with_what_they_are_expected_to_add():
    n, m = 1000, 500
    found = cohens_w(bins([500, 499, 1, 0], [200, 299, 0, 1]))
    raw = 0.1**2 / 0.45 + 0.099**2 / 0.5485 + 2 / n + 2 / m
    dense = sum(1 - count / (n + m) for count in (700, 798)) * (1 / n + 1 / m)
    chance = dense + 2 * binomial_mean(1, n, m)
    assert found == pytest.approx(np.sqrt(raw - chance))


def test_dependent_bins_of_one_record_count_as_one_record():
    found = cohens_w(bins([5000, 4990, 10, 0], [4000, 5990, 0, 10]), 20.0)
    raw = 0.1**2 / 0.45 + 0.1**2 / 0.549 + 2 * (2 / 1000)
    # all counts divided by 20, with 10 / 20 of the last two as one record
    dense = sum(1 - count / 1000 for count in (450, 549)) * (2 / 500)
    assert found == pytest.approx(np.sqrt(raw - dense - 2 * binomial_mean(1, 500, 500)))


def test_a_bin_is_dense_from_twenty_expected_records_on_the_smaller_side():
    n, m = 400, 100
    at_limit = MIN_DENSE_EXPECTED * (n + m) / m
    dense = (1 - at_limit / (n + m)) * (1 / n + 1 / m)
    assert expected_by_chance(np.array([at_limit]), n, m) == pytest.approx(dense, rel=1e-12)
    sparse = expected_by_chance(np.array([at_limit - 1]), n, m)
    short = (1 - (at_limit - 1) / (n + m)) * (1 / n + 1 / m)
    # no finite population here, so that one bin has all of (1/n + 1/m), to 2%
    assert sparse != pytest.approx(short, rel=1e-3)
    assert sparse == pytest.approx(1 / n + 1 / m, rel=0.02)
