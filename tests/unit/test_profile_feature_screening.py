from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driftloop.capture import RecordBatch
from driftloop.profile import Baseline, fit_baseline
from driftloop.profile.time_dependence import MIN_ROWS, is_monotone_in_time, is_row_number
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema(
    (Feature("x", Kind.NUMERIC), Feature("c", Kind.CATEGORICAL)), "y", ProblemType.REGRESSION
)
ROWS = 2000
RANDOM = np.random.default_rng(0)
TIME = np.arange(ROWS) / ROWS
SECONDS = 1.7e9 + 3600.0 * np.arange(ROWS)
DAYS = np.floor(TIME * 60)

FOLLOWING = {
    "row numbers": np.arange(ROWS),
    "numbers counted down": -np.arange(ROWS),
    "timestamps of uneven traffic": np.sort(DAYS * 86_400 + RANDOM.normal(43_200, 9_000, ROWS)),
    "timestamps of growing traffic": np.log1p(9 * TIME),
    "timestamps that come out of turn": np.arange(ROWS) + RANDOM.exponential(10, ROWS),
    "a counter with repeats": np.cumsum(RANDOM.poisson(0.3, ROWS)),
    "the day, many rows each": DAYS,
    "an id that some rows lack": np.where(RANDOM.random(ROWS) < 0.2, np.nan, np.arange(ROWS)),
}
OTHERS = {
    "a stationary column": RANDOM.normal(size=ROWS),
    "a constant": np.full(ROWS, 7.0),
    "nothing but missing values": np.full(ROWS, np.nan),
    "a step": np.where(TIME > 0.6, 1.0, 0.0),
    "a step with noise": np.where(TIME > 0.6, 5.0, 0.0) + RANDOM.normal(size=ROWS),
    "a slow sine": np.sin(2 * np.pi * TIME),
    "half a cycle": np.sin(np.pi * (TIME - 0.5)),
    "a quarter of a cycle": np.sin(np.pi / 2 * TIME),
    "a strong trend with noise of a twentieth of its range": TIME + RANDOM.normal(0, 0.05, ROWS),
    "a trend that saturates": 1 - np.exp(-8 * TIME),
    "a random walk": np.cumsum(RANDOM.normal(size=ROWS)),
    "months of half a year": np.floor(TIME * 6),
}
SORTED = {
    "income": np.sort(RANDOM.lognormal(10, 1, ROWS)),
    "income in whole dollars": np.sort(np.round(RANDOM.lognormal(10, 1, ROWS))),
    "age": np.sort(RANDOM.normal(40, 10, ROWS).round()),
    "score": np.sort(RANDOM.uniform(size=ROWS)),
    "salary, falling": -np.sort(RANDOM.normal(60_000, 9_000, ROWS).round()),
}


