"""Windows compared with the same hours of the training weeks, and what reports say of it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy import stats

from driftloop.capture import NumericColumn, RecordBatch
from driftloop.comparison import compare_profile, pair_with_reference
from driftloop.detection import DriftPolicy
from driftloop.detection.policy import MinEffectSizes
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.report import build_report
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.seasonality.adjustments import Adjustment, Adjustments
from driftloop.seasonality.hour_of_week import HourOfWeekProfile
from driftloop.window import Window
from tests.narrowing import narrow, not_none

SCHEMA = Schema(
    (
        Feature("temp", Kind.NUMERIC),
        Feature("hum", Kind.NUMERIC),
        Feature("city", Kind.CATEGORICAL),
    ),
    "y",
    ProblemType.REGRESSION,
)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
LIVE = MONDAY + timedelta(weeks=4)
RATE = 120


def records(start: datetime, hours: int, seed: int, rate: int = RATE) -> RecordBatch:
    """Every day the temperature goes up and down by two standard deviations."""
    random = np.random.default_rng(seed)
    rows = hours * rate
    times = start.timestamp() + np.arange(rows) * 3600 / rate
    daily = 10 * np.sin(2 * np.pi * times / 86400)
    cells = {
        "temp": 20 + daily + random.normal(0, 5, rows),
        "hum": random.normal(0, 1, rows),
        "city": random.choice(["a", "b"], rows).tolist(),
    }
    batch = RecordBatch.from_columns(SCHEMA, cells)
    batch.times[:] = times
    return batch


@pytest.fixture(scope="module")
def plain() -> Baseline:
    return fit_baseline(records(MONDAY, 4 * 168, 0))


@pytest.fixture(scope="module")
def baseline(plain: Baseline) -> Baseline:
    return plain.with_seasonality(
        HourOfWeekProfile.from_batches(plain, [records(MONDAY, 4 * 168, 0)])
    )


def window(hour: int, hours: int = 1) -> Window:
    start = LIVE + timedelta(hours=hour)
    return Window(start, start + timedelta(hours=hours))


def report(baseline: Baseline, hour: int, hours: int = 1, seed: int = 7, policy=None):
    span = window(hour, hours)
    profile = profile_batch(baseline, records(span.start, hours, seed))
    return build_report(baseline, profile, window=span, policy=policy or DriftPolicy(), model="m")


def test_the_reference_is_the_same_hour_of_each_training_week(baseline):
    profile = profile_batch(baseline, records(LIVE, 1, 1))
    column = pair_with_reference(baseline, profile, window(30))["temp"]
    assert column.reference.rows == 4 * RATE
    assert column.weeks == 4
    whole_days = pair_with_reference(baseline, profile, window(24, 24))["temp"]
    assert whole_days.reference.rows == 4 * 24 * RATE
    two_weeks = pair_with_reference(baseline, profile, window(0, 336))["temp"]
    assert two_weeks.reference.rows == 4 * 168 * RATE  # each hour once


def test_a_daily_cycle_is_drift_without_and_none_with_the_same_hours(plain, baseline):
    assert report(plain, 6)["temp"].drifted
    with_hours = report(baseline, 6)
    assert with_hours.verdict == "stable"
    medians = [side.median for side in (with_hours["temp"].reference, with_hours["temp"].current)]
    assert medians[0] == pytest.approx(medians[1], abs=2.5)  # both those of the hour


def test_a_shift_within_the_hour_is_still_drift(baseline):
    batch = records(LIVE, 1, 3)
    narrow(NumericColumn, batch.columns["temp"]).values[:] += 5
    profile = profile_batch(baseline, batch)
    found = build_report(baseline, profile, window=window(0), policy=DriftPolicy(), model="m")
    assert found.drifted_features == ("temp",)


def test_hours_with_too_few_records_are_compared_with_all_of_the_training_data(plain):
    batch = records(MONDAY, 4 * 168, 0, rate=60)  # 240 records in each hour of the week
    sparse = plain.with_seasonality(HourOfWeekProfile.from_batches(plain, [batch]))
    profile = profile_batch(plain, records(LIVE, 1, 1))
    column = pair_with_reference(sparse, profile, window(0))["temp"]
    assert (column.weeks, column.reference.rows) == (0, plain.reference_records)
    found = report(sparse, 0)
    assert found["temp"].reference_weeks == 0
    assert any("have too few records" in note for note in found.notes)


def test_without_seasonality_a_window_changes_nothing(plain):
    profile = profile_batch(plain, records(LIVE, 1, 1))
    assert compare_profile(pair_with_reference(plain, profile, window(0))) == compare_profile(
        pair_with_reference(plain, profile)
    )
    assert report(plain, 0).notes[0].startswith("The tests assume independent records")
    assert report(plain, 0)["temp"].design_effect == 1.0


def test_the_same_counts_without_a_replay_still_assume_independent_records(baseline):
    notes = report(baseline, 6).notes
    assert notes[0] == "Compared with the same hours of the week of 4 training weeks."
    assert notes[1].startswith("The tests assume independent records")


@pytest.fixture(scope="module")
def granted(plain: Baseline) -> Baseline:
    seasonality = HourOfWeekProfile.from_batches(plain, [records(MONDAY, 4 * 168, 0)])
    by_window = {"temp": Adjustment(4.0, 1.5), "hum": Adjustment(1.0, 1.0), "city": Adjustment()}
    by_day = {"temp": Adjustment(9.0, 3.0), "hum": Adjustment(), "city": Adjustment()}
    return plain.with_seasonality(
        seasonality.with_adjustments(Adjustments(1, by_window, by_day, {"min_effect_size": 0.2})),
    )


def test_a_report_has_the_adjustments_of_each_column(granted):
    found = report(granted, 6)
    column = found["temp"]
    assert column.design_effect == 4.0
    assert column.min_effect_sizes.distribution == pytest.approx(0.3)
    assert column.min_effect_sizes.share == pytest.approx(0.15)
    assert column.reference_weeks == 4
    assert found["hum"].min_effect_sizes == MinEffectSizes(0.2, 0.1)
    assert (
        "Adjusted for dependent records: design effect up to 4 (temp), minimum effect size"
        " multiplied by up to 1.5 (temp)." in found.notes
    )
    assert not any("independent" in note for note in found.notes)


def test_a_day_has_its_own_adjustments_and_correlations_are_tested_on_days_only(granted):
    day, hour = report(granted, 24, 24), report(granted, 6)
    assert day["temp"].design_effect == 9.0
    assert day["temp"].min_effect_sizes.distribution == pytest.approx(0.6)
    assert day.multivariate is not None
    assert hour.multivariate is None
    assert any("Correlations are tested on whole days" in note for note in hour.notes)


def test_the_sample_of_a_day_depends_on_itself_less_than_the_day_does(plain):
    """8,640 records of which 2,048 are kept: of a design effect of 9, 1 + 8 * 2048 / 8640."""

    def p_value(effect: float) -> float:
        every = dict.fromkeys(("temp", "hum", "city"), Adjustment(effect))
        seasonality = HourOfWeekProfile.from_batches(plain, [records(MONDAY, 4 * 168, 0)])
        complete = plain.with_seasonality(
            seasonality.with_adjustments(Adjustments(1, every, every))
        )
        batch = records(LIVE, 24, 5, rate=360)
        temp, hum = (narrow(NumericColumn, batch.columns[name]) for name in ("temp", "hum"))
        hum.values[:] += 0.02 * temp.values
        profile = profile_batch(complete, batch)
        columns = pair_with_reference(complete, profile, window(0, 24))
        return not_none(compare_profile(columns).multivariate).p_value

    independent, dependent = (stats.t.isf(p_value(effect) / 2, 2047) for effect in (1.0, 9.0))
    assert dependent == pytest.approx(independent / np.sqrt(1 + 8 * 2048 / 8640), rel=0.02)


def test_a_note_names_settings_and_window_lengths_that_differ_from_the_replayed_ones(granted):
    notes = " ".join(report(granted, 0, 4, policy=DriftPolicy(min_effect_size=0.3)).notes)
    assert "with other settings: monitoring.min_effect_size changed since" in notes
    assert "fitted for windows of 1 hours, and this one has 4" in notes


def test_a_category_of_accepted_weeks_is_not_new(plain):
    def live(start: datetime, hours: int, category: str) -> RecordBatch:
        batch = records(start, hours, 2)
        cells = {
            "temp": narrow(NumericColumn, batch.columns["temp"]).values,
            "hum": narrow(NumericColumn, batch.columns["hum"]).values,
            "city": np.where(np.arange(len(batch)) % 10 == 0, category, "a").tolist(),
        }
        return RecordBatch.from_columns(SCHEMA, cells, times=batch.times)

    weeks = plain.with_seasonality(
        HourOfWeekProfile.from_batches(plain, [live(MONDAY, 4 * 168, "zz")])
    )
    for category, changes in (("zz", []), ("yy", ["yy", "zz"])):
        profile = profile_batch(plain, live(LIVE, 1, category))
        found = build_report(weeks, profile, window=window(0), policy=DriftPolicy(), model="m")
        changed = found["city"].changed_categories
        assert sorted(item.category for item in changed) == changes


def test_a_note_warns_of_far_more_records_than_the_training_weeks_have(granted):
    many = profile_batch(granted, records(LIVE, 1, 1, rate=4 * RATE))
    found = build_report(granted, many, window=window(0), policy=DriftPolicy(), model="m")
    assert any(
        "480 records, and these hours of a training week have 120" in note for note in found.notes
    )
    assert not any("may be too small" in note for note in report(granted, 0).notes)


def test_a_larger_minimum_effect_size_makes_drift_a_minor_change(plain, baseline):
    high = {name: Adjustment(1.0, 4.0) for name in ("temp", "hum", "city")}
    seasonality = HourOfWeekProfile.from_batches(plain, [records(MONDAY, 4 * 168, 0)])
    raised = plain.with_seasonality(seasonality.with_adjustments(Adjustments(1, high, high)))
    batch = records(LIVE, 1, 3)
    narrow(NumericColumn, batch.columns["hum"]).values[:] += 0.6
    profile = profile_batch(plain, batch)
    for one, status in ((baseline, "drifted"), (raised, "minor_change")):
        found = build_report(one, profile, window=window(0), policy=DriftPolicy(), model="m")
        assert found["hum"].status == status
