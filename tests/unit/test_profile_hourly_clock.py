"""Columns that follow the clock, in time zones with daylight saving."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from driftloop.capture import CategoricalColumn, NumericColumn
from driftloop.cell_values import category_codes
from driftloop.daily.day import make_day
from driftloop.profile.hourly.clock import ClockCode, find_clock_code, local_parts, utc_offsets
from driftloop.profile.hourly.counts import HourCounts
from driftloop.profile.hourly.layout import HourlyLayout, StoredLayout

ZONE = "America/New_York"


def epoch(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


# The Energy Policy Act of 2005: from the second Sunday of March to the first one of November,
# 2 a.m. local time. 10 March and 3 November 2013.
@pytest.mark.parametrize(
    ("time", "hours"),
    [
        ((2013, 3, 10, 6, 59), -5),
        ((2013, 3, 10, 7, 0), -4),
        ((2013, 11, 3, 5, 59), -4),
        ((2013, 11, 3, 6, 0), -5),
    ],
)
def test_offsets_change_with_daylight_saving(time: tuple[int, ...], hours: int) -> None:
    assert utc_offsets(np.array([epoch(*time)]), ZONE).tolist() == [hours * 3600]


def test_local_hours_are_those_of_the_standard_library() -> None:
    times = epoch(2013, 3, 9) + np.arange(0, 4 * 86400, 1700.0)
    expected = [datetime.fromtimestamp(t, ZoneInfo(ZONE)) for t in times.tolist()]
    parts = local_parts(times, ZONE)
    assert parts["hour"].tolist() == [one.hour for one in expected]
    assert parts["weekday"].tolist() == [one.weekday() for one in expected]
    assert parts["month"].tolist() == [one.month - 1 for one in expected]


def test_zones_off_the_hour_have_their_own_hours() -> None:
    assert local_parts(np.array([epoch(2026, 1, 5, 18, 45)]), "Asia/Kolkata")["hour"] == [0]


TIMES = epoch(2013, 1, 7) + np.arange(0, 60 * 86400, 3571.0)
LOCAL = [datetime.fromtimestamp(t, ZoneInfo(ZONE)) for t in TIMES.tolist()]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([t.hour for t in LOCAL], ClockCode("hour", 0)),
        ([t.hour + 1 for t in LOCAL], ClockCode("hour", 1)),
        ([t.weekday() for t in LOCAL], ClockCode("weekday", 0)),
        ([t.isoweekday() for t in LOCAL], ClockCode("weekday", 1)),
        ([t.isoweekday() % 7 for t in LOCAL], ClockCode("weekday", 0, 1)),
        ([t.strftime("%A") for t in LOCAL], ClockCode("weekday", None)),
        ([t.strftime("%a").lower() for t in LOCAL], ClockCode("weekday", None)),
        ([t.month for t in LOCAL], ClockCode("month", 1)),
        ([t.strftime("%B") for t in LOCAL], ClockCode("month", None)),
        ([str(t.hour) for t in LOCAL], ClockCode("hour", 0)),
        ([(t.hour + 5) % 24 for t in LOCAL], None),
        ([1.0 for _ in LOCAL], None),
    ],
)
def test_the_usual_codes_are_recognized(values: list[object], code: ClockCode | None) -> None:
    is_text = isinstance(values[0], str)
    column = (
        CategoricalColumn(*category_codes(values))
        if is_text
        else NumericColumn(np.array(values, dtype=np.float64))
    )
    assert find_clock_code(column, local_parts(TIMES, ZONE)) == code


def test_a_day_with_a_repeated_hour_has_both_hours_in_one() -> None:
    layout = HourlyLayout(StoredLayout(zone=ZONE), {}, 1)
    one = np.array([1])
    hour = HourCounts(np.array([0]), one, np.empty(0), np.empty(0))
    first = int(epoch(2013, 11, 3, 4)) // 3600
    day = make_day(layout, dict.fromkeys(range(first, first + 24), hour), first + 24)
    assert day.counts[:, 0].tolist() == [1, 2, *[1] * 21, 0]
