"""Counts by hour: what is kept, what adds up, what is refused."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driftloop.capture import RecordBatch
from driftloop.capture.record_batch import NumericColumn
from driftloop.errors import FormatError, InputError
from driftloop.profile import Baseline, Profile, fit_baseline, profile_batch
from driftloop.profile.column_pair import pair_columns
from driftloop.profile.numeric.counts import count_numeric
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.seasonality.adjustments import Adjustment, Adjustments
from driftloop.seasonality.hour_of_week import (
    HourOfWeekProfile,
)
from driftloop.seasonality.hourly_counts import PREDICTION, coarse_binnings

SCHEMA = Schema(
    (Feature("temp", Kind.NUMERIC), Feature("city", Kind.CATEGORICAL)), "y", ProblemType.REGRESSION
)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = 3600


def records(rows: int, *, hours: int, seed: int = 0) -> RecordBatch:
    """Rows spread evenly over hours from Monday on."""
    random = np.random.default_rng(seed)
    cells = {
        "temp": random.normal(20, 5, rows),
        "city": random.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1]).tolist(),
    }
    batch = RecordBatch.from_columns(SCHEMA, cells, random.normal(0, 1, rows))
    batch.times[:] = MONDAY.timestamp() + np.arange(rows) * hours * HOUR / rows
    return batch


@pytest.fixture(scope="module")
def batch() -> RecordBatch:
    return records(20_000, hours=4 * 168)


@pytest.fixture(scope="module")
def baseline(batch: RecordBatch) -> Baseline:
    return fit_baseline(batch)


@pytest.fixture(scope="module")
def seasonality(baseline: Baseline, batch: RecordBatch) -> HourOfWeekProfile:
    return HourOfWeekProfile.from_batches(baseline, [batch])


def test_every_hour_holds_the_records_of_that_hour(seasonality, batch):
    assert len(seasonality.hours) == 672
    assert [len(week) for week in seasonality.weeks] == [168] * 4
    first = int(MONDAY.timestamp()) // HOUR
    inside = (batch.times >= (first + 5) * HOUR) & (batch.times < (first + 6) * HOUR)
    columns = seasonality.columns(first + 5)
    assert columns["temp"].rows == columns[PREDICTION].rows == np.count_nonzero(inside)
    assert columns["temp"].minimum == batch.columns["temp"].values[inside].min()
    assert sum(seasonality.columns(hour)["city"].rows for hour in seasonality.hours) == len(batch)


def test_records_without_a_time_belong_to_no_hour(baseline):
    batch = records(100, hours=1)
    batch.times[:40] = np.nan
    found = HourOfWeekProfile.from_batches(baseline, [batch])
    assert [found.columns(hour)["temp"].rows for hour in found.hours] == [60]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["normal", "prices", "few", "huge"]))
def test_counting_on_fewer_knots_is_counting_on_all_and_adding_up(seed, shape):
    random = np.random.default_rng(seed)
    draw = {
        "normal": lambda n: random.normal(size=n),
        "prices": lambda n: np.float32(random.integers(1, 3000, n) / 7).astype(np.float64),
        "few": lambda n: random.integers(0, 5, n).astype(np.float64),
        "huge": lambda n: random.standard_cauchy(n) * 1e300,
    }[shape]
    with np.errstate(over="ignore"):
        reference, window = draw(5000), draw(300)
    schema = Schema((Feature("x", Kind.NUMERIC),), "y", ProblemType.REGRESSION)
    made = fit_baseline(RecordBatch.from_columns(schema, {"x": reference}))
    column = coarse_binnings(made.binnings, made.reference)["x"]
    full = count_numeric(made.binnings.features["x"], NumericColumn(window))
    thin = count_numeric(column.binning, NumericColumn(window))
    assert np.array_equal(column.reduce(full).counts_at, thin.counts_at)
    assert np.array_equal(column.reduce(full).counts_between, thin.counts_between)
    assert len(column.binning.split_points) <= 256 + 10 + 2
    all_bins = pair_columns(made.binnings.features["x"], made.reference.features["x"], full)
    few_bins = pair_columns(column.binning, column.reduce(made.reference.features["x"]), thin)
    assert np.array_equal(all_bins.bins.current, few_bins.bins.current)
    assert np.array_equal(all_bins.bins.reference, few_bins.bins.reference)


def test_the_distance_on_fewer_knots_is_within_what_is_stated(baseline, batch):
    from driftloop.metrics.ks import ks, ks_max_error

    column = coarse_binnings(baseline.binnings, baseline.reference)["temp"]
    values = np.random.default_rng(1).normal(21, 5, 3000)
    current = count_numeric(column.binning, NumericColumn(values))
    reference = column.reduce(baseline.reference.features["temp"])
    distributions = pair_columns(column.binning, reference, current).cdfs
    exact = stats.ks_2samp(batch.columns["temp"].values, values).statistic
    assert 0 < ks_max_error(distributions) <= 1.1 / 256
    assert 0 <= exact - ks(distributions) <= ks_max_error(distributions)


def test_kept_profiles_give_the_same_hours_as_the_records_themselves(baseline, batch, seasonality):
    hours = np.floor(batch.times / HOUR).astype(int)
    windows = []
    for hour in sorted(set(hours.tolist())):
        part = subset(batch, np.flatnonzero(hours == hour))
        windows.append((datetime.fromtimestamp(hour * HOUR, UTC), profile_batch(baseline, part)))
    assert HourOfWeekProfile.from_profiles(baseline, windows).to_bytes() == seasonality.to_bytes()


def subset(batch: RecordBatch, rows) -> RecordBatch:
    cells = {
        "temp": batch.columns["temp"].values[rows],
        "city": [batch.columns["city"].categories[c] for c in batch.columns["city"].codes[rows]],
    }
    made = RecordBatch.from_columns(SCHEMA, cells, batch.prediction.values[rows])
    made.times[:] = batch.times[rows]
    return made


def test_hours_add_up_in_any_order_and_split(baseline, batch, seasonality):
    half = np.arange(len(batch)) % 2 == 0
    one, two = (
        HourOfWeekProfile.from_batches(baseline, [subset(batch, np.flatnonzero(h))])
        for h in (half, ~half)
    )
    assert (one + two).to_bytes() == (two + one).to_bytes() == seasonality.to_bytes()


def test_the_latest_eight_whole_weeks_are_kept(baseline):
    found = HourOfWeekProfile.from_batches(baseline, [records(20_000, hours=10 * 168)])
    assert len(found.hours) == 8 * 168
    assert len(found.weeks) == 8
    assert found.weeks[-1].stop * HOUR == MONDAY.timestamp() + 10 * 168 * HOUR


def test_weeks_of_longer_windows_are_whole_although_only_their_starts_are_kept(baseline):
    part = profile_batch(baseline, records(100, hours=1))
    windows = [(MONDAY + timedelta(hours=4 * step), part) for step in range(4 * 42)]
    found = HourOfWeekProfile.from_profiles(baseline, windows, window_hours=4)
    assert len(found.weeks) == 4


def test_a_profile_of_another_baseline_is_refused_by_its_hour(baseline):
    other = fit_baseline(records(500, hours=1, seed=9))
    with pytest.raises(InputError, match="2026-01-05T00:00Z was counted on another baseline"):
        HourOfWeekProfile.from_profiles(baseline, [(MONDAY, Profile.empty(other))])
    with pytest.raises(InputError, match="count them again"):
        baseline.with_seasonality(HourOfWeekProfile.from_batches(other, [records(500, hours=1)]))


def test_a_baseline_brings_its_rhythm_along_and_keeps_its_fingerprint(baseline, seasonality):
    adjustments = Adjustments(
        1, {"temp": Adjustment(3.0, 1.5)}, {"temp": Adjustment()}, {"x": 1}, {}
    )
    complete = baseline.with_seasonality(seasonality.with_adjustments(adjustments))
    again = Baseline.from_bytes(complete.to_bytes())
    assert again.fingerprint == baseline.fingerprint
    assert again.to_bytes() == complete.to_bytes()
    assert again.seasonality.adjustments == adjustments
    assert again.seasonality.columns(min(seasonality.hours))["temp"].rows > 0
    assert Baseline.from_bytes(baseline.to_bytes()).seasonality is None


def test_a_baseline_decodes_its_seasonality_once(baseline, seasonality):
    complete = baseline.with_seasonality(seasonality)
    assert complete.seasonality is complete.seasonality
    assert complete.seasonality.to_bytes() == seasonality.to_bytes()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data.replace(b"seasonality 2", b"seasonality 9"), "version 9"),
        (lambda data: data[:-10], "truncated"),
        (lambda data: b"PAR1" + data, "not a driftloop seasonality file"),
    ],
)
def test_a_rhythm_that_cannot_be_read_says_why(seasonality, change, told):
    with pytest.raises(FormatError, match=told):
        HourOfWeekProfile.from_bytes(change(seasonality.to_bytes()))


def test_four_weeks_of_twenty_features_are_a_few_megabytes():
    random = np.random.default_rng(0)
    rows = 672 * 200
    names = [f"x{place}" for place in range(20)]
    schema = Schema(tuple(Feature(n, Kind.NUMERIC) for n in names), "y", ProblemType.REGRESSION)
    batch = RecordBatch.from_columns(schema, {name: random.normal(size=rows) for name in names})
    batch.times[:] = np.arange(rows) * 18.0
    size = len(HourOfWeekProfile.from_batches(fit_baseline(batch), [batch]).to_bytes())
    assert size < 3_000_000
