"""Rates of the rule by simulation: false detections without drift, and detected drift.

A small, seeded version: 20 features against a reference of 100,000 records.
"""

import numpy as np
import pytest

from driftloop.capture import CategoricalColumn, NumericColumn, RecordBatch
from driftloop.comparison import compare_profile, pair_with_reference
from driftloop.detection import DriftPolicy, Verdict, detect_drift
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.quality import QualityLimits, check_constraints
from driftloop.schema import Feature, Kind, ProblemType, Schema

NUMERIC_COLUMNS, CATEGORICAL_COLUMNS = 15, 5
CATEGORIES = (*(f"category {index}" for index in range(10)), "new")
ZIPF = 1 / np.arange(1, 11) / np.sum(1 / np.arange(1, 11))
SCHEMA = Schema(
    tuple(
        [Feature(f"n{index}", Kind.NUMERIC) for index in range(NUMERIC_COLUMNS)]
        + [Feature(f"c{index}", Kind.CATEGORICAL) for index in range(CATEGORICAL_COLUMNS)]
    ),
    "y",
    ProblemType.BINARY_CLASSIFICATION,
)


def nothing(columns, random):
    pass


def mean_shift(by):
    def change(columns, random):
        columns["n0"] += by

    return change


def log_normal_times(factor):
    def change(columns, random):
        columns["n9"] *= factor

    return change


def new_category(share):
    def change(columns, random):
        columns["c1"][random.random(len(columns["c1"])) < share] = 10

    return change


def batch(random, rows, change=nothing) -> RecordBatch:
    columns = {f"n{index}": random.normal(size=rows) for index in range(8)}
    columns |= {f"n{index}": random.lognormal(0, 0.7, rows) for index in range(8, 12)}
    columns |= {
        f"n{index}": random.poisson(index - 10, rows) / 1 for index in range(12, NUMERIC_COLUMNS)
    }
    codes = {
        f"c{index}": random.choice(10, rows, p=ZIPF).astype(np.int32)
        for index in range(CATEGORICAL_COLUMNS)
    }
    columns |= codes
    change(columns, random)
    made = {
        name: CategoricalColumn(cells, CATEGORIES) if name in codes else NumericColumn(cells)
        for name, cells in columns.items()
    }
    rows_in_request = np.arange(rows, dtype=np.int32)
    times = np.full(rows, np.nan)
    return RecordBatch(
        SCHEMA, made, None, ["request"] * rows, [None] * rows, rows_in_request, times
    )


@pytest.fixture(scope="module")
def large() -> Baseline:
    return fit_baseline(batch(np.random.default_rng(0), 100_000))


@pytest.fixture(scope="module")
def small() -> Baseline:
    return fit_baseline(batch(np.random.default_rng(5), 1000))


def verdict(baseline: Baseline, seed, rows, change=nothing) -> Verdict:
    profile = profile_batch(baseline, batch(np.random.default_rng(seed), rows, change))
    quality = check_constraints(baseline, profile, QualityLimits())
    comparison = compare_profile(pair_with_reference(baseline, profile))
    return detect_drift(comparison, quality, DriftPolicy())


def runs(baseline, rows, change=nothing, *, count):
    return [verdict(baseline, [run, rows], rows, change) for run in range(count)]


def with_significant_change(found, *, but=""):
    return sum(
        any(column.status != "stable" for name, column in one.features.items() if name != but)
        for one in found
    )


def with_status(found, name, status):
    return sum(one.features[name].status == status for one in found)


@pytest.mark.parametrize("rows", [300, 1000])
def test_windows_without_drift_have_a_significant_change_in_at_most_five_of_a_hundred_runs(
    large, rows
):
    assert with_significant_change(runs(large, rows, count=100)) <= 5


@pytest.mark.parametrize("rows", [300, 5000])
def test_windows_larger_than_their_reference_are_significant_as_rarely(small, rows):
    assert with_significant_change(runs(small, rows, count=60)) <= 3


@pytest.mark.parametrize(
    ("change", "name"),
    [(mean_shift(0.3), "n0"), (log_normal_times(1.3), "n9"), (new_category(0.01), "c1")],
)
def test_injected_drift_and_no_other_is_detected_at_a_thousand_records(large, change, name):
    found = runs(large, 1000, change, count=50)
    assert with_status(found, name, "drifted") >= 49
    assert with_significant_change(found, but=name) <= 4


@pytest.mark.parametrize("rows", [300, 1000, 10_000])
def test_a_shift_below_the_minimum_effect_size_is_never_drift(large, rows):
    found = runs(large, rows, mean_shift(0.05), count=30)
    assert with_status(found, "n0", "drifted") == 0


def test_a_significant_ks_distance_of_four_hundredths_is_a_minor_change(large):
    found = runs(large, 70_000, mean_shift(0.1), count=3)  # 2 Phi(0.05) - 1 = 0.04
    assert with_status(found, "n0", "minor_change") == 3
