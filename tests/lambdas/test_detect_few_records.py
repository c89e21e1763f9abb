"""A model with some requests a day has verdicts: on the days that add up to enough records."""

import pytest

from driftloop.contract.ledger_items import DayItem, WindowItem
from tests.lambdas.analysis import analyze, report_of, series
from tests.lambdas.live_days import HOURS, analyze_day, serve_day, store_daily_baseline

FIVE = 5
"""Requests in each of the four hours of a day: 20 a day, 100 in five days."""


@pytest.fixture
def days(live, fleet_of):
    """Windows of 24 hours, of a version whose training data has no times."""
    live._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 24})
    return live


@pytest.fixture
def few(days, fleet_of):
    """The same, where 30 records are enough: more than a week has of 4 a day."""
    days._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 24, "min_records": 30})
    return days


def play(aws, first, last, **how):
    for day in range(first, last + 1):
        serve_day(day, **{"count": FIVE, **how})
        analyze_day(aws, day)


def verdicts(ledger, item_type=WindowItem):
    return [item.verdict for item in ledger.query(item_type, 1)]


def test_the_records_of_a_week_are_summed_for_the_verdict_of_a_day(days, ledger):
    play(days, 1, 8)
    assert verdicts(ledger) == ["insufficient_data"] * 4 + ["stable"] * 4
    found = report_of("20260305T00")
    assert found.window.to_dict() == {
        "start": "2026-02-27T00:00:00Z",
        "end": "2026-03-06T00:00:00Z",
    }
    assert found.counts.records == 100
    assert (
        "The day has 20 records, and a verdict takes 100. This report is on the 100 records of the"
        " 7 days that end with it." in found.notes
    )
    assert report_of("20260308T00").counts.records == 140
    assert series("RecordsAnalyzed")["08T23"] == 20
    assert [item.records for item in ledger.query(WindowItem, 1)] == [20] * 8


def test_drift_is_found_in_the_sum_and_persists(days, ledger):
    play(days, 1, 5, shift=20)
    assert verdicts(ledger)[-1] == "drifted"
    assert report_of("20260305T00").drifted_features == ("temp",)
    assert series("DriftDetected") == {"05T23": 1}


def test_four_weeks_are_summed_where_a_week_has_too_few(few, ledger):
    play(few, 1, 8, count=1)
    assert verdicts(ledger) == ["insufficient_data"] * 7 + ["stable"]
    assert report_of("20260308T00").counts.records == 32
    assert any("of the 28 days" in note for note in report_of("20260308T00").notes)


def test_a_day_without_a_record_has_no_verdict_of_days_before_it(days, ledger):
    play(days, 1, 5)
    analyze_day(days, 6)
    assert verdicts(ledger) == ["insufficient_data"] * 4 + ["stable", "insufficient_data"]


def test_the_days_that_shorter_windows_add_up_to_are_summed_so(days, fleet_of, ledger):
    days._environ["FLEET_KEY"] = fleet_of(monitoring={"window_hours": 6})
    for day in range(1, 6):
        serve_day(day, count=FIVE)
        for hour in range(0, 24, 6):
            analyze(days, hour=hour, day=day, hours=6)
    assert len(HOURS) == 4
    assert set(verdicts(ledger)) == {"insufficient_data"}
    assert verdicts(ledger, DayItem) == ["insufficient_data"] * 4 + ["stable"]


def test_the_daily_rule_decides_on_few_records_once_the_days_have_enough(days, ledger):
    store_daily_baseline()
    play(days, 1, 7)
    assert verdicts(ledger) == ["insufficient_data"] * 4 + ["stable"] * 3
    found = report_of("20260307T00")
    assert (found.counts.records, found.day.records) == (20, 20)


def test_days_too_small_for_the_daily_rule_are_summed_too(few, ledger):
    store_daily_baseline()
    play(few, 1, 8, count=1)
    assert verdicts(ledger) == ["insufficient_data"] * 7 + ["stable"]
    found = report_of("20260308T00")
    assert (found.counts.records, found.day.records) == (32, 4)
    assert found.drift_from_training.records == 32
