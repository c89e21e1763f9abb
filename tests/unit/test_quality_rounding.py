"""Payloads that are rounded on their way: a finding, and by itself no drift."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from driftloop.capture import NumericColumn, RecordBatch
from driftloop.comparison.profiles import compare_prepared_column
from driftloop.comparison.reference import ComparedColumn
from driftloop.comparison.rounded_pair import pair_on_rounding_grid
from driftloop.detection import DriftPolicy, detect_in_column
from driftloop.metrics.ks import ks, ks_max_error
from driftloop.profile import fit_baseline, profile_batch
from driftloop.profile.column_pair import pair_columns
from driftloop.profile.numeric.counts import count_numeric
from driftloop.profile.numeric.fit import fit_numeric
from driftloop.profile.numeric.precision import RoundingGrid
from driftloop.quality.rounding import detect_rounding
from driftloop.report import build_report
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window
from tests.narrowing import not_none

RANDOM = np.random.default_rng(0)
WINDOW = Window.from_dict({"start": "2026-04-18T00:00:00Z", "end": "2026-04-18T01:00:00Z"})
SCHEMA = Schema(
    (Feature("x", Kind.NUMERIC), Feature("other", Kind.NUMERIC)), "y", ProblemType.REGRESSION
)


def draw(rows, seed=0, shift=0.0):
    return np.random.default_rng(seed).normal(40 + shift, 2, rows)


def significant(values, digits):
    return np.array([float(f"{value:.{digits - 1}e}") for value in values])


ROUNDED: dict[str, tuple[Callable[[np.ndarray], np.ndarray], RoundingGrid]] = {
    "one decimal": (lambda x: x.round(1), RoundingGrid(step=0.1)),
    "integers": (lambda x: x.round(), RoundingGrid(step=1.0)),
    "integers, cut off": (np.trunc, RoundingGrid(step=1.0)),
    "halves": (lambda x: np.round(2 * x) / 2, RoundingGrid(step=0.5)),
    "one decimal, rounded down": (lambda x: np.floor(10 * x) / 10, RoundingGrid(step=0.1)),
}


def pairs(reference, current, rounding_grid, split_points=4096):
    binning = fit_numeric(reference, max_split_points=split_points)
    before, after = (count_numeric(binning, NumericColumn(side)) for side in (reference, current))
    on_grid = pair_on_rounding_grid(binning, before, after, rounding_grid)
    return on_grid, pair_columns(binning, before, after)


@pytest.mark.parametrize("way", ROUNDED)
def test_the_distance_on_the_rounding_grid_is_that_of_both_sides_rounded(way):
    make, rounding_grid = ROUNDED[way]
    reference, current = draw(3000), make(draw(2000, 1, shift=0.6))
    steps = reference / rounding_grid.step
    ways = [rounding_grid.step * around(steps) for around in (np.rint, np.floor, np.trunc)]
    expected = min(stats.ks_2samp(side.round(6), current.round(6)).statistic for side in ways)
    found = pairs(reference, current, rounding_grid)[0].cdfs
    assert ks(found) == pytest.approx(expected, abs=1 / 3000)


def test_it_is_exact_where_the_reference_has_no_more_values_than_split_points():
    reference, current = draw(3000), draw(2000, 1, shift=0.6).round(1)
    expected = stats.ks_2samp(reference.round(1), current).statistic
    found = pairs(reference, current, RoundingGrid(step=0.1))[0].cdfs
    assert ks(found) == pytest.approx(expected, abs=1e-12)
    assert ks_max_error(found) <= 1 / 3000  # one value lies half-way


@pytest.mark.parametrize("split_points", [64, 512])
def test_beyond_the_split_points_it_lies_within_its_reported_bound(split_points):
    reference, current = draw(30_000), draw(20_000, 1, shift=0.3).round(1)
    expected = stats.ks_2samp(reference.round(1), current).statistic
    found = pairs(reference, current, RoundingGrid(step=0.1), split_points)[0].cdfs
    assert ks(found) <= expected + 1e-12
    assert expected <= not_none(ks(found)) + ks_max_error(found) + 1e-12
    assert ks_max_error(found) <= 2 / split_points


def test_values_half_way_may_be_rounded_either_way():
    reference, current = draw(20_000).round(2), draw(20_000).round(2)
    half_up, half_even = np.floor(10 * current + 0.5 + 1e-9) / 10, current.round(1)
    for rounded in (half_up, half_even):
        coarse, fine = pairs(reference, rounded, RoundingGrid(step=0.1))
        assert not_none(ks(not_none(coarse.cdfs))) < 1e-3
        assert not_none(ks(not_none(fine.cdfs))) > 0.01


@pytest.mark.parametrize("way", ROUNDED)
def test_bins_hold_every_value_of_either_side(way):
    make, rounding_grid = ROUNDED[way]
    coarse, fine = pairs(draw(5000), make(draw(700, 1)), rounding_grid)
    assert (coarse.bins.reference.sum(), coarse.bins.current.sum()) == (5000, 700)
    assert len(coarse.labels) == len(coarse.bins.reference)
    assert coarse.missing_counts == fine.missing_counts


def test_outliers_and_infinities_are_counted_on_the_rounding_grid_too():
    reference = np.append(draw(5000), [1e308, -np.inf])
    current = np.concatenate([draw(700, 1).round(1), [np.inf, -np.inf, 1e308, -1e308, 1e9]])
    coarse, _ = pairs(reference, current, RoundingGrid(step=0.1))
    assert (coarse.bins.reference.sum(), coarse.bins.current.sum()) == (5002, 705)
    assert np.all(np.diff(coarse.cdfs.reference_at) >= 0)
    assert not_none(ks(not_none(coarse.cdfs))) < 0.06


def test_small_numbers_rounded_to_few_digits_are_compared_digit_by_digit():
    reference, current = RANDOM.lognormal(0, 3, 4000), RANDOM.lognormal(0.5, 3, 4000)
    rounded = significant(current, 2)
    expected = stats.ks_2samp(significant(reference, 2), rounded).statistic
    found = pairs(reference, rounded, RoundingGrid(digits=2))[0].cdfs
    assert ks(found) == pytest.approx(expected, abs=1e-3)


def sampled(values):
    return np.asarray(values, np.float32).astype(np.float64)


@pytest.mark.parametrize("rows", [100, 2048])
@pytest.mark.parametrize("way", ROUNDED)
def test_what_values_were_rounded_to_is_read_off_a_sample(way, rows):
    make, rounding_grid = ROUNDED[way]
    found = not_none(detect_rounding(sampled(draw(2048)), sampled(make(draw(rows, 1)))))
    assert (found.rounding_grid, found.reference_grid) == (rounding_grid, None)


def test_significant_digits_are_distinguished_from_steps():
    reference, current = RANDOM.lognormal(0, 3, 2048), RANDOM.lognormal(0, 3, 500)
    found = not_none(detect_rounding(sampled(reference), sampled(significant(current, 2))))
    assert found.rounding_grid == RoundingGrid(digits=2)


def test_a_finding_says_from_which_step_to_which():
    hundredths, tenths = draw(2048).round(2), draw(300, 1).round(1)
    found = not_none(detect_rounding(sampled(hundredths), sampled(tenths)))
    assert (found.rounding_grid, found.reference_grid) == (
        RoundingGrid(step=0.1),
        RoundingGrid(step=0.01),
    )
    assert found.reference_share == pytest.approx(0.1, abs=0.03)  # one of ten hundredths is a tenth


@pytest.mark.parametrize(
    "make",
    [
        lambda random, rows: random.normal(size=rows),
        lambda random, rows: random.normal(size=rows).round(2),
        lambda random, rows: random.lognormal(0, 3, rows).astype(np.float32),
        lambda random, rows: random.poisson(3, rows),
        lambda random, rows: random.choice([0, 0.5, 1.25, 3], rows),
        lambda random, rows: random.integers(0, 10**9, rows),
        lambda random, rows: np.where(random.random(rows) < 0.8, 0, random.normal(size=rows)),
        lambda random, rows: np.full(rows, 7.5),
    ],
)
def test_windows_without_rounding_have_no_finding(make):
    for seed in range(40):
        random = np.random.default_rng(seed)
        reference, current = make(random, 2048), make(random, 100)
        assert detect_rounding(sampled(reference), sampled(current)) is None


@pytest.mark.parametrize(("digits", "relevant"), [(2, True), (3, False), (4, False)])
def test_rounding_that_changes_no_verdict_is_not_relevant(digits, relevant):
    scores = np.random.default_rng(1).uniform(size=4096)
    reference, current = scores[:2048], scores[2048:].round(digits)
    found = not_none(detect_rounding(sampled(reference), sampled(current)))
    assert found.is_relevant is relevant


def test_fractions_written_with_four_decimals_are_neither_drift_nor_a_finding():
    def fractions(rows, seed):
        return 1 / np.random.default_rng(seed).integers(1, 12, rows)

    baseline = fit_baseline(batch(20_000, 1, x=fractions(20_000, 1)))
    profile = profile_batch(baseline, batch(5000, 2, x=fractions(5000, 2).round(4)))
    found = build_report(baseline, profile, window=WINDOW, policy=DriftPolicy(), model="m")
    assert (found.verdict, found.data_quality.violations) == ("stable", ())


@pytest.mark.parametrize(
    ("step", "high"), [(1, 9), (0.1, 9.9), (0.1, 0.9), (10, 90), (0.01, 0.99), (1, 99)]
)
def test_small_values_of_a_window_of_some_hours_are_not_rounded(step, high):
    """They have few significant digits, and the reference's step."""
    random = np.random.default_rng(1)
    steps = round(high / step)
    reference = random.integers(1, 40 * steps, 2048) * step
    current = random.integers(1, steps + 1, 300) * step
    assert detect_rounding(sampled(reference), sampled(current)) is None


