import numpy as np
import pytest

from driftloop.capture import CategoricalColumn, RecordBatch
from driftloop.comparison import compare_profile, pair_with_reference
from driftloop.detection import DriftPolicy, detect_drift
from driftloop.profile import fit_baseline, profile_batch
from driftloop.profile.categorical import GROUP_COUNT, CategoricalBinning
from driftloop.profile.column_pair import OTHERS, pair_columns
from driftloop.quality import QualityLimits, check_constraints
from driftloop.schema import Feature, Kind, ProblemType, Schema
from tests.narrowing import narrow

SCHEMA = Schema((Feature("id", Kind.CATEGORICAL),), "y", ProblemType.REGRESSION)


def batch(codes, count):
    rows = len(codes)
    column = CategoricalColumn(np.asarray(codes, np.int32), tuple(f"k{k}" for k in range(count)))
    places = np.arange(rows, dtype=np.int32)
    return RecordBatch(
        SCHEMA, {"id": column}, None, ["e"] * rows, [None] * rows, places, places / 1
    )


def status(reference, current, count):
    baseline = fit_baseline(batch(reference, count))
    profile = profile_batch(baseline, batch(current, count))
    quality = check_constraints(baseline, profile, QualityLimits())
    comparison = compare_profile(pair_with_reference(baseline, profile))
    return detect_drift(comparison, quality, DriftPolicy()).features["id"].status


@pytest.mark.parametrize(("before", "now"), [(1000, 1000), (1000, 20_000), (30_000, 1000)])
def test_identifiers_that_never_repeat_are_no_drift_however_many(before, now):
    assert status(np.arange(before), np.arange(before, before + now), before + now) == "stable"


@pytest.mark.parametrize(("before", "now"), [(500, 5000), (20_000, 500), (20_000, 20_000)])
def test_a_long_tail_that_stays_is_no_drift(before, now):
    random = np.random.default_rng(before + now)
    reference, current = (random.zipf(1.3, rows) % 50_000 for rows in (before, now))
    assert status(reference, current, 50_000) == "stable"


def test_thousands_of_new_categories_where_there_were_few_are_drift():
    random = np.random.default_rng(1)
    reference = random.integers(0, 5, 5000)
    current = np.where(random.random(5000) < 0.5, np.arange(5000) + 10, random.integers(0, 5, 5000))
    assert status(reference, current, 6000) == "drifted"


def zipf(random, rows):
    """Ranks of 100,000 categories, each with a share of 1 / rank."""
    shares = 1 / np.arange(1, 100_001)
    return np.searchsorted(np.cumsum(shares) / shares.sum(), random.random(rows))


def at_the_threshold(random, rows):
    """450 categories of 0.2% each, some of which are frequent by chance, and 50,000 others."""
    rare = random.random(rows) < 0.1
    return np.where(rare, 1000 + random.integers(0, 50_000, rows), random.integers(0, 450, rows))


MANY = {
    "10,000 equal": lambda random, rows: random.integers(0, 10_000, rows),
    "20,000 equal": lambda random, rows: random.integers(0, 20_000, rows),
    "Zipf": zipf,
    "as many as can be at the threshold of frequent ones": at_the_threshold,
}
CATEGORIES = 101_000


@pytest.mark.parametrize(("before", "now"), [(100_000, 100_000), (50_000, 500_000)])
@pytest.mark.parametrize("name", MANY)
def test_grouped_categories_are_stable_and_a_surge_of_one_is_drift(name, before, now):
    random = np.random.default_rng(len(name) + before)
    baseline = fit_baseline(batch(MANY[name](random, before), CATEGORIES))
    assert not narrow(CategoricalBinning, baseline.binnings.features["id"]).is_exhaustive
    current = MANY[name](random, now)
    surge = np.where(random.random(now) < 0.05, CATEGORIES - 1, current)
    for codes, expected in ((current, "stable"), (surge, "drifted")):
        profile = profile_batch(baseline, batch(codes, CATEGORIES))
        quality = check_constraints(baseline, profile, QualityLimits())
        scores = compare_profile(pair_with_reference(baseline, profile))
        found = detect_drift(scores, quality, DriftPolicy())
        assert found.features["id"].status == expected
        grown = [
            category.category
            for category in scores.features["id"].categories
            if category.current > 0.04
        ]
        assert len(grown) == (expected == "drifted")


def test_categories_without_own_counts_are_in_groups_and_no_record_is_lost():
    baseline = fit_baseline(batch(np.arange(9000) % 6000, 6000))
    profile = profile_batch(baseline, batch(np.arange(3000), 6000))
    pair = pair_columns(
        baseline.binnings.features["id"],
        baseline.reference.features["id"],
        profile.counts.features["id"],
    )
    assert (pair.labels[0], pair.labels[-1]) == (f"(others, group 1 of {GROUP_COUNT})", OTHERS)
    assert int(pair.bins.reference.sum()) == 9000
    assert int(pair.bins.current.sum()) == 3000
