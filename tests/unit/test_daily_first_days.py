"""Live days take the place of training days where the training data has no times."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest

from driftloop.capture import RecordBatch
from driftloop.daily.accepted_change import AcceptedChange
from driftloop.daily.day import make_day
from driftloop.daily.day_decision import DayDecision
from driftloop.daily.first_days import (
    FIRST_DAYS,
    choose_first_days,
    first_day_account,
    first_days_from_bytes,
    first_days_to_bytes,
    learn_first_days,
    project_hours,
)
from driftloop.daily.history import DayRecord
from driftloop.daily.live_days import (
    LiveDays,
    LiveRule,
    account_of_first_days,
    days_to_compare,
    decide_live_day,
    decide_live_window,
)
from driftloop.detection import DriftPolicy
from driftloop.detection.first_days import check_first_day
from driftloop.detection.sensitivity import daily_sensitivity
from driftloop.errors import FormatError
from driftloop.profile import Baseline, Profile, fit_baseline, profile_batch
from driftloop.profile.hourly import clock
from driftloop.profile.hourly.counts import Hours
from driftloop.schema import Feature, Kind, ProblemType, Schema
from tests.daily_traffic import SCHEMA, START, end, traffic

POLICY = DriftPolicy(exclude_features=[])
FIRST = 100
"""The day on which the version begins to serve; its training data is that of days 0 to 55."""


def columns(batch: RecordBatch) -> dict[str, Any]:
    city: Any = batch.columns["city"]
    names = np.array([*city.categories, ""], dtype=np.dtype(object))[city.codes]
    numbers = {name: batch.columns[name].values for name in ("hour", "temp", "low")}  # type: ignore[union-attr]
    return {**numbers, "city": names}


@cache
def untimed() -> Baseline:
    """The baseline of the same rows as ``fitted()``, without their times."""
    batch = RecordBatch.from_columns(SCHEMA, columns(traffic(0, 56)))
    return fit_baseline(batch, count_hours=True)


@cache
def served(day: int, fault: str | None = None, warmer: float = 0.0) -> Profile:
    batch = traffic(day, 1, fault)
    values = columns(batch)
    values["temp"] = np.asarray(values["temp"]) + warmer
    values["low"] = np.asarray(values["low"]) + warmer
    return profile_batch(untimed(), RecordBatch.from_columns(SCHEMA, values, times=batch.times))


def checked(day: int, fault: str | None = None, warmer: float = 0.0) -> DayRecord:
    return check_first_day(untimed(), served(day, fault, warmer), end(day), POLICY)


def rule(**other: object) -> LiveRule:
    given = {
        "training": None,
        "untimed": untimed(),
        "allowed_lateness_hours": 6,
        "is_expected": lambda one: one >= end(FIRST),
    }
    return LiveRule(**{**given, **other})  # type: ignore[arg-type]


def play(
    days: Iterable[int],
    used: LiveRule | None = None,
    live: LiveDays | None = None,
    faults: dict[int, str] | None = None,
    warmer: float = 0.0,
) -> tuple[LiveDays, dict[int, DayDecision | None]]:
    """Analyze days in the order in which they arrive."""
    live = live or LiveDays(untimed().fingerprint)
    decisions = {}
    for day in days:
        fault = (faults or {}).get(day)
        found = served(day, fault, warmer)
        live = live.with_counts(end(day), found.hours, checked(day, fault, warmer))
        live, decisions[day] = decide_live_day(live, used or rule(), end(day))
    return live, decisions


@cache
def switched() -> tuple[LiveDays, dict[int, DayDecision | None]]:
    """A month of live days that are five degrees warmer than the training data."""
    return play(range(FIRST, FIRST + FIRST_DAYS + 3), warmer=5.0)


def day_numbers(ends: Iterable[int]) -> list[int]:
    return [(one - end(0)) // 24 for one in ends]


def test_days_after_the_first_accepted_ones_are_decided_by_the_daily_rule() -> None:
    live, decisions = switched()
    decided = [day for day, decision in decisions.items() if decision is not None]
    # day 27 is settled with the analysis of day 28
    assert decided == [FIRST + 28, FIRST + 29, FIRST + 30]
    training = days_to_compare(live, rule())
    assert training is not None
    assert day_numbers(one.end for one in training.records) == list(range(FIRST, FIRST + 28))
    assert [decisions[day].alarms for day in decided] == [(), (), ()]  # type: ignore[union-attr]


def test_the_layout_is_chosen_from_the_live_days_and_the_baseline() -> None:
    layout = untimed().layout
    training = days_to_compare(switched()[0], rule())
    assert layout is not None
    assert training is not None
    assert [(name, str(code)) for name, code in layout.possible_clocks] == [
        ("hour", "hour (0 to 23)")
    ]
    chosen = training.layout.stored
    assert {name: str(code) for name, code in chosen.clocks.items()} == {"hour": "hour (0 to 23)"}
    assert chosen.pairs == (("temp", "low"),)
    assert chosen.orders == (("temp", "low"),)
    assert chosen.steps == {"temp": 0.1, "low": 0.1}
    assert chosen.known == ("temp", "low", "city")


@pytest.mark.parametrize("fault", ["clock", "missing", "out_of_range", "unseen", "order"])
def test_a_fault_is_found_on_the_first_day_after_them(fault: str) -> None:
    live, _ = switched()
    day = FIRST + FIRST_DAYS + 3
    _, decisions = play([day], live=live, faults={day: fault}, warmer=5.0)
    found = decisions[day]
    assert found is not None
    assert fault in {name for names in found.record.alarms.values() for name in names}


def test_chosen_counts_equal_those_of_a_baseline_with_times() -> None:
    """Counting on the chosen layout, and projecting what was counted before, give the same."""
    training = days_to_compare(switched()[0], rule())
    whole = untimed().layout
    assert training is not None
    assert whole is not None
    timed = replace(untimed(), hourly=training.layout.stored, possible_clocks=None)
    batch = traffic(FIRST, 1, "clock")
    direct = profile_batch(timed, batch).hours
    projected = project_hours(whole, training.layout, profile_batch(untimed(), batch).hours)
    days = [make_day(training.layout, hours, end(FIRST)) for hours in (direct, projected)]
    assert (days[0].counts == days[1].counts).all()
    assert days[0].counts.sum() > 0
    assert days[0].low.tolist() == days[1].low.tolist()


def test_days_in_any_order_and_repetitions_give_the_same_bytes() -> None:
    expected, _ = switched()
    days = list(range(FIRST, FIRST + FIRST_DAYS + 3))
    shuffled = [*days[:18], *np.random.default_rng(0).permutation(days[18:]).tolist()]
    live, _ = play(shuffled, warmer=5.0)
    live, _ = play([days[-1]], live=live, warmer=5.0)
    assert live.to_bytes() == expected.to_bytes()
    again, decisions = play([days[-1], days[-3], days[4]], live=live, warmer=5.0)
    assert again.to_bytes() == expected.to_bytes()
    assert decisions[days[4]] is None
    assert LiveDays.from_bytes(live.to_bytes()).to_bytes() == live.to_bytes()


def test_a_rerun_of_a_first_day_changes_no_decision() -> None:
    live, _ = switched()
    again, _ = play([FIRST + 3], live=live, faults={FIRST + 3: "missing"}, warmer=5.0)
    assert again.to_bytes() == live.to_bytes()


def test_a_season_is_no_reason_against_a_day_and_broken_data_is() -> None:
    assert checked(FIRST, warmer=15.0).alarms == {}
    assert checked(FIRST, "missing").alarms == {"temp": ("missing",)}
    assert checked(FIRST, "unseen").alarms == {}
    kelvin = check_first_day(untimed(), served(FIRST, warmer=273.0), end(FIRST), POLICY)
    assert kelvin.alarms == {"low": ("out_of_range",), "temp": ("out_of_range",)}
    excluded = DriftPolicy(exclude_features=["temp"])
    broken = served(FIRST, "missing")
    assert check_first_day(untimed(), broken, end(FIRST), excluded).alarms == {}


def test_a_single_broken_record_of_a_few_is_no_reason_against_a_day() -> None:
    batch = traffic(FIRST, 1).take(np.arange(15))
    values = columns(batch)
    values["temp"] = [*np.asarray(values["temp"])[:14], "?"]
    found = profile_batch(untimed(), RecordBatch.from_columns(SCHEMA, values, times=batch.times))
    assert check_first_day(untimed(), found, end(FIRST), POLICY).alarms == {}
    values["temp"] = [*np.asarray(values["temp"])[:12], "?", "?", "?"]
    found = profile_batch(untimed(), RecordBatch.from_columns(SCHEMA, values, times=batch.times))
    assert check_first_day(untimed(), found, end(FIRST), POLICY).alarms == {"temp": ("missing",)}


def record(day: int, records: int = 100, invalid: str | None = None, **alarms: str) -> DayRecord:
    own = {name: (alarm,) for name, alarm in alarms.items()}
    return DayRecord(end=end(day), records=records, alarms=own, invalid=invalid)


def change(first: int, last: int) -> AcceptedChange:
    return AcceptedChange(
        column="temp",
        name="missing",
        first_end=end(first),
        last_end=end(last),
        accepted_by="somebody",
        accepted_at="2026-01-01T00:00:00Z",
    )


def chosen(records: Sequence[DayRecord], *changes: AcceptedChange) -> list[int] | None:
    found = choose_first_days(records, changes)
    return None if found is None else day_numbers(found)


def test_days_with_few_records_broken_or_invalid_data_are_not_among_the_first_days() -> None:
    days = [record(day) for day in range(40)]
    assert chosen(days[:27]) is None
    assert chosen(days) == list(range(28))
    days[3] = record(3, records=9)
    days[5] = record(5, temp="missing")
    days[7] = record(7, invalid="repeated records")
    assert chosen(days[:30]) is None
    assert chosen(days) == [day for day in range(31) if day not in (3, 5, 7)]
    assert first_day_account(days[:10]).refused == {
        "fewer than 10 records": 1,
        "missing of temp": 1,
        "repeated records": 1,
    }
    assert first_day_account(days[:10]).accepted == 7


def test_only_the_last_days_are_searched() -> None:
    old, recent = [record(day) for day in range(20)], [record(day) for day in range(70, 97)]
    broken = [record(day, temp="missing") for day in range(20, 70)]
    assert chosen([*old, *broken, *recent]) is None
    assert chosen([*old, *broken, *recent, record(97)]) == list(range(70, 98))


def test_what_a_person_accepted_counts_on_all_days_since_its_first_one() -> None:
    days = [record(day, temp="missing" if day >= 2 else "constant") for day in range(40)]
    days[:2] = [record(0), record(1)]
    assert chosen(days) is None
    assert chosen(days[:35], change(2, 34)) == list(range(28))
    # a rebuild, in which the file is complete from the start, chooses the same days
    assert chosen(days, change(2, 34)) == list(range(28))
    assert chosen(days[:34], change(2, 34)) is None
    assert chosen(days, change(10, 20)) == [0, 1, *range(10, 36)]


def test_a_broken_day_is_none_of_the_first_days() -> None:
    days = range(FIRST, FIRST + FIRST_DAYS + 2)
    live, decisions = play(days, faults={FIRST + 9: "missing"}, warmer=5.0)
    assert [day for day, found in decisions.items() if found is not None] == [FIRST + 29]
    training = days_to_compare(live, rule())
    assert training is not None
    assert end(FIRST + 9) not in {one.end for one in training.records}


def test_the_account_has_pending_days_too() -> None:
    live, _ = play(range(FIRST, FIRST + 4), faults={FIRST + 1: "missing"})
    found = account_of_first_days(live, rule())
    assert (found.accepted, found.days, dict(found.refused)) == (3, 4, {"missing of temp": 1})


def test_windows_are_decided_once_days_are() -> None:
    live, _ = play(range(FIRST, FIRST + 2))
    hours: Hours = served(FIRST + 2).hours
    same, none = decide_live_window(live, rule(), end(FIRST + 1) + 6, 6, hours)
    assert none is None
    assert same.to_bytes() == live.to_bytes()
    live, _ = switched()
    last = FIRST + FIRST_DAYS + 3
    own = served(last, "clock", 5.0).hours
    found, decision = decide_live_window(live, rule(), end(last - 1) + 6, 6, own)
    assert decision is not None
    assert "clock" in decision.record.alarms["hour"]
    assert [one.end for one in found.windows] == [end(last - 1) + 6]


def test_first_days_show_drift_from_training_and_how_small_a_change_is_found() -> None:
    _, decisions = switched()
    found = decisions[FIRST + 30]
    assert found is not None
    assert found.drift_from_training is not None
    columns_from_training = found.drift_from_training.columns
    assert found.drift_from_training.days == 28
    assert columns_from_training["temp"].persistent_effect_size > 0.8
    assert columns_from_training["city"].persistent_effect_size == 0
    sensitivity = {
        one.column: one
        for one in daily_sensitivity(untimed(), POLICY, 24, found.limits, found.training)
    }
    assert sensitivity["temp"].smallest is not None
    assert "hour" not in sensitivity


def test_values_of_the_first_days_are_usual_afterwards() -> None:
    days = range(FIRST, FIRST + FIRST_DAYS + 2)
    _, decisions = play(days, faults=dict.fromkeys(days, "unseen"))
    found = decisions[FIRST + 29]
    assert found is not None
    assert found.alarms == ()


def test_a_learned_layout_is_stored_and_a_damaged_one_named() -> None:
    days = range(FIRST, FIRST + FIRST_DAYS)
    hours = {hour: one for day in days for hour, one in served(day).hours.items()}
    found = learn_first_days(untimed(), hours, [end(day) for day in days])
    data = first_days_to_bytes(found)
    again = first_days_from_bytes(untimed(), data)
    assert first_days_to_bytes(again) == data
    assert again.are_live
    assert again.last_live_end == end(days[-1])
    with pytest.raises(FormatError, match="live-days"):
        first_days_from_bytes(untimed(), msgspec.msgpack.encode([1, 2]))


def test_a_clock_that_the_live_days_do_not_confirm_is_a_number() -> None:
    days = range(FIRST, FIRST + FIRST_DAYS)
    hours = {hour: one for day in days for hour, one in served(day, "clock").hours.items()}
    found = learn_first_days(untimed(), hours, [end(day) for day in days])
    assert found.layout.stored.clocks == {}
    assert "hour" in {column.name for column in found.layout.numeric}


MONTHS = [name.title() for name in clock.MONTHS]


def of_months(days: range, numbers: bool, constant: int | None = None) -> RecordBatch:
    """Ten records a day, with the month and a constant flag."""
    times = np.array([(START + 24 * day + hour) * 3600.0 for day in days for hour in range(10)])
    month = times.astype("datetime64[s]").astype("datetime64[M]").astype(int) % 12
    month = month if constant is None else np.full(len(times), constant)
    schema = Schema(
        (Feature("month", Kind.NUMERIC if numbers else Kind.CATEGORICAL),),
        "label",
        ProblemType.REGRESSION,
    )
    values = month + 1 if numbers else np.array(MONTHS, dtype=np.dtype(object))[month]
    return RecordBatch.from_columns(schema, {"month": values}, times=times)


@pytest.mark.parametrize("numbers", [True, False])
def test_a_month_is_recognized_although_the_training_data_is_of_one_season(numbers: bool) -> None:
    training = replace(of_months(range(50), numbers), times=np.full(500, np.nan))
    baseline = fit_baseline(training, count_hours=True)

    def followed(first: int, constant: int | None = None) -> list[str]:
        live = range(first, first + FIRST_DAYS)
        hours = profile_batch(baseline, of_months(live, numbers, constant)).hours
        return [*learn_first_days(baseline, hours, [end(day) for day in live]).layout.stored.clocks]

    # day 60 is 16 February, day 73 the first of March
    assert followed(60) == ["month"]
    assert followed(60, constant=2) == []
    assert followed(73) == []


def test_the_hours_of_an_office_are_recognized() -> None:
    """Its training data has neither nights nor weekends."""

    def office(first: int, fixed: int | None = None) -> RecordBatch:
        days = [day for day in range(first, first + 42) if (START // 24 + day + 3) % 7 < 5]
        times = np.array(
            [(START + 24 * day + hour) * 3600.0 for day in days for hour in range(8, 18)]
        )
        hour = times / 3600 % 24 if fixed is None else np.full(len(times), float(fixed))
        weekday = (times // 86_400 + 3) % 7
        schema = Schema(
            (Feature("hour", Kind.NUMERIC), Feature("weekday", Kind.NUMERIC)),
            "label",
            ProblemType.REGRESSION,
        )
        return RecordBatch.from_columns(schema, {"hour": hour, "weekday": weekday}, times=times)

    training = office(0)
    untimed_rows = replace(training, times=np.full(len(training), np.nan))
    baseline = fit_baseline(untimed_rows, count_hours=True)
    for fixed, expected in ((None, ["hour", "weekday"]), (9, ["weekday"])):
        batch = office(60, fixed)
        ends = sorted({(int(time) // 86_400 + 1) * 24 for time in batch.times})[:FIRST_DAYS]
        found = learn_first_days(baseline, profile_batch(baseline, batch).hours, ends)
        assert [*found.layout.stored.clocks] == expected