def test_finer_values_than_the_baselines_are_no_finding():
    assert detect_rounding(sampled(draw(2048).round()), sampled(draw(500, 1))) is None


def test_some_values_on_a_rounding_grid_are_no_finding():
    mixed = np.concatenate([draw(480, 1).round(), draw(20, 2)])
    assert detect_rounding(sampled(draw(2048)), sampled(mixed)) is None


def batch(rows, seed, x=None, scores=None):
    x = draw(rows, seed) if x is None else x
    other = np.random.default_rng(seed + 100).normal(size=rows)
    scores = np.random.default_rng(seed + 200).beta(2, 5, rows) if scores is None else scores
    return RecordBatch.from_columns(SCHEMA, {"x": x, "other": other}, scores)


BASELINE = fit_baseline(batch(20_000, 1))


def report(**changes):
    profile = profile_batch(BASELINE, batch(5000, 2, **changes))
    return build_report(BASELINE, profile, window=WINDOW, policy=DriftPolicy(), model="m")


@pytest.mark.parametrize("way", ROUNDED)
def test_rounding_alone_is_a_finding_and_no_drift(way):
    found = report(x=ROUNDED[way][0](draw(5000, 2)))
    assert found.verdict == "stable"
    assert found["x"].status == "stable"
    [violation] = found.data_quality.violations
    assert (violation.column, violation.constraint) == ("x", "rounded_values")


