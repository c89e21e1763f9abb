"""Windows shorter than a day: the last 24 hours as a day, and what is broken in the window."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from driftloop.capture import RecordBatch
from driftloop.daily.broken_records import BrokenRecords, hour_correlation, records_in_own_hour
from driftloop.daily.day import Day, local_hours, make_day
from driftloop.daily.day_decision import DayDecision, can_find_new_values, decide_on_day
from driftloop.daily.history import DayRecord, alarm_since
from driftloop.daily.reference import TrainingDays, pair_column
from driftloop.daily.stored import training_days, with_training_days
from driftloop.detection import DriftPolicy
from driftloop.profile import Baseline, Profile, fit_baseline, profile_batch
from driftloop.profile.hourly.counts import Hours, count_hours
from driftloop.profile.hourly.layout import HourlyLayout, StoredLayout, make_layout
from driftloop.report import WindowReport, build_report
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window

HOUR = 3600
START = datetime(2026, 1, 5, tzinfo=UTC)
FIRST_HOUR = int(START.timestamp()) // HOUR
TRAINING_DAYS = 42
LIVE = FIRST_HOUR + 24 * TRAINING_DAYS
HOURLY_RECORDS = 40
SCHEMA = Schema(
    (
        Feature("hour", Kind.NUMERIC),
        Feature("amount", Kind.NUMERIC),
        Feature("city", Kind.CATEGORICAL),
        Feature("weather", Kind.CATEGORICAL),
    ),
    "label",
    ProblemType.REGRESSION,
)

Columns = dict[str, NDArray[Any]]
Change = Callable[[Columns], Columns]


def columns_of(hour: int) -> tuple[Columns, NDArray[np.float64]]:
    """40 records of one hour; all have the same weather, the amounts follow the hour."""
    rng = np.random.default_rng(hour)
    n = HOURLY_RECORDS
    weather = np.random.default_rng(hour // 5).choice(["sun", "rain", "fog"])
    columns: Columns = {
        "hour": np.full(n, float(hour % 24)),
        "amount": np.round(20 + 5 * np.sin(hour / 12 * np.pi) + rng.normal(0, 3, n), 1),
        "city": rng.choice(np.array(["Bern", "Basel", "Chur"], dtype=object), n),
        "weather": np.full(n, weather, dtype=object),
    }
    return columns, np.sort(hour * HOUR + HOUR * rng.random(n))


def traffic(first: int, end: int, change: Change = lambda columns: columns) -> RecordBatch:
    """The records of some hours since 1970."""
    parts = [columns_of(hour) for hour in range(first, end)]
    columns = {name: np.concatenate([part[name] for part, _ in parts]) for name in parts[0][0]}
    times = np.concatenate([times for _, times in parts])
    return RecordBatch.from_columns(SCHEMA, change(columns), times=times)


@cache
def baseline() -> Baseline:
    batch = traffic(FIRST_HOUR, LIVE)
    return with_training_days(fit_baseline(batch), [batch])


@cache
def training() -> TrainingDays:
    found = training_days(baseline())
    assert found is not None
    return found


@cache
def live_hours(days: int) -> Hours:
    return count_hours(training().layout, traffic(LIVE, LIVE + 24 * days))


def decide(
    hours: Hours, ends: range, history: list[DayRecord] | None = None
) -> Iterator[DayDecision]:
    """Decide with every window, in their order."""
    history = [] if history is None else history
    days: list[Day] = []
    for end in ends:
        day = make_day(training().layout, hours, end)
        found = decide_on_day(training(), days, history, day, window_hours=ends.step)
        yield found
        history.append(found.record)
        days += [day] if end % 24 == 0 else []


@pytest.mark.parametrize("length", [1, 2, 3, 4, 6, 8, 12])
def test_the_windows_of_a_day_end_with_the_statistics_of_the_day(length: int) -> None:
    hours = live_hours(2)
    (_, whole) = decide(hours, range(LIVE + 24, LIVE + 49, 24))
    *_, last = decide(hours, range(LIVE + length, LIVE + 49, length))
    assert msgspec.json.encode(last.record) == msgspec.json.encode(whole.record)
    assert len(last.record.statistics) == 3


def test_quiet_hours_raise_no_alarm_for_a_week() -> None:
    decisions = list(decide(live_hours(8), range(LIVE + 1, LIVE + 8 * 24 + 1)))
    assert [one.alarms for one in decisions if one.alarms] == []
    assert [one.in_window for one in decisions if one.in_window] == []


def test_a_shift_is_found_before_the_day_is_over_and_lasts_since_then() -> None:
    at = LIVE + 24 * 2 + 9
    hours = {
        **live_hours(4),
        **count_hours(
            training().layout, traffic(at, at + 39, lambda c: {**c, "amount": c["amount"] + 6.0})
        ),
    }
    decisions = {one.record.end: one for one in decide(hours, range(LIVE + 1, LIVE + 24 * 4 + 1))}
    in_alarm = [
        end for end, one in decisions.items() if "level" in one.record.alarms.get("amount", ())
    ]
    assert at < in_alarm[0] <= at + 12
    assert in_alarm == [*range(in_alarm[0], LIVE + 24 * 4 + 1)]
    assert decisions[in_alarm[0]].since == {}
    assert {decisions[end].since["amount"] for end in in_alarm[1:]} == {in_alarm[0]}


def test_a_holiday_that_two_days_have_a_part_of_does_not_exceed_the_median_of_three() -> None:
    quiet = training().records[-20]
    changes = {"level": 2.0, "spread": quiet.statistics["amount"]["spread"]}
    holiday = msgspec.structs.replace(quiet, statistics={**quiet.statistics, "amount": changes})
    known = replace(
        training(), records=[*training().records[:-20], holiday, *training().records[-19:]]
    )
    history = [msgspec.structs.replace(quiet, end=end) for end in range(LIVE + 1, LIVE + 24 * 4)]
    limits = [
        decide_on_day(
            known, [], history, make_day(known.layout, live_hours(4), end), window_hours=1
        )
        .limits["amount", "level", 3]
        .limit
        for end in (LIVE + 24 * 4, LIVE + 24 * 3 + 12)
    ]
    assert limits[0] < 1.0 < 0.75 * 1.9 < limits[1]


BROKEN: Mapping[str, tuple[str, Change]] = {
    "a number is missing": ("amount", lambda c: {**c, "amount": c["amount"] * np.nan}),
    "a category is missing": ("city", lambda c: {**c, "city": np.full(len(c["city"]), None)}),
    "all are one number": ("amount", lambda c: {**c, "amount": np.full(len(c["city"]), 20.5)}),
    "all are one category": ("city", lambda c: {**c, "city": np.full(len(c["city"]), "Bern")}),
    "capitals": ("city", lambda c: {**c, "city": np.array([v.upper() for v in c["city"]])}),
    "another unit": ("amount", lambda c: {**c, "amount": c["amount"] * 100}),
    "text instead of numbers": ("amount", lambda c: {**c, "amount": np.full(len(c["city"]), "x")}),
    "a clock that is five hours late": ("hour", lambda c: {**c, "hour": (c["hour"] - 5) % 24}),
}


def report_of(hour: int, change: Change) -> WindowReport:
    """The report of one hour after two quiet days."""
    before = {h: counts for h, counts in live_hours(3).items() if h < hour}
    history: list[DayRecord] = []
    *_, _ = decide(before, range(LIVE + 1, hour + 1), history)
    profile = profile_batch(baseline(), traffic(hour, hour + 1, change))
    days = [make_day(training().layout, before, LIVE + 24 * n) for n in (1, 2)]
    day = make_day(training().layout, {**before, **profile.hours}, hour + 1)
    decision = decide_on_day(training(), days, history, day, window_hours=1)
    start = START + timedelta(hours=hour - FIRST_HOUR)
    return build_report(
        baseline(),
        profile,
        window=Window(start, start + timedelta(hours=1)),
        policy=DriftPolicy(),
        model="m",
        daily=decision,
    )


@pytest.mark.parametrize("name", BROKEN)
def test_a_feed_that_breaks_is_invalid_data_in_the_same_hour(name: str) -> None:
    column, change = BROKEN[name]
    report = report_of(LIVE + 24 * 2 + 13, change)
    assert report.verdict == "invalid_data"
    assert report.features[column].status == "invalid_data"
    assert column in {violation.column for violation in report.data_quality.violations}
    assert report.counts.records == HOURLY_RECORDS < DriftPolicy().min_records


def test_an_hour_with_few_records_is_decided_by_its_day() -> None:
    report = report_of(LIVE + 24 * 2 + 13, lambda columns: columns)
    assert report.verdict == "stable"
    assert {column.status for column in report.features.values()} == {"stable"}


def test_an_hour_without_records_has_no_verdict() -> None:
    hour = LIVE + 24 * 2 + 13
    day = make_day(training().layout, live_hours(3), hour)
    decision = decide_on_day(training(), [], [], day, window_hours=1)
    report = build_report(
        baseline(),
        Profile.empty(baseline()),
        window=None,
        policy=DriftPolicy(),
        model="m",
        daily=decision,
    )
    assert report.verdict == "insufficient_data"


def test_few_odd_records_of_an_hour_are_chance() -> None:
    def odd(columns: Columns) -> Columns:
        city = columns["city"].copy()
        city[:2] = "Genf"
        return {**columns, "city": city, "amount": np.append(np.nan, columns["amount"][1:])}

    hours = {**live_hours(3), **count_hours(training().layout, traffic(LIVE + 53, LIVE + 54, odd))}
    *_, last = decide(hours, range(LIVE + 1, LIVE + 55))
    assert (last.alarms, last.in_window) == ((), ())


def test_a_pair_with_a_column_of_one_value_a_day_is_not_compared() -> None:
    rng = np.random.default_rng(0)
    hours = np.repeat(np.arange(FIRST_HOUR, FIRST_HOUR + 24 * 40), 20)
    weekend = (hours // 24 % 7 >= 5).astype(float)
    amount = rng.normal(0, 1, len(hours)) + weekend + np.sin(hours / 12 * np.pi)
    schema = Schema(
        (Feature("weekend", Kind.NUMERIC), Feature("amount", Kind.NUMERIC)),
        "label",
        ProblemType.REGRESSION,
    )
    columns = {"weekend": weekend, "amount": amount.round(2)}
    batch = RecordBatch.from_columns(schema, columns, times=hours * float(HOUR))
    learned = training_days(with_training_days(fit_baseline(batch), [batch]))
    assert learned is not None
    assert learned.layout.stored.pairs == (("weekend", "amount"),)
    assert all(
        "association" not in found for one in learned.records for found in one.statistics.values()
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 167))
def test_a_weekly_column_is_compared_with_the_same_hours_of_the_week(shift: int) -> None:
    layout = training().layout
    column = layout.columns["city"]
    live = LIVE + 24 * 14
    hours = count_hours(layout, traffic(LIVE - 24 * 28, live))
    reference = [make_day(layout, hours, LIVE - 24 * 28 + 24 * n) for n in range(1, 29)]
    end = LIVE + 24 + shift
    day = make_day(layout, hours, end)
    paired = pair_column(layout, column, day, reference, is_weekly=True, extremes=(0, 0))
    same = [h for h in range(LIVE - 24 * 28, LIVE) if (end - 1 - h) % 168 < 24]
    expected = 0
    for h in same:
        counts = np.zeros(layout.size, dtype=np.int64)
        counts[hours[h].positions] = hours[h].counts
        expected += int(counts[column.values].sum())
    assert len(same) == 4 * 24
    assert int(paired.reference.sum()) == expected


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        # clocks go back on 25 October 2026 at 01:00 UTC, and forward on 29 March 2026
        ("Europe/Zurich", datetime(2026, 10, 25, tzinfo=UTC), [2, 2, 3, 4]),
        ("Europe/Zurich", datetime(2026, 3, 29, tzinfo=UTC), [1, 3, 4, 5]),
        ("Asia/Kolkata", datetime(2026, 3, 29, tzinfo=UTC), [5, 6, 7, 8]),
        ("America/St_Johns", datetime(2026, 1, 5, tzinfo=UTC), [20, 21, 22, 23]),
    ],
)
def test_hours_of_a_day_have_their_local_hour(
    zone: str, start: datetime, expected: list[int]
) -> None:
    fitted = baseline()
    layout: HourlyLayout = make_layout(fitted.binnings, fitted.reference, StoredLayout(zone=zone))
    first = int(start.timestamp()) // HOUR
    assert local_hours(layout, range(first, first + 4)) == expected
    hours = count_hours(layout, traffic(first, first + 24))
    day = make_day(layout, hours, first + 24)
    assert day.records(layout.columns["city"]) == 24 * HOURLY_RECORDS


@given(st.integers(3, 60), st.integers(0, 200), st.floats(0.001, 0.5))
def test_broken_records_are_compared_with_the_tail_of_the_binomial_distribution(
    broken: int, others: int, share: float
) -> None:
    records = broken + others
    tail = stats.binom.sf(broken - 1, records, share)
    found = BrokenRecords(broken, records)
    assert found.exceed(share, float(tail) * 1.001 + 1e-300) == (found.share > share)
    assert not found.exceed(share, float(tail) * 0.999)


def test_records_that_are_alike_count_as_one() -> None:
    assert BrokenRecords(40, 40).exceed(0.01, 1e-6)
    assert not BrokenRecords(40, 40).exceed(0.01, 1e-6, correlation=1.0)


def test_only_records_of_one_hour_are_alike() -> None:
    # Kish's mean size of the hours: (20² + 10² + 10²) / 40 = 15
    by_hour = np.zeros(24, dtype=np.int64)
    by_hour[:3] = 20, 10, 10
    assert records_in_own_hour(by_hour) == 15
    # of records that are equal within the hour, a day of 24 hours has 24
    day = BrokenRecords(240, 240, records_in_own_hour(np.full(24, 10)))
    tail = float(stats.binom.sf(23, 24, 0.5))
    assert day.exceed(0.5, tail * 1.001, correlation=1.0)
    assert not day.exceed(0.5, tail * 0.999, correlation=1.0)


@pytest.mark.parametrize(("values", "can_find"), [(100, True), (400, False)])
def test_new_values_of_one_day_count_by_their_number(values: int, can_find: bool) -> None:
    # a fifth of one day is 20 of 10,900 values (0.18%) or 80 of 11,200 (0.71%); the limit is 0.5%
    share = 2 * np.arcsin(np.sqrt(0.2))
    usual = [record_of("city", 400, 0.0) for _ in range(27)]
    usual.append(record_of("city", values, float(share)))
    assert can_find_new_values(training().layout.columns["city"], usual) == can_find


def record_of(column: str, values: int, unseen: float) -> DayRecord:
    return DayRecord(
        end=0, records=values, statistics={column: {"unseen": unseen}}, values={column: values}
    )


def test_the_correlation_within_the_hour_is_that_of_the_column() -> None:
    layout, days = training().layout, training().days
    assert hour_correlation(layout.columns["weather"], days) == pytest.approx(1.0)
    assert hour_correlation(layout.columns["city"], days) == pytest.approx(0.0, abs=0.01)


def test_an_alarm_lasts_until_a_day_has_passed_without_it() -> None:
    def record(end: int, in_alarm: bool) -> DayRecord:
        return DayRecord(end=end, records=99, alarms={"a": ("level",)} if in_alarm else {})

    pauses = [record(end, in_alarm=end not in (7, 8)) for end in range(5, 12)]
    assert alarm_since(pauses, "a", 12) == 5
    calm = [record(5, in_alarm=True), *(record(end, in_alarm=False) for end in range(6, 30))]
    assert alarm_since(calm, "a", 30) is None
    assert alarm_since([record(24, in_alarm=True)], "a", 48) == 24
    assert alarm_since([record(24, in_alarm=False)], "a", 48) is None
