import numpy as np
import pytest
from scipy import stats

from driftloop.capture import NumericColumn
from driftloop.metrics.ks import ks, ks_max_error, ks_p_value
from driftloop.metrics.wasserstein import wasserstein
from driftloop.profile.column_pair import CdfPair, pair_columns
from driftloop.profile.numeric.counts import MAX_SCALED_VALUE, count_numeric, zero_numeric
from driftloop.profile.numeric.fit import fit_numeric
from driftloop.profile.numeric.precision import round_to_resolution, rounding_intervals
from tests.narrowing import not_none


def distributions(reference, current, *, split_points=4096) -> CdfPair:
    reference, current = np.asarray(reference, float), np.asarray(current, float)
    binning = fit_numeric(reference, max_split_points=split_points)
    counts = [count_numeric(binning, NumericColumn(values)) for values in (reference, current)]
    pair_cdfs = pair_columns(binning, *counts).cdfs
    assert pair_cdfs is not None
    return pair_cdfs


def six_digits(values):
    return np.array([float(f"{value:.5e}") for value in values])


@pytest.mark.parametrize("seed", range(5))
def test_ks_equals_scipys_to_twelve_digits_if_every_value_is_a_split_point(seed):
    random = np.random.default_rng(seed)
    reference = six_digits(random.normal(size=4000))
    current = six_digits(random.normal(0.1, 1.2, size=2500))
    pair = distributions(reference, current)
    assert ks(pair) == pytest.approx(stats.ks_2samp(reference, current).statistic, abs=1e-12)
    assert ks_max_error(pair) == 0


