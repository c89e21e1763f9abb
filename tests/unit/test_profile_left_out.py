import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driftloop.capture import batch_from_columns
from driftloop.profile import Baseline, fit_baseline
from driftloop.profile.left_out import FEWEST_ROWS, follows_time
from driftloop.schema import Feature, Kind, Problem, Schema

SCHEMA = Schema(
    (Feature("x", Kind.NUMERIC), Feature("c", Kind.CATEGORICAL)), "y", Problem.REGRESSION
)
ROWS = 2000
RANDOM = np.random.default_rng(0)
TIME = np.arange(ROWS) / ROWS
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
    "shuffled ids": RANDOM.permutation(ROWS),
}


def fit(x, c=None, times=None, parts=1) -> Baseline:
    c = np.array(["a", "b"] * (len(x) // 2)) if c is None else c
    cuts = np.array_split(np.arange(len(x)), parts)
    return fit_baseline(
        [
            batch_from_columns(
                SCHEMA, {"x": x[cut], "c": c[cut]}, times=None if times is None else times[cut]
            )
            for cut in cuts
        ]
    )


@pytest.mark.parametrize("name", FOLLOWING)
def test_what_follows_time_is_left_out(name):
    assert fit(FOLLOWING[name]).left_out == {"x": "follows_time"}


@pytest.mark.parametrize("name", OTHERS)
def test_what_drifts_turns_or_stands_still_is_compared(name):
    assert fit(OTHERS[name]).left_out == {}


def test_training_data_with_times_is_put_in_their_order():
    shuffled = RANDOM.permutation(ROWS)
    ids = np.arange(ROWS)[shuffled]
    assert fit(ids).left_out == {}
    assert fit(ids, times=shuffled + 1e9).left_out == {"x": "follows_time"}


def test_times_speak_before_rows():
    rows_sorted_by_value = np.sort(RANDOM.normal(size=ROWS))
    assert fit(rows_sorted_by_value).left_out == {"x": "follows_time"}
    assert fit(rows_sorted_by_value, times=RANDOM.permutation(ROWS) + 1e9).left_out == {}


def test_files_that_each_begin_anew_are_ordered_one_by_one():
    training_and_holdout = np.concatenate([np.arange(0, 3000, 3), np.arange(1, 3000, 3)])
    assert fit(training_and_holdout, parts=2).left_out == {"x": "follows_time"}
    assert fit(training_and_holdout).left_out == {}


def test_too_few_rows_leave_nothing_out():
    few = np.arange(FEWEST_ROWS - 2)
    assert fit(few).left_out == {}
    assert fit(np.arange(FEWEST_ROWS)).left_out == {"x": "follows_time"}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([100, 1000, 5000]))
def test_what_is_left_out_has_a_rank_correlation_with_time_of_nearly_one(seed, rows):
    random = np.random.default_rng(seed)
    noise = random.choice([0.0, 0.01, 0.03, 0.1, 1.0])
    values = np.arange(rows) / rows + random.normal(0, noise, rows)
    rho = stats.spearmanr(np.arange(rows), values).statistic
    assert not follows_time([values]) or rho > 0.98


def test_no_stationary_column_of_many_is_taken_for_an_id():
    random = np.random.default_rng(1)
    assert not any(follows_time([random.normal(size=200)]) for _ in range(2000))


@pytest.mark.parametrize(("shared", "expected"), [(0, {"c": "labels_rows"}), (400, {})])
def test_a_level_for_nearly_every_row_is_left_out(shared, expected):
    levels = np.array([f"user {row if row >= shared else 0}" for row in range(1000)])
    assert fit(RANDOM.normal(size=1000), levels).left_out == expected


def test_the_same_ids_in_two_parts_are_not_counted_twice():
    levels = np.array([f"user {row % 500}" for row in range(1000)])
    assert fit(RANDOM.normal(size=1000), levels, parts=2).left_out == {}


def test_what_is_left_out_comes_back_with_the_stored_baseline_and_is_part_of_its_name():
    ids, others = (fit(values) for values in (np.arange(ROWS), RANDOM.permutation(ROWS)))
    again = Baseline.from_bytes(ids.to_bytes())
    assert again.left_out == {"x": "follows_time"}
    assert again.to_bytes() == ids.to_bytes()
    assert ids.fingerprint != others.fingerprint
