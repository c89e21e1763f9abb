"""What holds of dates, of rounded windows and of repeats, whatever the data."""

from dataclasses import replace
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from driftloop.capture import NumericColumn, RecordBatch
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

DATED = Schema((Feature("day", Kind.DATE),), "y", ProblemType.REGRESSION)
PLAIN = Schema((Feature("x", Kind.NUMERIC),), "y", ProblemType.REGRESSION)
BASELINE = fit_baseline(RecordBatch.from_columns(PLAIN, {"x": np.arange(500.0) % 7}))

numbers = st.floats(allow_nan=True, allow_infinity=True)
digits = st.integers(0, 10**19).map(str)
iso = st.datetimes().map(lambda moment: moment.isoformat())
words = st.text(st.characters(exclude_characters='",\r\n', exclude_categories=["Cs"]), max_size=12)
cells = st.lists(
    st.one_of(iso, iso.map(lambda text: f"{text[:10]} "), digits, words, numbers.map(str)),
    min_size=1,
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(cells)
def test_dates_are_read_quickly_as_they_are_read_exactly(texts):
    plain = ColumnBuilder(DATED.features)
    rows = CellOffsets.from_rows(texts, 1)
    assume(rows is not None)
    plain.add(rows)
    quick, exact = plain.columns()["day"], to_column(DATED.features[0], texts)
    assert np.array_equal(quick.values, exact.values, equal_nan=True)
    nothing = np.zeros(len(texts), dtype=np.bool_)
    marks = [nothing if side.invalid is None else side.invalid for side in (quick, exact)]
    assert marks[0].tolist() == marks[1].tolist()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(iso, numbers, st.none(), words, st.lists(st.integers())), max_size=20))
def test_any_cell_is_a_date_or_missing_or_wrong_and_has_its_parts_accordingly(given_cells):
    batch = RecordBatch.from_columns(DATED, {"day": given_cells})
    made = with_date_parts(
        replace(batch, times=np.full(len(batch), 1e9)), DATED.features[0].columns
    )
    there = np.isfinite(batch.columns["day"].values)
    for name in DATED.features[0].columns[1:]:
        assert ((made.columns[name].codes >= 0) == there).all()
    assert (np.isfinite(made.columns[DATED.features[0].columns[0]].values) == there).all()


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
def test_the_reference_itself_rounded_is_at_no_distance(reference, rounding_grid):
    reference = np.array(reference)
    coarse = pair(reference, rounded(reference, rounding_grid), rounding_grid)
    # but for values that a sixth significant digit takes across a cut
    assert ks(coarse.cdfs) <= ks_max_error(coarse.cdfs) + 1e-12


@settings(max_examples=200, deadline=None)
@given(values, values, rounding_grids)
def test_no_value_is_lost_on_the_coarser_grid(reference, current, rounding_grid):
    reference, current = np.array(reference), rounded(np.array(current), rounding_grid)
    coarse = pair(reference, current, rounding_grid)
    sums = coarse.bins.reference.sum(), coarse.bins.current.sum()
    assert sums == (len(reference), len(current))
    assert coarse.bins.reference.min() >= 0
    assert coarse.bins.current.min() >= 0
    assert 0 <= ks(coarse.cdfs) <= 1
    assert len(coarse.labels) == len(coarse.bins.reference)


def pair(reference, current, rounding_grid):
    binning = fit_numeric(reference, max_split_points=16)
    sides = [count_numeric(binning, NumericColumn(side)) for side in (reference, current)]
    return pair_on_rounding_grid(binning, *sides, rounding_grid)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.data())
def test_repeats_of_a_small_window_are_those_of_its_events_in_any_split(events, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=4)))
    parts = [events[start:end] for start, end in pairwise([0, *cuts, len(events)])]
    found = estimate_duplicates(
        reduce(add, [profile(part) for part in parts], Profile.empty(BASELINE))
    )
    assert found.share == (len(events) - len(set(events))) / len(events)
    assert found.interval[0] == found.share == found.interval[1]


def profile(events):
    batch = RecordBatch.from_columns(PLAIN, {"x": np.zeros(len(events))})
    return profile_batch(BASELINE, replace(batch, event_ids=[str(event) for event in events]))
