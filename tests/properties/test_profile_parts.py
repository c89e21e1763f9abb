"""What holds of dates, of rounded windows and of repeats, whatever the data."""

from dataclasses import replace
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from driftloop.capture import CategoricalColumn, NumericColumn, RecordBatch
from driftloop.capture.record_batch import to_column
from driftloop.capture.vectorized.byte_buffer import CellOffsets
from driftloop.capture.vectorized.column_builder import ColumnBuilder
from driftloop.comparison.rounded_pair import pair_on_rounding_grid
from driftloop.metrics.ks import ks, ks_max_error
from driftloop.profile import Profile, fit_baseline, profile_batch
from driftloop.profile.date_parts import with_date_parts
from driftloop.profile.numeric.counts import count_numeric
from driftloop.profile.numeric.fit import fit_numeric
from driftloop.profile.numeric.precision import RoundingGrid
from driftloop.quality import estimate_duplicates
from driftloop.schema import Feature, Kind, ProblemType, Schema
from tests.narrowing import narrow, not_none

DATED = Schema((Feature("day", Kind.DATE),), "y", ProblemType.REGRESSION)
NUMERIC = Schema((Feature("x", Kind.NUMERIC),), "y", ProblemType.REGRESSION)
BASELINE = fit_baseline(RecordBatch.from_columns(NUMERIC, {"x": np.arange(500.0) % 7}))

numbers = st.floats(allow_nan=True, allow_infinity=True)
digits = st.integers(0, 10**19).map(str)
iso = st.datetimes().map(lambda timestamp: timestamp.isoformat())
texts_without_separators = st.text(
    st.characters(exclude_characters='",\r\n', exclude_categories=["Cs"]), max_size=12
)
cells = st.lists(
    st.one_of(
        iso,
        iso.map(lambda text: f"{text[:10]} "),
        digits,
        texts_without_separators,
        numbers.map(str),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(cells)
def test_dates_read_together_equal_dates_read_one_by_one(texts):
    builder = ColumnBuilder(DATED.features)
    rows = CellOffsets.from_rows(texts, 1)
    assume(rows is not None)
    builder.add(not_none(rows))
    vectorized, one_by_one = (
        narrow(NumericColumn, column)
        for column in (builder.columns()["day"], to_column(DATED.features[0], texts))
    )
    assert np.array_equal(vectorized.values, one_by_one.values, equal_nan=True)
    none_invalid = np.zeros(len(texts), dtype=np.bool_)
    invalid = [
        none_invalid if column.invalid is None else column.invalid
        for column in (vectorized, one_by_one)
    ]
    assert invalid[0].tolist() == invalid[1].tolist()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(iso, numbers, st.none(), texts_without_separators, st.lists(st.integers())),
        max_size=20,
    )
)
def test_the_parts_of_a_date_are_present_if_the_date_is(given_cells):
    batch = RecordBatch.from_columns(DATED, {"day": given_cells})
    with_parts = with_date_parts(
        replace(batch, times=np.full(len(batch), 1e9)), DATED.features[0].columns
    )
    is_present = np.isfinite(narrow(NumericColumn, batch.columns["day"]).values)
    for name in DATED.features[0].columns[1:]:
        assert (
            (narrow(CategoricalColumn, with_parts.columns[name]).codes >= 0) == is_present
        ).all()
    age = narrow(NumericColumn, with_parts.columns[DATED.features[0].columns[0]])
    assert (np.isfinite(age.values) == is_present).all()


values = st.lists(
    st.one_of(st.floats(-1e6, 1e6), st.integers(-50, 50).map(float), st.just(1e300)),
    min_size=1,
    max_size=60,
)
rounding_grids = st.one_of(
    st.sampled_from([0.1, 0.25, 1.0, 5.0, 100.0]).map(lambda step: RoundingGrid(step=step)),
    st.integers(1, 4).map(lambda count: RoundingGrid(digits=count)),
)


def rounded(values, rounding_grid):
    spacing = rounding_grid.spacing(values)
    return np.rint(values / spacing) * spacing


@settings(max_examples=200, deadline=None)
@given(values, rounding_grids)
def test_the_distance_of_the_rounded_reference_is_zero(reference, rounding_grid):
    reference = np.array(reference)
    rounded_pair = pair(reference, rounded(reference, rounding_grid), rounding_grid)
    # but for values that a sixth significant digit takes across a cut
    assert not_none(ks(rounded_pair.cdfs)) <= ks_max_error(rounded_pair.cdfs) + 1e-12


@settings(max_examples=200, deadline=None)
@given(values, values, rounding_grids)
def test_no_value_is_lost_on_a_rounding_grid(reference, current, rounding_grid):
    reference, current = np.array(reference), rounded(np.array(current), rounding_grid)
    rounded_pair = pair(reference, current, rounding_grid)
    sums = rounded_pair.bins.reference.sum(), rounded_pair.bins.current.sum()
    assert sums == (len(reference), len(current))
    assert rounded_pair.bins.reference.min() >= 0
    assert rounded_pair.bins.current.min() >= 0
    assert 0 <= not_none(ks(rounded_pair.cdfs)) <= 1
    assert len(rounded_pair.labels) == len(rounded_pair.bins.reference)


def pair(reference, current, rounding_grid):
    binning = fit_numeric(reference, max_split_points=16)
    before, after = (
        count_numeric(binning, NumericColumn(column)) for column in (reference, current)
    )
    return pair_on_rounding_grid(binning, before, after, rounding_grid)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.data())
def test_the_duplicates_of_a_small_window_are_exact_in_any_split(event_ids, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(event_ids)), max_size=4)))
    parts = [event_ids[start:end] for start, end in pairwise([0, *cuts, len(event_ids)])]
    whole = reduce(add, [profile(part) for part in parts], Profile.empty(BASELINE))
    estimate = not_none(estimate_duplicates(whole))
    assert estimate.share == (len(event_ids) - len(set(event_ids))) / len(event_ids)
    assert estimate.interval[0] == estimate.share == estimate.interval[1]


def profile(event_ids):
    batch = RecordBatch.from_columns(NUMERIC, {"x": np.zeros(len(event_ids))})
    return profile_batch(BASELINE, replace(batch, event_ids=[str(event) for event in event_ids]))