@pytest.mark.parametrize("way", ROUNDED)
def test_a_column_that_is_rounded_and_shifted_has_drifted(way):
    found = report(x=ROUNDED[way][0](draw(5000, 2, shift=1.2)))
    assert found["x"].status == "drifted"
    assert found.data_quality.violations[0].constraint == "rounded_values"


def test_rounded_predictions_are_a_violation_and_no_drift():
    scores = np.random.default_rng(202).beta(2, 5, 5000).round(1)
    found = report(scores=scores)
    assert (found.verdict, found.prediction.status) == ("stable", "stable")
    [violation] = found.data_quality.violations
    assert violation.column == "prediction"
    assert "multiples of 0.1, and the reference has finer values" in violation.message


@pytest.mark.parametrize("step", [0.01, 0.1, 0.5, 1.0, 2.0])
def test_rounded_windows_drift_no_more_often_than_others(step):
    """Steps in standard deviations; the rule's own rate is below 1% of windows."""
    random = np.random.default_rng(int(100 * step))
    binning, reference = fitted_normal()
    flagged = 0
    for way in (np.rint, np.floor):
        for _ in range(30):
            values = step * way(random.normal(size=1000) / step)
            current = count_numeric(binning, NumericColumn(values))
            column = ComparedColumn(binning, reference, current)
            score = compare_prepared_column("x", column, RoundingGrid(step=step))
            flagged += detect_in_column(score, 20, DriftPolicy()).status != "stable"
    assert flagged <= 2


@pytest.mark.parametrize("step", [0.01, 0.1, 0.5, 1.0, 2.0])
def test_a_shift_is_found_through_values_rounded_to_the_nearest_step(step):
    random = np.random.default_rng(int(100 * step))
    binning, reference = fitted_normal()
    for _ in range(10):
        values = step * np.rint(random.normal(0.4, 1, 2000) / step)
        column = ComparedColumn(binning, reference, count_numeric(binning, NumericColumn(values)))
        score = compare_prepared_column("x", column, RoundingGrid(step=step))
        assert detect_in_column(score, 20, DriftPolicy()).status == "drifted"


def fitted_normal():
    values = np.random.default_rng(9).normal(size=50_000)
    binning = fit_numeric(values, max_split_points=4096)
    return binning, count_numeric(binning, NumericColumn(values))
