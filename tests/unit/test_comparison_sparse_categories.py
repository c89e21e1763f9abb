"""Levels too rare for a chi-square test: seen where they change, quiet where they don't."""

import numpy as np
import pytest
from scipy import stats

from driftloop.capture import CategoricalColumn, NumericColumn, RecordBatch
from driftloop.comparison import compare_profile, pair_with_reference
from driftloop.detection import DriftPolicy, Verdict, detect_drift
from driftloop.metrics.category_tests import category_p_values
from driftloop.metrics.chi_square import MIN_EXPECTED, chi_square_test
from driftloop.metrics.cohens_w import cohens_w, expected_by_chance
from driftloop.metrics.correlation_change import correlation_change
from driftloop.profile import fit_baseline, profile_batch
from driftloop.profile.column_pair import BinnedCounts
from driftloop.quality import QualityLimits, check_constraints
from driftloop.schema import Feature, Kind, ProblemType, Schema
from tests.narrowing import not_none

CATEGORIES = tuple(f"level {place:04d}" for place in range(6000))


def batch(cells: np.ndarray, kind: Kind = Kind.CATEGORICAL) -> RecordBatch:
    rows = len(cells)
    column = (
        CategoricalColumn(cells.astype(np.int32), CATEGORIES)
        if kind is Kind.CATEGORICAL
        else NumericColumn(cells.astype(np.float64))
    )
    schema = Schema((Feature("x", kind),), "y", ProblemType.REGRESSION)
    return RecordBatch(
        schema,
        {"x": column},
        None,
        ["event"] * rows,
        [None] * rows,
        np.arange(rows, dtype=np.int32),
        np.full(rows, np.nan),
    )


def verdict(before: np.ndarray, now: np.ndarray, kind: Kind = Kind.CATEGORICAL) -> Verdict:
    baseline = fit_baseline(batch(before, kind))
    profile = profile_batch(baseline, batch(now, kind))
    quality = check_constraints(
        baseline, profile, QualityLimits(max_unseen_category_share=1, max_out_of_range_share=1)
    )
    comparison = compare_profile(pair_with_reference(baseline, profile))
    return detect_drift(comparison, quality, DriftPolicy())


def test_the_category_test_bounds_scipys_hypergeometric_tail_and_is_near_it():
    reference, current = np.array([99_000, 900, 100]), np.array([700, 270, 30])
    n, m, categories = 100_000, 1000, 3
    for found, old, now in zip(
        category_p_values(BinnedCounts(reference, current)), reference, current, strict=True
    ):
        count = old + now
        tail = min(
            stats.hypergeom.cdf(now, n + m, count, m), stats.hypergeom.sf(now - 1, n + m, count, m)
        )
        exact = min(1.0, 2 * categories * tail)
        assert exact <= found
        assert np.log(found) == pytest.approx(np.log(exact), rel=0.2)


def test_a_rare_category_that_becomes_nearly_all_is_drift():
    random = np.random.default_rng(1)
    before, now = random.random(100_000) < 1e-4, random.random(300) < 0.95
    assert verdict(before, now).verdict == "drifted"


def test_two_categories_are_tested_exactly():
    before, now = np.repeat([0, 1], [900, 300]), np.repeat([0, 1], [60, 60])
    baseline = fit_baseline(batch(before))
    found = compare_profile(
        pair_with_reference(baseline, profile_batch(baseline, batch(now)))
    ).features["x"]
    expected = stats.fisher_exact([[900, 300], [60, 60]]).pvalue
    assert found.p_values["chi_square"] == pytest.approx(expected, rel=1e-6)


def test_one_of_many_equal_categories_that_takes_all_is_drift():
    before = np.random.default_rng(2).integers(0, 24, 100_000)
    found = verdict(before, np.zeros(100))
    assert found.verdict == "drifted"


def test_a_column_of_thousands_of_categories_that_are_all_new_is_drift():
    random = np.random.default_rng(3)
    before, now = random.integers(0, 3000, 100_000), random.integers(3000, 6000, 10_000)
    assert verdict(before, now).verdict == "drifted"


