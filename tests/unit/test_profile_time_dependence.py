"""Parts of the calendar that depend on the time of the request are recognized, and no others."""

import numpy as np
import pytest
from scipy import stats

from driftloop.profile.time_dependence import chi_square_critical_value, depends_on_request_time

ROWS = 20_000
DAYS = 35 * np.random.default_rng(0).random(ROWS)
"""Times of requests in days, over five weeks."""


def weekday(days):
    return np.floor(days).astype(np.int64) % 7


def hour(days):
    return np.floor(days % 1 * 24).astype(np.int64)


def ages(seed):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("dof", [6, 11, 23, 36, 529])
def test_the_critical_value_equals_scipys(dof):
    assert chi_square_critical_value(dof) == pytest.approx(stats.chi2.ppf(0.99, dof), rel=0.002)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (ages(1).exponential(1, ROWS), True),  # yesterday's orders
        (-ages(1).integers(1, 31, ROWS), True),  # deadlines 1 to 30 days ahead
        (ages(1).integers(0, 3, ROWS) * 7, True),  # always the same weekday
        (ages(1).uniform(0, 2000, ROWS), False),
        (-ages(1).integers(1, 29, ROWS), False),  # four whole weeks
    ],
)
def test_weekdays_depend_on_the_request_time_if_ages_are_uneven_within_weeks(age, expected):
    assert depends_on_request_time(weekday(DAYS), weekday(DAYS - age), 7) is expected


@pytest.mark.parametrize(("spread", "expected"), [(2, True), (600, False)])
def test_hours_depend_on_the_request_time_if_dates_are_close_to_it(spread, expected):
    age = ages(2).exponential(spread, ROWS)
    assert depends_on_request_time(hour(DAYS), hour(DAYS - age), 24) is expected


def test_a_pattern_of_the_dates_themselves_does_not_depend_on_the_request_time():
    """Signups in working hours and requests in working hours, independent of each other."""
    random = ages(3)
    busy = DAYS[random.random(ROWS) < np.where((hour(DAYS) > 8) & (hour(DAYS) < 18), 1, 0.1)]
    signups = random.integers(9, 18, len(busy))
    assert not depends_on_request_time(hour(busy), signups, 24)


def test_ages_alone_decide_if_requests_cover_little_of_the_clock():
    one_day = np.random.default_rng(4).random(ROWS)
    for age, expected in ((ages(5).uniform(0, 2000, ROWS), False), (ages(5).random(ROWS), True)):
        assert depends_on_request_time(weekday(one_day), weekday(one_day - age), 7) is expected


def test_few_rows_show_no_dependence():
    few = DAYS[:60]
    assert not depends_on_request_time(weekday(few), weekday(few - ages(6).uniform(0, 2000, 60)), 7)
    nothing = np.empty(0, dtype=np.int64)
    assert not depends_on_request_time(nothing, nothing, 7)


@pytest.mark.parametrize("rows", [200, 2000, 20_000])
def test_dates_of_uniform_ages_rarely_seem_to_depend_on_the_request_time(rows):
    random = np.random.default_rng(rows)
    hits = sum(
        depends_on_request_time(random.integers(0, 7, rows), random.integers(0, 7, rows), 7)
        for _ in range(200)
    )
    assert hits <= 8  # 1% of 200, and three standard deviations