def fit(x, c=None, times=None, parts=1) -> Baseline:
    c = np.array(["a", "b"] * (len(x) // 2)) if c is None else c
    cuts = np.array_split(np.arange(len(x)), parts)
    return fit_baseline(
        [
            RecordBatch.from_columns(
                SCHEMA, {"x": x[cut], "c": c[cut]}, times=None if times is None else times[cut]
            )
            for cut in cuts
        ]
    )


@pytest.mark.parametrize("name", FOLLOWING)
def test_a_column_that_follows_time_is_excluded(name):
    assert fit(FOLLOWING[name], times=SECONDS).excluded_features == {"x": "follows_time"}


@pytest.mark.parametrize("name", OTHERS)
def test_a_column_that_drifts_turns_or_is_constant_is_compared(name):
    assert fit(OTHERS[name], times=SECONDS).excluded_features == {}


def test_training_data_is_sorted_by_its_times():
    shuffled = RANDOM.permutation(ROWS)
    timestamps = FOLLOWING["timestamps of uneven traffic"][shuffled]
    assert fit(timestamps, times=SECONDS[shuffled]).excluded_features == {"x": "follows_time"}


def test_times_take_precedence_over_the_order_of_rows():
    income = np.sort(RANDOM.lognormal(size=ROWS))
    baseline = fit(income, times=RANDOM.permutation(SECONDS))
    assert (baseline.excluded_features, baseline.suspected) == ({}, [])


@pytest.mark.parametrize("times", [None, np.full(ROWS, 1e9)])
@pytest.mark.parametrize("name", SORTED)
def test_a_column_that_rows_without_times_were_sorted_by_is_compared_and_suspected(times, name):
    baseline = fit(SORTED[name], times=times)
    assert (baseline.excluded_features, baseline.suspected) == ({}, ["x"])


@pytest.mark.parametrize("scale", [1, 1e3, 1e6, 1e9])
def test_timestamps_in_the_order_of_rows_are_excluded_also_without_times(scale):
    timestamps = 1.7e9 + FOLLOWING["timestamps of uneven traffic"]
    assert fit(timestamps * scale).excluded_features == {"x": "follows_time"}
    assert fit(RANDOM.permutation(timestamps) * scale).excluded_features == {}


def test_counters_with_repeated_values_in_the_order_of_rows_are_excluded_also_without_times():
    assert fit(FOLLOWING["a counter with repeats"]).excluded_features == {"x": "follows_time"}


def test_timestamps_are_excluded_if_held_out_rows_come_last():
    timestamps = np.sort(RANDOM.uniform(1.7e9, 1.8e9, ROWS))
    both = np.concatenate([timestamps[::2], timestamps[1::2]])
    assert fit(both, parts=2).excluded_features == {"x": "follows_time"}


@pytest.mark.parametrize(
    "values",
    [
        np.arange(ROWS),
        RANDOM.permutation(ROWS) + 10**9,
        RANDOM.choice(4 * ROWS, ROWS, replace=False),
        10 * RANDOM.choice(2 * ROWS, ROWS, replace=False),
        np.append(np.arange(ROWS - 2), [-1, 10**12]),
        np.where(np.arange(ROWS) % 3, np.arange(ROWS), np.nan),
    ],
)
def test_row_numbers_are_recognized_in_any_order(values):
    assert fit(values).excluded_features == {"x": "row_number"}


@pytest.mark.parametrize(
    "values",
    [
        RANDOM.integers(0, 5 * ROWS, ROWS),
        RANDOM.integers(0, 10**9, ROWS),
        RANDOM.poisson(50, ROWS),
        np.round(RANDOM.lognormal(10, 0.5, ROWS)),
        RANDOM.normal(size=ROWS),
        np.full(ROWS, 3.0),
        np.linspace(0, 100, ROWS),
    ],
)
def test_random_numbers_are_not_row_numbers(values):
    assert fit(RANDOM.permutation(values)).excluded_features == {}


@pytest.mark.parametrize("rows", [100, 200, 1000])
def test_random_integers_are_not_row_numbers(rows):
    random = np.random.default_rng(rows)
    ranges = [rows * 2**power for power in range(8)]
    assert not any(
        is_row_number(random.integers(0, top, rows).astype(float))
        for top in ranges
        for _ in range(200)
    )


@pytest.mark.parametrize("parts", [1, 3, 25, 400])
@pytest.mark.parametrize("times", [None, SECONDS])
@pytest.mark.parametrize("name", ["row numbers", "timestamps of uneven traffic"])
def test_the_split_into_batches_makes_no_difference(parts, times, name):
    one, other = (fit(FOLLOWING[name], times=times, parts=count) for count in (1, parts))
    assert (one.excluded_features, one.suspected) == (other.excluded_features, other.suspected)
    assert one.excluded_features or one.suspected


def test_too_few_rows_exclude_nothing():
    assert fit(np.arange(MIN_ROWS - 2)).excluded_features == {}
    assert fit(np.arange(MIN_ROWS)).excluded_features == {"x": "row_number"}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([100, 1000, 5000]))
def test_an_excluded_column_has_a_rank_correlation_with_time_of_nearly_one(seed, rows):
    random = np.random.default_rng(seed)
    noise = random.choice([0.0, 0.01, 0.03, 0.1, 1.0])
    values = np.arange(rows) / rows + random.normal(0, noise, rows)
    rho = stats.spearmanr(np.arange(rows), values).statistic
    assert not is_monotone_in_time(values) or rho > 0.98


def test_stationary_columns_do_not_follow_time():
    random = np.random.default_rng(1)
    assert not any(is_monotone_in_time(random.normal(size=200)) for _ in range(2000))


@pytest.mark.parametrize(("shared", "expected"), [(0, {"c": "row_identifier"}), (400, {})])
def test_a_category_for_nearly_every_row_is_excluded(shared, expected):
    categories = np.array([f"user {row if row >= shared else 0}" for row in range(1000)])
    assert fit(RANDOM.normal(size=1000), categories).excluded_features == expected


def test_the_same_categories_in_two_parts_are_counted_once():
    categories = np.array([f"user {row % 500}" for row in range(1000)])
    assert fit(RANDOM.normal(size=1000), categories, parts=2).excluded_features == {}


def test_screening_results_are_stored_and_part_of_the_fingerprint():
    ids, rising = fit(np.arange(ROWS)), fit(np.sort(RANDOM.lognormal(size=ROWS)))
    for one in (ids, rising):
        loaded = Baseline.from_bytes(one.to_bytes())
        assert (loaded.excluded_features, loaded.suspected) == (
            one.excluded_features,
            one.suspected,
        )
        assert loaded.to_bytes() == one.to_bytes()
        assert replace(one, excluded_features={}, suspected=[]).to_bytes() != one.to_bytes()
