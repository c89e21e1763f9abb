from datetime import UTC, datetime, timedelta

import pytest

from driftloop.analysis_plan import missing_windows, non_overlapping
from driftloop.retraining.history import PastWindow, drifted_days
from driftloop.window import Window

DAY = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def span(first, last, day=DAY):
    return Window(day + first * HOUR, day + last * HOUR)


@pytest.mark.parametrize(
    ("first", "last", "closes"),
    [(23, 24, True), (22, 23, False), (18, 24, True), (0, 24, False), (0, 1, False)],
)
def test_the_last_of_the_shorter_windows_of_a_utc_day_closes_it(first, last, closes):
    assert span(first, last).closes_day is closes


def test_a_windows_day_is_utcs_whatever_its_own_zone():
    start = datetime.fromisoformat("2026-03-11T00:30:00+02:00")
    assert Window(start, start + HOUR).day == Window(DAY, DAY + 24 * HOUR)


def test_windows_that_begin_within_another_are_left_out_and_neighbours_are_not():
    windows = [span(9, 10), span(8, 12), span(8, 9), span(12, 13), span(7, 8)]
    assert non_overlapping(windows) == [span(7, 8), span(8, 12), span(12, 13)]


def test_a_day_lacks_the_windows_of_which_nothing_is_present():
    day = Window(DAY, DAY + 24 * HOUR)
    lacking = missing_windows(day, [span(6, 9)], 6 * HOUR, DAY)
    assert lacking == [span(0, 6), span(12, 18), span(18, 24)]


def test_a_day_lacks_nothing_from_before_the_version_served():
    day = Window(DAY, DAY + 24 * HOUR)
    assert missing_windows(day, [], 6 * HOUR, DAY + 13 * HOUR) == [span(12, 18), span(18, 24)]


def test_drifted_days_are_named_by_their_dates():
    days = [
        PastWindow(1, span(0, 24), "drifted"),
        PastWindow(1, span(0, 24, DAY + 24 * HOUR), "stable", prediction_drifted=True),
        PastWindow(1, span(0, 24, DAY + 48 * HOUR), "stable"),
    ]
    assert drifted_days(days, None) == ("20260310", "20260311")
    assert drifted_days(days, DAY + 24 * HOUR) == ("20260311",)
