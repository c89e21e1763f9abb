from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from driftloop.capture import (
    CategoricalColumn,
    LineCounts,
    NumericColumn,
    RecordBatch,
)
from driftloop.profile import Profile, fit_baseline, profile_batch
from driftloop.schema import Feature, Kind, ProblemType, Schema

SCHEMA = Schema(
    (Feature("x", Kind.NUMERIC), Feature("c", Kind.CATEGORICAL)), "y", ProblemType.REGRESSION
)
CATEGORIES = ("a", "b", "new", "other")

numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.integers(-5, 5).map(float), st.just(1e9)
)
records = st.lists(
    st.tuples(numbers, st.integers(-1, 3), st.sampled_from(["e1", "e2", "é", "x" * 99]), numbers),
    max_size=40,
)


def baseline():
    random = np.random.default_rng(0)
    columns = {"x": random.normal(size=300), "c": random.choice(["a", "b"], 300)}
    return fit_baseline(
        RecordBatch.from_columns(SCHEMA, columns, random.normal(size=300)), max_split_points=64
    )


BASELINE = baseline()


def batch(rows):
    return RecordBatch(
        schema=SCHEMA,
        columns={
            "x": NumericColumn(np.array([row[0] for row in rows], dtype=float)),
            "c": CategoricalColumn(np.array([row[1] for row in rows], dtype=np.int32), CATEGORIES),
        },
        prediction=NumericColumn(np.array([row[3] for row in rows], dtype=float)),
        event_ids=[row[2] for row in rows],
        inference_ids=[None] * len(rows),
        rows=np.zeros(len(rows), dtype=np.int32),
        times=np.arange(len(rows), dtype=float),
    )


def profile(rows):
    return profile_batch(BASELINE, batch(rows), LineCounts(read=len(rows), used=len(rows)))


@settings(max_examples=150, deadline=None)
@given(records, st.data())
def test_any_split_and_order_gives_the_same_bytes(rows, data):
    all_records = profile(rows)
    order = data.draw(st.permutations(range(len(rows))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    ends = [0, *cuts, len(rows)]
    shuffled = [rows[position] for position in order]
    parts = [profile(shuffled[start:end]) for start, end in pairwise(ends)]
    merged = reduce(add, data.draw(st.permutations(parts)), Profile.empty(BASELINE))
    # times follow positions here, which a shuffle changes; those of a window are of its records
    assert without_times(merged) == without_times(all_records)


@settings(max_examples=60, deadline=None)
@given(records, records, records)
def test_adding_is_associative_and_commutative(one, two, three):
    a, b, c = profile(one), profile(two), profile(three)
    assert ((a + b) + c).to_bytes() == (a + (b + c)).to_bytes()
    assert (a + b).to_bytes() == (b + a).to_bytes()


@given(records)
def test_a_stored_profile_is_read_unchanged(rows):
    data = profile(rows).to_bytes()
    assert Profile.from_bytes(data).to_bytes() == data


def test_a_large_window_split_in_twenty_gives_the_same_bytes():
    random = np.random.default_rng(1)
    count = 30_000
    rows = list(
        zip(
            random.normal(size=count),
            random.integers(-1, 4, count),
            (f"id-{number}" for number in random.integers(0, 25_000, count)),
            random.normal(size=count),
            strict=True,
        )
    )
    parts = [profile(rows[start::20]) for start in range(20)]
    assert without_times(reduce(add, parts)) == without_times(profile(rows))


def without_times(found: Profile) -> bytes:
    counts = found.counts
    without_times_counts = type(counts)(
        records=counts.records,
        features=counts.features,
        prediction=counts.prediction,
        sample=counts.sample,
        first_time=0.0,
        last_time=0.0,
    )
    return Profile(found.baseline, found.line_counts, without_times_counts).to_bytes()


def test_zero_and_minus_zero_of_one_event_give_the_same_bytes_in_either_order():
    rows = [(0.0, 0, "e1", 0.0), (-0.0, 0, "e1", -0.0)]
    one, other = ([profile([row]) for row in rows] for _ in range(2))
    assert without_times(one[0] + one[1]) == without_times(other[1] + other[0])
