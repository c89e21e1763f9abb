import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from driftloop.metrics.category_tests import category_p_values
from driftloop.metrics.chi_square import chi_square_test
from driftloop.metrics.cohens_h import missing_cohens_h
from driftloop.metrics.cohens_w import cohens_w
from driftloop.metrics.fisher import fisher_exact
from driftloop.metrics.hellinger import hellinger
from driftloop.metrics.jensen_shannon import jensen_shannon
from driftloop.metrics.l_infinity import l_infinity
from driftloop.metrics.mean_shift import mean_shift
from driftloop.metrics.psi import psi, psi_corrected
from driftloop.profile.column_pair import BinnedCounts, MissingCounts


def bins(reference, current) -> BinnedCounts:
    return BinnedCounts(np.array(reference, dtype=np.int64), np.array(current, dtype=np.int64))


def test_psi_by_hand():
    # (0.2 - 0.5) ln(0.2 / 0.5) + (0.8 - 0.5) ln(0.8 / 0.5) = 0.41589
    assert psi(bins([50, 50], [20, 80])) == pytest.approx(0.415888, abs=1e-6)


def test_an_empty_bin_counts_as_half_a_record():
    expected = (0.005 - 0.5) * math.log(0.005 / 0.5) + (1 - 0.5) * math.log(1 / 0.5)
    assert psi(bins([50, 50], [0, 100])) == pytest.approx(expected)


def test_corrected_psi_averages_near_nothing_without_drift_where_the_raw_one_does_not():
    random = np.random.default_rng(1)
    pairs = [bins(*random.multinomial(200, [0.1] * 10, 2)) for _ in range(400)]
    assert np.mean([psi(pair) for pair in pairs]) == pytest.approx(9 * (2 / 200), rel=0.1)
    assert np.median([psi_corrected(pair) for pair in pairs]) < 0.01


def test_jensen_shannon_is_scipys_distance_to_base_two():
    expected = jensenshannon([10, 20, 70, 0], [30, 20, 0, 50], base=2)
    assert jensen_shannon(bins([10, 20, 70, 0], [30, 20, 0, 50])) == pytest.approx(expected)


def test_hellinger_by_its_other_formula():
    p, q = np.array([0.1, 0.2, 0.7]), np.array([0.3, 0.3, 0.4])
    expected = math.sqrt(1 - np.sqrt(p * q).sum())
    assert hellinger(bins([10, 20, 70], [30, 30, 40])) == pytest.approx(expected)


def test_l_infinity_by_hand():
    assert l_infinity(bins([10, 20, 70], [60, 60, 80])) == pytest.approx(0.3)


def test_chi_square_is_scipys_on_the_two_by_b_table():
    expected = stats.chi2_contingency([[90, 60, 30], [40, 50, 60]], correction=False)
    test = chi_square_test(bins([90, 60, 30], [40, 50, 60]))
    assert test.statistic == pytest.approx(expected.statistic)
    assert test.dof == expected.dof
    assert test.p_value == pytest.approx(expected.pvalue)


def test_rare_levels_are_pooled_by_their_counts_on_both_sides_together():
    # 20 records are expected of 61.7 or more; 30 and 30 go together, 45 is left and joins them
    expected = stats.chi2_contingency([[300, 200, 105], [100, 100, 0]], correction=False)
    found = chi_square_test(bins([300, 200, 30, 30, 45], [100, 100, 0, 0, 0]))
    assert found.dof == 2
    assert found.p_value == pytest.approx(expected.pvalue)


@pytest.mark.parametrize(
    "table",
    [(3, 100, 9, 120), (0, 50, 8, 50), (10, 10, 0, 12), (700, 100_000, 25, 1000), (5, 9, 5, 9)],
)
def test_fisher_is_scipys(table):
    a, n, b, m = table
    expected = stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue
    assert fisher_exact(MissingCounts(a, n, b, m)) == pytest.approx(expected, rel=1e-6)


def test_fisher_of_a_million_is_scipys_too():
    a, n, b, m = 500_000, 1_000_000, 501_000, 1_000_000
    expected = stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue
    assert fisher_exact(MissingCounts(a, n, b, m)) == pytest.approx(expected, rel=1e-5)


def test_fisher_of_no_missing_value_says_nothing():
    assert fisher_exact(MissingCounts(0, 10, 0, 20)) == 1.0
    assert fisher_exact(MissingCounts(0, 10, 0, 0)) is None


def test_an_absent_level_has_the_hypergeometric_probability_times_two_times_the_levels():
    found = category_p_values(bins([600, 400, 0, 12], [60, 37, 3, 0]))
    n, m, categories = 1012, 100, 4
    new = stats.hypergeom.sf(2, n + m, 3, m) * 2 * categories
    gone = stats.hypergeom.sf(11, n + m, 12, n) * 2 * categories
    assert found == pytest.approx([1, 1, new, min(1, gone)], rel=1e-9)


def test_many_rare_levels_that_come_and_go_are_no_drift():
    random = np.random.default_rng(2)
    reference, current = (np.bincount(random.zipf(1.6, 3000) % 9000, minlength=9000) for _ in "ab")
    assert category_p_values(bins(reference, current)).min() > 0.05


def test_cohens_h_by_his_table():
    # Cohen (1988), table 6.2.2: phi(.50) = 1.571, phi(.40) = 1.369
    assert missing_cohens_h(MissingCounts(40, 100, 50, 100)) == pytest.approx(
        1.571 - 1.369, abs=1e-3
    )


def test_a_mean_shift_comes_back_from_its_own_ks_distance():
    distance = 2 * stats.norm.cdf(0.3 / 2) - 1
    assert mean_shift(distance, 10**6, 10**6) == pytest.approx(0.3)
    assert math.isfinite(mean_shift(1.0, 100, 100))


def test_the_share_effect_of_a_mean_shift_is_near_it():
    edges = stats.norm.ppf(np.arange(1, 10) / 10)
    shares = np.diff(np.concatenate([[0], stats.norm.cdf(edges - 0.3), [1]]))
    found = cohens_w(bins([10**6] * 10, (shares * 10**7).astype(int)))
    assert found == pytest.approx(0.3, abs=0.03)


def test_the_share_effect_of_noise_is_mostly_nothing():
    random = np.random.default_rng(3)
    effects = [cohens_w(bins(*random.multinomial(500, [0.1] * 10, 2))) for _ in range(200)]
    assert np.median(effects) < 0.05
