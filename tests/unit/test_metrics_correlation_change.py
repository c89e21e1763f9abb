"""A correlation that changed its sign is found, where no single column has moved."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from driftloop.capture import RecordBatch
from driftloop.comparison.correlation import QuintileShares, quintile_table
from driftloop.detection import DriftPolicy
from driftloop.metrics.correlation_change import correlation_change
from driftloop.profile import fit_baseline, profile_batch
from driftloop.report import build_report
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window
from tests.narrowing import not_none

SIZE = 2000
NAMES = tuple(f"n{place}" for place in range(20))
SCHEMA = Schema(tuple(Feature(n, Kind.NUMERIC) for n in NAMES), "y", ProblemType.REGRESSION)
WINDOW = Window(datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2026, 1, 1, 9, tzinfo=UTC))


def rows(seed, correlation=0.5, size=SIZE):
    values = np.random.default_rng(seed).normal(size=(size, 20))
    values[:, 1] = correlation * values[:, 0] + np.sqrt(1 - correlation**2) * values[:, 1]
    return values


def drifted(found) -> bool:
    return bool(found.p_value <= 0.001) and abs(found.current - found.reference) >= 0.2


def test_the_correlation_is_that_of_scipys_normal_scores():
    values = rows(1)
    scores = stats.norm.ppf((stats.rankdata(values[:, :2], axis=0) - 0.5) / SIZE)
    found = not_none(correlation_change(values, rows(2, -0.5)))
    assert found.reference == pytest.approx(np.corrcoef(scores.T)[0, 1], rel=1e-9)


def test_a_flipped_correlation_of_two_among_twenty_is_found_in_98_of_100_runs():
    found = [not_none(correlation_change(rows(run), rows(1000 + run, -0.5))) for run in range(50)]
    assert sum(drifted(one) and (one.first, one.second) == (0, 1) for one in found) >= 49


@pytest.mark.parametrize("size", [300, 2000])
def test_runs_without_drift_are_significant_in_at_most_one_of_a_hundred(size):
    found = [correlation_change(rows(run), rows(1000 + run, size=size)) for run in range(100)]
    assert sum(map(drifted, found)) <= 1


def normal_scores(column):
    """Scores of the values that are present, 0 elsewhere; ties have their middle rank."""
    present = ~np.isnan(column)
    ranks = stats.rankdata(column[present])
    scores = np.zeros(len(column))
    scores[present] = stats.norm.ppf((ranks - 0.5) / len(ranks))
    scores[present] -= scores[present].mean()
    return scores


def one_side(values):
    """Correlation, variance of its influence function, and records of the first two columns."""
    both = ~np.isnan(values[:, :2]).any(axis=1)
    x, y = (normal_scores(column)[both] for column in values[:, :2].T)
    scale = np.sqrt((x**2).mean() * (y**2).mean())
    r = (x * y).mean() / scale
    influence = (x * y - r * (x**2 + y**2) / 2) / scale
    return r, (influence**2).mean(), both.sum()


@pytest.mark.parametrize("design_effects", [None, [1.0, 3.0, 1.0]])
def test_the_p_value_is_students_with_the_variance_of_the_influence_function(design_effects):
    random = np.random.default_rng(4)
    sides = [rows(seed, rho, size)[:, :3] for seed, rho, size in ((1, 0.5, 900), (2, 0.35, 600))]
    for values in sides:
        values[random.random(len(values)) < 0.1, 0] = np.nan
        values[random.random(len(values)) < 0.2, 1] = np.nan
        values[:, 1] = np.round(values[:, 1], 1)  # with ties
    (r, v, n), (r_current, v_current, m) = map(one_side, sides)
    effect = 1.0 if design_effects is None else 3.0
    z = (r_current - r) / np.sqrt(max(v, v_current) * (1 / n + 1 / m) * effect)
    expected = 2 * stats.t.sf(abs(z), min(n, m) / effect - 1) * 3  # three pairs
    effects = None if design_effects is None else np.array(design_effects)
    found = not_none(correlation_change(sides[0], sides[1], effects))
    assert (found.first, found.second) == (0, 1)
    assert (found.reference, found.current) == pytest.approx((r, r_current))
    assert 1e-6 < expected < 1
    assert found.p_value == pytest.approx(expected, rel=1e-9)


def test_a_pair_of_three_hundred_records_is_tested_and_one_of_fewer_is_not():
    assert correlation_change(rows(1), rows(2, -0.5, size=300)) is not None
    assert correlation_change(rows(1), rows(2, -0.5, size=299)) is None
    assert correlation_change(rows(1, size=299), rows(2, -0.5)) is None


@pytest.mark.parametrize(("off_mode", "is_tested"), [(30, True), (29, False)])
@pytest.mark.parametrize("side", [0, 1])
def test_a_column_needs_thirty_records_beside_its_most_frequent_value(off_mode, is_tested, side):
    sides = [rows(1)[:, :2], rows(2)[:, :2]]
    sides[side][off_mode:, 0] = 0.0
    assert (correlation_change(*sides) is not None) is is_tested


def test_the_pair_is_named_wherever_its_columns_are():
    columns = [*range(2, 10), 0, *range(10, 15), 1, *range(15, 20)]
    found = not_none(correlation_change(rows(1)[:, columns], rows(2, -0.5)[:, columns]))
    assert (found.first, found.second) == (8, 14)
    assert found.reference > 0.4 > -0.4 > found.current


def test_the_p_value_over_all_pairs_is_at_most_one():
    same = rows(1)
    assert not_none(correlation_change(same, same)).p_value == 1.0


def test_too_few_rows_and_constant_columns_are_not_tested():
    assert correlation_change(rows(1), rows(2, -0.5, size=200)) is None
    assert correlation_change(np.ones((500, 2)), np.ones((500, 2))) is None
    assert correlation_change(np.full((500, 2), np.nan), np.full((500, 2), np.nan)) is None


def report(correlation):
    batches = [
        RecordBatch.from_columns(SCHEMA, dict(zip(NAMES, rows(seed, rho).T, strict=True)))
        for seed, rho in ((1, 0.5), (2, correlation))
    ]
    baseline = fit_baseline(batches[0])
    profile = profile_batch(baseline, batches[1])
    return build_report(baseline, profile, window=WINDOW, policy=DriftPolicy(), model="m")


def test_the_report_names_the_pair_and_both_correlations():
    found = report(-0.5)
    assert found.verdict == "drifted"
    assert found.drifted_features == ()
    assert found.multivariate.pair == ("n0", "n1")
    assert found.multivariate.drifted
    assert found.reasons == found.multivariate.reasons
    assert found.reasons[0] == "n0: its correlation with n1 changed from +0.49 to -0.49"


def test_an_unchanged_correlation_is_reported_and_is_no_drift():
    found = report(0.5)
    assert found.verdict == "stable"
    assert not found.multivariate.drifted
    assert found.multivariate.reasons == ()


def test_the_report_shows_the_pair_by_quintiles_as_pandas_cuts_them():
    current = report(-0.5).multivariate.quintiles.current
    # float32, as the sample keeps them
    values = rows(2, -0.5).astype(np.float32)
    first, second = (pd.qcut(values[:, column], 5, labels=False) for column in (0, 1))
    expected = pd.crosstab(first, second, normalize=True).to_numpy()
    assert current.records == SIZE
    assert np.array(current.shares) == pytest.approx(expected, abs=0.002)


def test_rows_without_either_value_and_ties_leave_every_record_in_one_quintile():
    first = np.array([1.0, 1.0, 1.0, np.nan, 2.0, 3.0])
    shown = quintile_table(first, np.array([5.0, 5.0, 6.0, 6.0, np.nan, 7.0]))
    assert shown.records == 4
    assert np.sum(shown.shares) == pytest.approx(1.0)
    assert quintile_table(np.full(3, np.nan), np.ones(3)) == QuintileShares(
        records=0, shares=((0.0,) * 5,) * 5
    )
