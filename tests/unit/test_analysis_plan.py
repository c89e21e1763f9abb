from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftloop.analysis_plan import (
    capture_hours,
    earlier_windows,
    missing_windows,
    non_overlapping,
    uncovered_windows,
)
from driftloop.window import Window

T0 = DAY = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(first, count=1):
    return Window(T0 + HOUR * first, T0 + HOUR * (first + count))


def test_the_hour_before_a_window_is_read_too():
    assert capture_hours(hours(11)) == [T0 + HOUR * 10, T0 + HOUR * 11]
    assert len(capture_hours(hours(0, 24))) == 25


def test_late_files_are_searched_in_complete_windows():
    assert earlier_windows(hours(10), 2) == [hours(9), hours(8)]
    assert earlier_windows(hours(12, 6), 7) == [hours(6, 6), hours(0, 6)]
    assert earlier_windows(hours(12), 0) == []


def span(first, last, day=DAY):
    return Window(day + first * HOUR, day + last * HOUR)


@pytest.mark.parametrize(
    ("first", "last", "completes"),
    [(23, 24, True), (22, 23, False), (18, 24, True), (0, 24, False), (0, 1, False)],
)
def test_the_last_of_the_shorter_windows_of_a_utc_day_completes_it(first, last, completes):
    assert span(first, last).is_last_of_day is completes


def test_the_day_of_a_window_is_in_utc():
    start = datetime.fromisoformat("2026-03-11T00:30:00+02:00")
    assert Window(start, start + HOUR).day == Window(DAY, DAY + 24 * HOUR)


def test_windows_that_start_within_another_are_excluded_and_adjacent_ones_are_not():
    windows = [span(9, 10), span(8, 12), span(8, 9), span(12, 13), span(7, 8)]
    assert non_overlapping(windows) == [span(7, 8), span(8, 12), span(12, 13)]


def test_windows_without_a_profile_are_missing_in_a_day():
    day = Window(DAY, DAY + 24 * HOUR)
    missing = missing_windows(day, [span(6, 9)], 6 * HOUR, DAY)
    assert missing == [span(0, 6), span(12, 18), span(18, 24)]


def test_windows_from_before_the_version_served_are_not_missing():
    day = Window(DAY, DAY + 24 * HOUR)
    assert missing_windows(day, [], 6 * HOUR, DAY + 13 * HOUR) == [span(12, 18), span(18, 24)]


def test_windows_without_a_plan_are_uncovered_in_order_of_time():
    planned = [hours(4), hours(1), hours(2)]
    assert uncovered_windows(hours(0, 6), planned, HOUR) == [hours(0), hours(3), hours(5)]


def test_longer_windows_cover_what_shorter_ones_planned_and_split_where_windows_begin():
    """Windows of one hour became windows of six: what is left of the first one is a part of it."""
    planned = [hours(0), hours(1), hours(2)]
    found = uncovered_windows(hours(0, 18), planned, 6 * HOUR)
    assert found == [hours(3, 3), hours(6, 6), hours(12, 6)]


def test_shorter_windows_are_uncovered_where_no_longer_one_was_planned():
    """Windows of six hours became windows of one."""
    assert uncovered_windows(hours(4, 4), [hours(0, 6)], HOUR) == [hours(6), hours(7)]


intervals = st.tuples(st.integers(-30, 60), st.integers(1, 24)).map(lambda pair: hours(*pair))


@given(intervals, st.lists(intervals, max_size=8), st.sampled_from([1, 2, 3, 4, 6, 8, 12, 24]))
def test_each_hour_of_a_period_is_planned_or_in_one_uncovered_window(period, planned, length):
    found = uncovered_windows(period, planned, length * HOUR)
    assert found == sorted(found)
    assert all(window.end - window.start <= length * HOUR for window in found)
    planned_hours = {hour for window in planned for hour in window.hours()}
    uncovered = [hour for window in found for hour in window.hours()]
    assert sorted(uncovered) == [hour for hour in period.hours() if hour not in planned_hours]
    # none reaches over the beginning of a window, counted from midnight
    for window in found:
        first, last = (int((time - T0) // HOUR) for time in (window.start, window.end))
        assert first // length == (last - 1) // length
