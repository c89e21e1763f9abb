"""The rule's rates by simulation: what it flags where nothing changed, and what it sees.

A small, seeded version: 20 features against a reference of 100,000 rows.
"""

import numpy as np
import pytest

from driftloop.capture import CategoricalColumn, NumericColumn, RecordBatch
from driftloop.comparison import compare_profile
from driftloop.detection import DriftPolicy, Verdict, detect_drift
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.quality import QualityLimits, check_constraints
from driftloop.schema import Feature, Kind, ProblemType, Schema

NUMERIC_COLUMNS, CATEGORICAL_COLUMNS = 15, 5
CATEGORIES = (*(f"level {index}" for index in range(10)), "new")
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
    return detect_drift(compare_profile(baseline, profile), quality, DriftPolicy())


def runs(baseline, rows, change=nothing, *, count):
    return [verdict(baseline, [run, rows], rows, change) for run in range(count)]


def flagged(found, *, but=""):
    return sum(
        any(column.status != "stable" for name, column in one.features.items() if name != but)
        for one in found
    )


def with_status(found, name, status):
    return sum(one.features[name].status == status for one in found)


@pytest.mark.parametrize("rows", [300, 1000])
def test_quiet_windows_are_flagged_in_at_most_five_of_a_hundred_runs(large, rows):
    assert flagged(runs(large, rows, count=100)) <= 5


@pytest.mark.parametrize("rows", [300, 5000])
def test_so_are_they_against_a_reference_that_is_smaller_than_the_window(small, rows):
    assert flagged(runs(small, rows, count=60)) <= 3


@pytest.mark.parametrize(
    ("change", "name"),
    [(mean_shift(0.3), "n0"), (log_normal_times(1.3), "n9"), (new_category(0.01), "c1")],
)
def test_planted_drift_is_seen_at_a_thousand_records_and_nothing_else_is(large, change, name):
    found = runs(large, 1000, change, count=50)
    assert with_status(found, name, "drifted") >= 49
    assert flagged(found, but=name) <= 4


@pytest.mark.parametrize("rows", [300, 1000, 10_000])
def test_a_shift_too_small_to_matter_is_never_drift(large, rows):
    found = runs(large, rows, mean_shift(0.05), count=30)
    assert with_status(found, "n0", "drifted") == 0


def test_a_real_change_of_ks_four_hundredths_at_seventy_thousand_records_is_no_drift(large):
    found = runs(large, 70_000, mean_shift(0.1), count=3)  # 2 Phi(0.05) - 1 = 0.04
    assert with_status(found, "n0", "minor_change") == 3