@pytest.mark.parametrize("seed", range(5))
def test_ks_equals_scipys_on_columns_with_repeated_values(seed):
    random = np.random.default_rng(seed)
    reference, current = random.poisson(3, 5000), random.poisson(3.3, 700) / 1
    expected = stats.ks_2samp(reference, current).statistic
    assert ks(distributions(reference, current)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("split_points", [64, 512, 4096])
def test_ks_with_fewer_split_points_is_within_its_reported_error(split_points):
    random = np.random.default_rng(split_points)
    reference = six_digits(random.lognormal(sigma=0.7, size=30_000))
    current = six_digits(random.lognormal(mean=0.05, sigma=0.7, size=20_000))
    pair = distributions(reference, current, split_points=split_points)
    exact = stats.ks_2samp(reference, current).statistic
    assert ks(pair) <= exact + 1e-12
    assert exact <= not_none(ks(pair)) + ks_max_error(pair) + 1e-12
    assert 0 < ks_max_error(pair) <= 1 / split_points


def test_text_of_float32_is_not_drift_in_a_column_with_repeated_values():
    prices = 1 / np.random.default_rng(1).integers(1, 12, 50_000)
    as_text = np.array([float(str(np.float32(price))) for price in prices])
    as_float32 = prices.astype(np.float32).astype(np.float64)
    assert ks(distributions(prices, as_text)) == 0
    assert ks(distributions(prices, as_float32)) == 0
    assert stats.ks_2samp(prices, as_float32).statistic > 0.05  # as exact comparison has it


NARROW = {
    "seconds since 1970, in integers": lambda random, rows: 1.7e9 + random.integers(0, 1000, rows),
    "the same in fractions": lambda random, rows: 1.7e9 + random.uniform(0, 1000, rows),
    "a thousandth about 100": lambda random, rows: 100 + 1e-3 * random.normal(size=rows),
    "a tenth above 1000": lambda random, rows: 1000 + 0.1 * random.random(rows),
    "zeros, and a narrow rest": lambda random, rows: np.where(
        random.random(rows) < 0.4, 0.0, 1e6 + random.random(rows)
    ),
    "prices of much the same": lambda random, rows: np.round(random.normal(2e4, 50, rows), 2),
    "what float64 itself can hardly hold": lambda random, rows: 1e15 + 10 * random.random(rows),
}


@pytest.mark.parametrize("outliers", [[], [0.5], [1e17], [0.5, 1e17, -1e300]])
@pytest.mark.parametrize("name", NARROW)
def test_a_shift_in_a_narrow_column_is_measured_whatever_its_outliers(name, outliers):
    random = np.random.default_rng(len(name))
    reference = np.append(NARROW[name](random, 9000), outliers)
    current = NARROW[name](random, 1000)
    spread = np.subtract(*np.quantile(current[current > 0], [0.75, 0.25]))
    for shift in (0.0, spread / 4, 3 * spread):
        shifted = np.where(current == 0, 0, current + shift)
        pair = distributions(reference, shifted)
        exact = stats.ks_2samp(reference, shifted, method="asymp").statistic
        assert abs(ks(pair) - exact) <= ks_max_error(pair) + 1e-12
        assert ks_max_error(pair) <= 0.12 if "hardly" in name else 1e-3


def test_the_share_of_a_merged_split_point_is_the_error_of_ks():
    # hand computation: 3 of 10 values are 100000 in six digits, too few for a finer resolution
    reference = np.array([100000.1, 100000.2, 100000.3, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5])
    pair = distributions(reference, reference)
    assert ks_max_error(pair) == 0.3


@pytest.mark.parametrize("reference", [5e-297 + 1e-303 * np.arange(900.0), np.full(900, 1e308)])
def test_values_that_can_not_be_rounded_more_finely_end_the_search_for_a_resolution(reference):
    assert ks(distributions(reference, reference)) == 0


def test_numbers_changed_by_float32_or_an_addition_are_one_value():
    prices = 1 / np.random.default_rng(1).integers(1, 12, 50_000)
    forms = [prices, prices.astype(np.float32).astype(float), prices + 0.1 - 0.1]
    pair = distributions(np.concatenate(forms), forms[1])
    assert not_none(ks(pair)) < 0.02
    assert ks_max_error(pair) == 0


def test_integers_are_compared_exactly_however_large():
    numbers = 10.0**9 + np.arange(3000)
    assert ks(distributions(numbers, numbers + 1)) == pytest.approx(1 / 3000, abs=1e-12)


def test_the_p_value_equals_scipys_asymptotic_one_at_large_samples():
    # scipy.special.kolmogorov(sqrt(1e5) * 0.006), Stephens' terms vanish there
    expected = stats.kstwobign.sf(0.006 * np.sqrt(1e5))
    assert ks_p_value(0.006, 200_000, 200_000) == pytest.approx(expected, rel=0.01)


def test_the_p_value_is_near_scipys_exact_one_at_small_samples():
    random = np.random.default_rng(3)
    one, other = random.normal(size=120), random.normal(0.3, 1, size=150)
    exact = stats.ks_2samp(one, other, method="exact")
    assert ks_p_value(exact.statistic, 120, 150) == pytest.approx(exact.pvalue, rel=0.2)


def test_wasserstein_equals_scipys_divided_by_the_references_standard_deviation():
    random = np.random.default_rng(4)
    reference, current = random.normal(size=50_000), random.normal(0.2, 1.1, size=40_000)
    expected = stats.wasserstein_distance(reference, current) / reference.std()
    assert wasserstein(distributions(reference, current)) == pytest.approx(expected, abs=2e-4)


def test_wasserstein_is_exact_on_few_values():
    # hand computation: half of the mass moves by 2; the reference's deviation is 1
    assert wasserstein(distributions([0, 2] * 50, [2] * 100)) == pytest.approx(1.0, abs=1e-3)


def test_mean_and_standard_deviation_equal_those_of_the_values():
    values = np.random.default_rng(5).normal(40, 3, size=10_000)
    binning = fit_numeric(values, max_split_points=4096)
    counts = count_numeric(binning, NumericColumn(values))
    assert counts.mean(binning) == pytest.approx(values.mean(), abs=1e-5)
    assert counts.std(binning) == pytest.approx(values.std(), abs=1e-4)


def test_one_outlier_moves_the_mean_by_its_clipped_value_at_most_and_hides_no_shift():
    random = np.random.default_rng(6)
    reference, current = random.normal(size=10_000), random.normal(1.2, 1, size=10_000)
    with_outlier = np.append(current, 1e9)
    binning = fit_numeric(reference, max_split_points=4096)
    counts = count_numeric(binning, NumericColumn(with_outlier))
    assert abs(
        not_none(counts.mean(binning)) - 1.2
    ) < 0.05 + MAX_SCALED_VALUE * binning.scale / len(with_outlier)
    expected = stats.ks_2samp(reference, current).statistic
    assert ks(distributions(np.append(reference, 1e9), current)) == pytest.approx(
        expected, abs=1e-3
    )


def test_missing_invalid_and_infinite_values_are_counted_separately():
    binning = fit_numeric(np.arange(100.0), max_split_points=4096)
    values = np.array([1.0, np.nan, np.nan, np.inf, -np.inf, 5.0])
    invalid = np.array([False, True, False, False, False, False])
    counts = count_numeric(binning, NumericColumn(values, invalid))
    pair_cdfs = (counts.rows, counts.missing, counts.invalid, counts.infinite, counts.present)
    assert pair_cdfs == (6, 1, 1, 2, 4)
    assert (counts.minimum, counts.maximum) == (1.0, 5.0)
    assert int(counts.counts_at.sum() + counts.counts_between.sum()) == 4


@pytest.mark.parametrize(
    "values",
    [[], [np.nan], [7.0], [7.0] * 50, [np.inf, -np.inf], [1e308, -1e308], [5e-324, 0.0, 1.0]],
)
def test_any_column_gives_a_binning_that_counts_each_of_its_values_once(values):
    column = NumericColumn(np.array(values, dtype=float))
    binning = fit_numeric(column.values, max_split_points=16)
    counts = count_numeric(binning, column)
    assert int(counts.counts_at.sum() + counts.counts_between.sum()) == counts.present
    assert np.all(binning.split_points[1:] > binning.split_points[:-1])
    assert (zero_numeric(binning) + counts).total == counts.total


def test_rounding_to_six_significant_digits_equals_pythons_formatting():
    random = np.random.default_rng(7)
    values = random.normal(size=3000) * 10.0 ** random.integers(-30, 30, 3000)
    assert round_to_resolution(values) == pytest.approx(six_digits(values), rel=1e-12)


def test_a_value_is_in_the_interval_of_its_rounded_value():
    random = np.random.default_rng(8)
    values = random.normal(size=5000) * 10.0 ** random.integers(-5, 9, 5000)
    split_points = np.unique(round_to_resolution(values))
    low, high = rounding_intervals(split_points)
    position = np.searchsorted(split_points, round_to_resolution(values))
    assert np.all((low[position] <= values) & (values < high[position]))
    assert np.all(low[1:] >= high[:-1])


def test_the_ends_of_a_widened_range_are_split_points():
    binning = fit_numeric(np.random.default_rng(9).uniform(0, 100, 20_000), max_split_points=64)
    low, high = not_none(binning.widened_range(0.5))
    assert (low, high) == pytest.approx((-50, 150), abs=0.5)
    assert {low, high} <= set(binning.split_points.tolist())
