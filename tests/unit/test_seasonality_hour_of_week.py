"""Hourly counts: what they hold, how they add up, and which files are errors."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from driftloop.capture import RecordBatch
from driftloop.capture.record_batch import CategoricalColumn, NumericColumn
from driftloop.errors import FormatError, InputError
from driftloop.profile import Baseline, fit_baseline
from driftloop.profile.column_pair import pair_columns
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts, count_numeric
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.seasonality.adjustments import Adjustment, Adjustments
from driftloop.seasonality.hour_of_week import (
    HourOfWeekProfile,
)
from driftloop.seasonality.hourly_counts import PREDICTION, coarse_binnings
from tests.narrowing import narrow, not_none

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


def test_every_hour_counts_the_records_of_that_hour(seasonality, batch):
    assert len(seasonality.hours) == 672
    assert [len(week) for week in seasonality.weeks] == [168] * 4
    first = int(MONDAY.timestamp()) // HOUR
    in_hour = (batch.times >= (first + 5) * HOUR) & (batch.times < (first + 6) * HOUR)
    columns = seasonality.columns(first + 5)
    assert columns["temp"].rows == columns[PREDICTION].rows == np.count_nonzero(in_hour)
    assert columns["temp"].minimum == batch.columns["temp"].values[in_hour].min()
    assert sum(seasonality.columns(hour)["city"].rows for hour in seasonality.hours) == len(batch)


def test_records_without_a_time_are_not_counted(baseline):
    batch = records(100, hours=1)
    batch.times[:40] = np.nan
    profile = HourOfWeekProfile.from_batches(baseline, [batch])
    assert [not_none(profile.columns(hour))["temp"].rows for hour in profile.hours] == [60]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["normal", "prices", "few", "huge"]))
def test_counting_on_a_coarse_binning_equals_reducing_the_full_counts(seed, distribution):
    random = np.random.default_rng(seed)
    draw = {
        "normal": lambda n: random.normal(size=n),
        "prices": lambda n: np.float32(random.integers(1, 3000, n) / 7).astype(np.float64),
        "few": lambda n: random.integers(0, 5, n).astype(np.float64),
        "huge": lambda n: random.standard_cauchy(n) * 1e300,
    }[distribution]
    with np.errstate(over="ignore"):
        reference, window = np.asarray(draw(5000)), np.asarray(draw(300))
    schema = Schema((Feature("x", Kind.NUMERIC),), "y", ProblemType.REGRESSION)
    baseline_of_draw = fit_baseline(RecordBatch.from_columns(schema, {"x": reference}))
    column = coarse_binnings(baseline_of_draw.binnings, baseline_of_draw.reference)["x"]
    binning = narrow(NumericBinning, column.binning)
    fine = narrow(NumericBinning, baseline_of_draw.binnings.features["x"])
    full = count_numeric(fine, NumericColumn(window))
    coarse = count_numeric(binning, NumericColumn(window))
    reduced = narrow(NumericCounts, column.reduce(full))
    assert np.array_equal(reduced.counts_at, coarse.counts_at)
    assert np.array_equal(reduced.counts_between, coarse.counts_between)
    assert len(binning.split_points) <= 256 + 10 + 2
    all_bins = pair_columns(
        baseline_of_draw.binnings.features["x"], baseline_of_draw.reference.features["x"], full
    )
    few_bins = pair_columns(
        column.binning, column.reduce(baseline_of_draw.reference.features["x"]), coarse
    )
    assert np.array_equal(all_bins.bins.current, few_bins.bins.current)
    assert np.array_equal(all_bins.bins.reference, few_bins.bins.reference)


def test_the_distance_on_a_coarse_binning_is_within_its_stated_error(baseline, batch):
    from driftloop.metrics.ks import ks, ks_max_error

    column = coarse_binnings(baseline.binnings, baseline.reference)["temp"]
    values = np.random.default_rng(1).normal(21, 5, 3000)
    current = count_numeric(narrow(NumericBinning, column.binning), NumericColumn(values))
    reference = column.reduce(baseline.reference.features["temp"])
    cdfs = not_none(pair_columns(column.binning, reference, current).cdfs)
    exact = stats.ks_2samp(batch.columns["temp"].values, values).statistic
    assert 0 < ks_max_error(cdfs) <= 1.1 / 256
    assert 0 <= exact - not_none(ks(cdfs)) <= ks_max_error(cdfs)


def subset(batch: RecordBatch, rows) -> RecordBatch:
    temp, prediction = (
        narrow(NumericColumn, column).values[rows]
        for column in (batch.columns["temp"], batch.prediction)
    )
    city = narrow(CategoricalColumn, batch.columns["city"])
    cells = {"temp": temp, "city": [city.categories[code] for code in city.codes[rows]]}
    baseline_of_draw = RecordBatch.from_columns(SCHEMA, cells, prediction)
    baseline_of_draw.times[:] = batch.times[rows]
    return baseline_of_draw


def test_hours_add_up_in_any_order_and_split(baseline, batch, seasonality):
    half = np.arange(len(batch)) % 2 == 0
    one, two = (
        HourOfWeekProfile.from_batches(baseline, [subset(batch, np.flatnonzero(h))])
        for h in (half, ~half)
    )
    assert (one + two).to_bytes() == (two + one).to_bytes() == seasonality.to_bytes()


def test_the_latest_eight_whole_weeks_are_kept(baseline):
    profile = HourOfWeekProfile.from_batches(baseline, [records(20_000, hours=10 * 168)])
    assert len(profile.hours) == 8 * 168
    assert len(profile.weeks) == 8
    assert profile.weeks[-1].stop * HOUR == MONDAY.timestamp() + 10 * 168 * HOUR


def test_hours_of_another_baseline_are_refused(baseline):
    other = fit_baseline(records(500, hours=1, seed=9))
    with pytest.raises(InputError, match="count them again"):
        baseline.with_seasonality(HourOfWeekProfile.from_batches(other, [records(500, hours=1)]))


def test_a_baseline_stores_its_seasonality_and_keeps_its_fingerprint(baseline, seasonality):
    adjustments = Adjustments(
        1, {"temp": Adjustment(3.0, 1.5)}, {"temp": Adjustment()}, {"x": 1}, {}
    )
    complete = baseline.with_seasonality(seasonality.with_adjustments(adjustments))
    loaded = Baseline.from_bytes(complete.to_bytes())
    assert loaded.fingerprint == baseline.fingerprint
    assert loaded.to_bytes() == complete.to_bytes()
    assert loaded.seasonality.adjustments == adjustments
    assert loaded.seasonality.columns(min(seasonality.hours))["temp"].rows > 0
    assert Baseline.from_bytes(baseline.to_bytes()).seasonality is None


def test_a_baseline_decodes_its_seasonality_once(baseline, seasonality):
    complete = baseline.with_seasonality(seasonality)
    assert complete.seasonality is complete.seasonality
    assert complete.seasonality.to_bytes() == seasonality.to_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.replace(b"seasonality 2", b"seasonality 9"), "version 9"),
        (lambda data: data[:-10], "truncated"),
        (lambda data: b"PAR1" + data, "not a driftloop seasonality file"),
    ],
)
def test_the_error_of_an_unreadable_seasonality_file_says_why(seasonality, change, message):
    with pytest.raises(FormatError, match=message):
        HourOfWeekProfile.from_bytes(change(seasonality.to_bytes()))


def test_four_weeks_of_twenty_features_are_a_few_megabytes():
    random = np.random.default_rng(0)
    rows = 672 * 200
    names = [f"x{position}" for position in range(20)]
    schema = Schema(tuple(Feature(n, Kind.NUMERIC) for n in names), "y", ProblemType.REGRESSION)
    batch = RecordBatch.from_columns(schema, {name: random.normal(size=rows) for name in names})
    batch.times[:] = np.arange(rows) * 18.0
    size = len(HourOfWeekProfile.from_batches(fit_baseline(batch), [batch]).to_bytes())
    assert size < 3_000_000