def test_one_category_of_four_thousand_that_takes_most_is_drift_and_no_minor_change():
    random = np.random.default_rng(4)
    before, now = random.integers(0, 4000, 100_000), random.integers(0, 4000, 1000)
    now[:600] = 7
    assert verdict(before, now).features["x"].status == "drifted"


def test_a_new_value_among_few_numbers_is_drift_as_a_new_category_is():
    random = np.random.default_rng(5)
    before, now = random.integers(1, 6, 100_000), random.integers(1, 6, 5000)
    now[:75] = 9
    found = verdict(before, now, Kind.NUMERIC)
    assert found.features["x"].status == "drifted"
    assert "of the values are not in the reference" in found.reasons[0]


def test_many_equal_categories_without_drift_are_stable_and_have_a_small_effect_size():
    random = np.random.default_rng(6)
    flagged, effects = 0, []
    for _ in range(100):
        before, now = (np.bincount(random.integers(0, 2000, n), minlength=2000)
                       for n in (20_000, 4000))  # fmt: skip
        bins = BinnedCounts(before, now)
        test = chi_square_test(bins)
        flagged += min(test.p_value if test else 1, category_p_values(bins).min()) < 0.01
        effects.append(not_none(cohens_w(bins)))
    assert flagged <= 4
    assert np.quantile(effects, 0.9) < 0.2


def test_the_expectation_by_chance_in_sparse_categories_is_that_of_a_simulation():
    random = np.random.default_rng(7)
    shares = 1 / np.arange(1, 1001) ** 1.1
    old, now = (random.multinomial(n, shares / shares.sum(), 400) for n in (20_000, 500))
    raw, given = [], []
    for before, after in zip(old, now, strict=True):
        counts, p, q = before + after, before / 20_000, after / 500
        there = counts > 0
        raw.append(np.sum((p - q)[there] ** 2 / ((p + q)[there] / 2)))
        given.append(expected_by_chance(counts[there].astype(float), 20_000, 500))
    assert np.mean(given) == pytest.approx(np.mean(raw), rel=0.02)


@pytest.mark.parametrize("categories", [5, 20])
def test_the_chi_square_test_keeps_its_significance_level_at_the_fewest_expected_records(
    categories,
):
    random = np.random.default_rng(8)
    m = MIN_EXPECTED * categories + 10
    before = random.multinomial(100_000, [1 / categories] * categories, 40_000)
    now = random.multinomial(m, [1 / categories] * categories, 40_000)
    p_values = [
        not_none(chi_square_test(BinnedCounts(o, n))).p_value
        for o, n in zip(before, now, strict=True)
    ]
    hits, expected = np.count_nonzero(np.array(p_values) <= 1e-3), 40
    # Poisson: 40 hits are expected, and 65 or more have a probability of 2e-4
    assert hits < stats.poisson.ppf(0.9998, expected)


@pytest.mark.parametrize(("columns", "share", "rows"), [(50, 0.005, 300), (100, 0.12, 300)])
def test_rare_zeros_and_ones_that_are_independent_change_no_correlation(columns, share, rows):
    random = np.random.default_rng(9)
    flagged = 0
    for _ in range(15):
        before, now = ((random.random((n, columns)) < share) * 1.0 for n in (2048, rows))
        found = correlation_change(before, now)
        flagged += found is not None and found.p_value <= 0.001
    assert flagged == 0


def test_a_correlation_of_tenths_that_becomes_strong_is_found():
    random = np.random.default_rng(10)

    def pair(correlation: float, rows: int) -> np.ndarray:
        x = random.normal(size=(rows, 20))
        x[:, 1] = correlation * x[:, 0] + np.sqrt(1 - correlation**2) * x[:, 1]
        return x

    found = [not_none(correlation_change(pair(0.1, 2048), pair(0.5, 1000))) for _ in range(20)]
    assert sum(one.p_value <= 0.001 and (one.first, one.second) == (0, 1) for one in found) == 20
