"""Outcomes of any split and order of rows are the same bytes."""

from fractions import Fraction
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftloop.outcomes import (
    SegmentCodes,
    count_binary,
    count_multiclass,
    count_regression,
    fit_binary_binning,
    fit_multiclass_binning,
    fit_regression_binning,
    outcomes_from_bytes,
    outcomes_to_bytes,
    zero_binary,
    zero_multiclass,
    zero_regression,
)
from driftloop.outcomes.exact_sums import (
    UNIT_BITS,
    exact_squares,
    exact_sum,
    pack_integer,
    to_float,
    unpack_integer,
)

LABELS = ("a", "b", "(missing)")
RANDOM = np.random.default_rng(0)
BINARY = fit_binary_binning(RANDOM.uniform(size=300))
MULTICLASS = fit_multiclass_binning(("x", "y", "z"), RANDOM.dirichlet(np.ones(3), 200))
REGRESSION = fit_regression_binning(RANDOM.normal(size=300))

scores = st.one_of(st.floats(0, 1), st.sampled_from([0.0, -0.0, 0.5, 1.0, np.nan, 2.0]))
numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.integers(-5, 5).map(float), st.just(1e-310)
)
ages = st.one_of(st.floats(0, 1e8), st.just(np.nan))
binary_rows = st.lists(st.tuples(scores, st.integers(-1, 1), st.integers(0, 2), ages), max_size=30)
class_rows = st.lists(
    st.tuples(
        st.tuples(st.floats(0, 1), st.floats(0, 1)), st.integers(-1, 2), st.integers(0, 2), ages
    ),
    max_size=30,
)
number_rows = st.lists(st.tuples(numbers, numbers, st.integers(0, 2), ages), max_size=30)


def _segments(rows):
    codes = np.array([row[2] for row in rows], dtype=np.uint8)
    # the names of the levels decide, not their order
    return {"one": SegmentCodes(codes, LABELS), "two": SegmentCodes(2 - codes, LABELS[::-1])}


def _ages(rows):
    return np.array([row[3] for row in rows], dtype=float)


def binary(rows):
    return count_binary(
        BINARY,
        np.array([row[0] for row in rows], dtype=float),
        np.array([row[1] for row in rows], dtype=int),
        segments=_segments(rows),
        label_ages=_ages(rows),
    )


def multiclass(rows):
    first = np.array([row[0] for row in rows], dtype=float).reshape(len(rows), 2)
    return count_multiclass(
        MULTICLASS,
        np.array([row[1] for row in rows], dtype=int),
        probabilities=np.column_stack([first / 2, 1 - first.sum(axis=1) / 2]),
        segments=_segments(rows),
        label_ages=_ages(rows),
    )


def regression(rows):
    return count_regression(
        REGRESSION,
        np.array([row[0] for row in rows], dtype=float),
        np.array([row[1] for row in rows], dtype=float),
        segments=_segments(rows),
        label_ages=_ages(rows),
    )


KINDS: dict[str, tuple[Any, Any, Any]] = {
    "binary": (binary_rows, binary, zero_binary(BINARY)),
    "multiclass": (class_rows, multiclass, zero_multiclass(MULTICLASS)),
    "regression": (number_rows, regression, zero_regression(REGRESSION)),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_split_and_order_gives_the_same_bytes(kind, data):
    strategy, count, zero = KINDS[kind]
    rows = data.draw(strategy)
    order = data.draw(st.permutations(range(len(rows))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    shuffled = [rows[position] for position in order]
    parts = [count(shuffled[start:end]) for start, end in pairwise([0, *cuts, len(rows)])]
    merged = reduce(add, data.draw(st.permutations(parts)), zero)
    assert outcomes_to_bytes(merged) == outcomes_to_bytes(count(rows))


@each_kind
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_adding_is_associative_and_commutative(kind, data):
    strategy, count, _ = KINDS[kind]
    a, b, c = (count(data.draw(strategy)) for _ in range(3))
    assert outcomes_to_bytes((a + b) + c) == outcomes_to_bytes(a + (b + c))
    assert outcomes_to_bytes(a + b) == outcomes_to_bytes(b + a)


@each_kind
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_stored_outcomes_are_read_unchanged(kind, data):
    strategy, count, _ = KINDS[kind]
    stored = outcomes_to_bytes(count(data.draw(strategy)))
    assert outcomes_to_bytes(outcomes_from_bytes(stored)) == stored


@each_kind
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_row_is_counted_once(kind, data):
    strategy, count, _ = KINDS[kind]
    rows = data.draw(strategy)
    outcomes = count(rows)
    counted = outcomes.records + outcomes.unscored + getattr(outcomes, "unusable", 0)
    assert counted == len(rows)
    for segment in outcomes.segments.values():
        labeled = segment.counts[:, 0].sum() if kind == "multiclass" else segment.counts.sum()
        assert labeled == outcomes.labeled


def test_more_rows_than_a_block_give_the_same_bytes_as_their_parts():
    rows = 300_000
    values, labels = RANDOM.uniform(size=rows), RANDOM.integers(-1, 2, rows)
    segments = {"one": SegmentCodes(RANDOM.integers(0, 3, rows), LABELS)}
    parts = [
        count_binary(
            BINARY,
            values[start::9],
            labels[start::9],
            segments={"one": SegmentCodes(segments["one"].codes[start::9], LABELS)},
        )
        for start in range(9)
    ]
    whole = count_binary(BINARY, values, labels, segments=segments)
    assert outcomes_to_bytes(reduce(add, parts)) == outcomes_to_bytes(whole)


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=50))
def test_a_sum_of_floats_is_exact(values):
    total = exact_sum(np.array(values))
    assert Fraction(total, 1 << UNIT_BITS) == sum(map(Fraction, values))
    assert unpack_integer(*pack_integer(total)) == total


@settings(deadline=None)
@given(st.floats(-1e70, 1e70).filter(lambda value: value == 0 or abs(value) > 1e-70))
def test_a_square_in_two_parts_is_exact(value):
    squares, rest = exact_squares(np.array([value]))
    assert Fraction(squares[0]) + Fraction(rest[0]) == Fraction(value) ** 2


def test_a_sum_is_the_nearest_float():
    assert to_float(exact_sum(np.array([1e16, 1.0, -1e16]))) == 1.0
