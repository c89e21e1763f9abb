"""What the daily rule says of faults that are planted on simulated traffic."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn, Column, RecordBatch
from driftloop.daily.column_change import ColumnChange
from driftloop.daily.day import Day, make_day
from driftloop.daily.day_decision import decide_on_day
from driftloop.daily.history import DayRecord
from driftloop.daily.reference import TrainingDays
from driftloop.daily.stored import training_days, with_training_days
from driftloop.detection import DriftPolicy
from driftloop.detection.daily_explanations import alarmed_column
from driftloop.profile import Baseline, fit_baseline, profile_batch
from driftloop.report import WindowReport, build_report
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window
from tests.narrowing import not_none

HOUR, DAY_HOURS = 3600, 24
FIRST_DAY = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) // HOUR
TRAINING_DAYS = 42
DAY_RECORDS = 700
ZONE = "Europe/Zurich"
CITIES = np.array(["Bern", "Basel", "Chur", "Lugano", "Sion"], dtype=object)
REGIONS = np.array(["mid", "north", "east", "south", "west"], dtype=object)
SCHEMA = Schema(
    (
        Feature("hour", Kind.NUMERIC),
        Feature("weekday", Kind.NUMERIC),
        Feature("temp", Kind.NUMERIC),
        Feature("feels", Kind.NUMERIC),
        Feature("amount", Kind.NUMERIC),
        Feature("city", Kind.CATEGORICAL),
        Feature("region", Kind.CATEGORICAL),
    ),
    "label",
    ProblemType.REGRESSION,
)

Values = dict[str, NDArray[Any]]
Change = Callable[[Values, np.random.Generator], Values]


def traffic(first_day: int, days: int, change: Change | None = None) -> RecordBatch:
    """Traffic of Zurich in winter time; a temperature that follows the hour, above another one;
    skewed amounts; cities, and the region of each."""
    rng = np.random.default_rng([first_day, days])
    hours = np.sort((first_day + days * rng.random(DAY_RECORDS * days)) * DAY_HOURS)
    times = (FIRST_DAY + hours) * HOUR
    local = np.floor(FIRST_DAY + hours + 1)
    n = len(times)
    temp = np.round(15 + 5 * np.sin(local / 24 * 2 * np.pi) + rng.normal(0, 1, n), 1)
    city = rng.choice(5, n, p=[0.4, 0.25, 0.2, 0.1, 0.05])
    values = {
        "hour": local % 24,
        "weekday": (np.floor(local / 24) + 3) % 7,
        "temp": temp,
        "feels": temp - np.round(rng.random(n) * 3, 1),
        "amount": np.round(np.exp(rng.normal(3, 0.5, n)), 2),
        "city": CITIES[city],
        "region": REGIONS[city],
    }
    return RecordBatch.from_columns(
        SCHEMA, values if change is None else change(values, rng), times=times
    )


@cache
def fitted() -> tuple[Baseline, TrainingDays]:
    batch = traffic(0, TRAINING_DAYS)
    baseline = with_training_days(fit_baseline(batch, time_zone=ZONE), [batch])
    training = training_days(baseline)
    assert training is not None
    return baseline, training


def reports(change: Change | None, days: int = 1, before: int = 0) -> list[WindowReport]:
    """The reports of some days with a change, after some without."""
    baseline, training = fitted()
    earlier: list[Day] = []
    history: list[DayRecord] = []
    found = []
    for number in range(before + days):
        batch = traffic(TRAINING_DAYS + number, 1, change if number >= before else None)
        profile = profile_batch(baseline, batch)
        end = FIRST_DAY + (TRAINING_DAYS + number + 1) * DAY_HOURS
        day = make_day(training.layout, profile.hours, end)
        decision = decide_on_day(training, earlier, history, day)
        earlier.append(day)
        history.append(decision.record)
        window = Window(
            datetime.fromtimestamp((end - DAY_HOURS) * HOUR, UTC),
            datetime.fromtimestamp(end * HOUR, UTC),
        )
        found.append(
            build_report(
                baseline,
                profile,
                window=window,
                policy=DriftPolicy(),
                model="m",
                daily=decision,
            )
        )
    return found


def plain(batch: RecordBatch, name: str) -> NDArray[Any]:
    column: Column = batch.columns[name]
    if isinstance(column, CategoricalColumn):
        return np.array(column.categories, object)[column.codes]
    return column.values


def where(values: NDArray[Any], chosen: NDArray[np.bool_], value: object) -> NDArray[Any]:
    changed = values.copy()
    changed[chosen] = value
    return changed


def some(values: Values, rng: np.random.Generator, share: float) -> NDArray[np.bool_]:
    return rng.random(len(values["temp"])) < share


def shifted_clock(hours: int) -> Change:
    def change(values: Values, _rng: np.random.Generator) -> Values:
        hour = values["hour"] + hours
        return {
            **values,
            "hour": hour % 24,
            "weekday": (values["weekday"] + np.floor(hour / 24)) % 7,
        }

    return change


def half_missing(values: Values, rng: np.random.Generator) -> Values:
    gone = some(values, rng, 0.5)
    return {name: where(values[name], gone, np.nan) for name in ("temp", "amount")} | {
        name: column for name, column in values.items() if name not in ("temp", "amount")
    }


CASES: dict[str, tuple[Change, str, str, tuple[str, ...]]] = {
    "a clock that is five hours behind": (
        shifted_clock(-5),
        "clock_shift",
        "hour",
        ("disagrees with the clock of Europe/Zurich in 100% of the records", "by -5 hours"),
    ),
    "one single value": (
        lambda v, _: {**v, "temp": np.full(len(v["temp"]), 17.3)},
        "constant",
        "temp",
        ("all values are 17.3",),
    ),
    "one single category": (
        lambda v, _: {**v, "city": np.full(len(v["city"]), "Chur", dtype=object)},
        "constant",
        "city",
        ("all values are 'Chur'",),
    ),
    "Fahrenheit": (
        lambda v, _: {**v, "temp": np.round(v["temp"] * 1.8 + 32, 1)},
        "unit_change",
        "temp",
        ("look converted from degrees Celsius to Fahrenheit", "a change of unit?"),
    ),
    "a thousand times as large": (
        lambda v, _: {**v, "amount": v["amount"] * 1000},
        "unit_change",
        "amount",
        ("are about 1000 times as large", "a change of unit?"),
    ),
    "minutes as hours": (
        lambda v, _: {**v, "amount": v["amount"] / 60},
        "unit_change",
        "amount",
        ("are about 60 times as small", "a change of unit?"),
    ),
    "values that doubled, with a few far ones": (
        lambda v, _: {**v, "amount": np.round(v["amount"] * 2, 2)},
        "level",
        "amount",
        ("median 19.96 → 39", "its level rose by"),
    ),
    "values of the other sign, with a few far ones": (
        lambda v, _: {**v, "amount": -v["amount"]},
        "level",
        "amount",
        ("median 19.96 → -19", "its level fell by"),
    ),
    "hours that are missing": (
        lambda v, rng: {**v, "hour": where(v["hour"].astype(float), some(v, rng, 0.3), np.nan)},
        "missing_values",
        "hour",
        ("missing in 0% → 3", "at most 1% is usual"),
    ),
    "miles as kilometers": (
        lambda v, _: {**v, "amount": v["amount"] * 1.609344},
        "unit_change",
        "amount",
        ("are about 1.61 times as large, as from miles to kilometers", "a change of unit?"),
    ),
    "pounds as kilograms": (
        lambda v, _: {**v, "amount": v["amount"] / 2.20462},
        "unit_change",
        "amount",
        ("are about 2.2 times as small, as from pounds to kilograms", "a change of unit?"),
    ),
    "another spelling": (
        lambda v, _: {**v, "city": where(v["city"], v["city"] == "Bern", "bern ")},
        "spelling",
        "city",
        ("'Bern' is now 'bern' (blanks and case)",),
    ),
    "a frequent value": (
        lambda v, rng: {**v, "amount": where(v["amount"], some(v, rng, 0.2), 20.0)},
        "value_share",
        "amount",
        ("of the values are 20 in the last 24 hours",),
    ),
    "a number that stands for missing": (
        lambda v, rng: {**v, "temp": where(v["temp"], some(v, rng, 0.05), -999.0)},
        "out_of_range",
        "temp",
        ("of the values in the last 24 hours are -999, far outside of",),
    ),
    "a new category": (
        lambda v, rng: {**v, "city": where(v["city"], some(v, rng, 0.1), "see http://a.example")},
        "new_values",
        "city",
        ("are 'see http[:]//a[.]example', which was never seen before",),
    ),
    "swapped columns": (
        lambda v, _: {**v, "temp": v["feels"], "feels": v["temp"]},
        "order",
        "feels",
        ("looks swapped with temp",),
    ),
    "a narrower spread": (
        lambda v, _: {**v, "amount": np.round(np.exp(3 + (np.log(v["amount"]) - 3) / 5), 2)},
        "spread",
        "amount",
        ("the middle half of the values from", "its spread fell to 0.2"),
    ),
    "a shuffled column": (
        lambda v, rng: {**v, "city": rng.permutation(v["city"])},
        "association",
        "region",
        ("no longer belongs to city", "changed from 1 to 0.0"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_planted_fault_is_explained_once_and_by_its_kind(name: str) -> None:
    change, kind, column, parts = CASES[name]
    (report,) = reports(change)
    assert [(one.kind, one.column) for one in report.explanations] == [(kind, column)]
    (reason,) = report.reasons
    assert reason == report.explanations[0].sentence
    assert reason.startswith(f"{column}: ")
    for part in parts:
        assert part in reason
    assert report.to_json() == WindowReport.from_json(report.to_json()).to_json()


def test_a_day_without_a_fault_has_no_explanation() -> None:
    (report,) = reports(None)
    assert (report.verdict, report.explanations) == ("stable", ())


def test_figures_are_those_of_the_data() -> None:
    """Medians, shares and quartiles as numpy has them from the values."""

    def change(values: Values, rng: np.random.Generator) -> Values:
        return {
            **values,
            "amount": np.round(values["amount"] * 1.5, 2),
            "feels": where(values["feels"], some(values, rng, 0.05), np.nan),
        }

    (report,) = reports(change)
    day = traffic(TRAINING_DAYS, 1, change)
    last = traffic(0, TRAINING_DAYS)
    reference = last.times >= (FIRST_DAY + (TRAINING_DAYS - 28) * DAY_HOURS) * HOUR
    by_column = {one.column: one for one in report.explanations}
    level = by_column["amount"]
    assert level.kind == "level"
    assert level.current == pytest.approx(float(np.median(plain(day, "amount"))), rel=0.01)
    expected = float(np.median(plain(last, "amount")[reference]))
    assert level.reference == pytest.approx(expected, rel=0.02)
    assert not_none(level.effect_size) > 0.5
    missing = by_column["feels"]
    share = float(np.isnan(plain(day, "feels")).mean())
    assert (missing.kind, missing.reference) == ("missing_values", 0.0)
    assert missing.current == pytest.approx(share)
    assert f"missing in 0% → {100 * share:.2g}% of the records" in missing.text


def test_a_shifted_clock_is_one_cause_of_hour_and_weekday() -> None:
    (report,) = reports(shifted_clock(5))
    (reason,) = report.reasons
    assert reason == (
        "hour: disagrees with the clock of Europe/Zurich in 100% of the records in the last 24"
        " hours, by +5 hours; so does weekday"
    )
    assert report.explanations[0].partners == ("weekday",)
    assert {report["hour"].status, report["weekday"].status} == {"invalid_data"}


def test_columns_that_are_missing_together_have_one_cause() -> None:
    (report,) = reports(half_missing)
    assert [(one.kind, one.column, one.partners) for one in report.explanations] == [
        ("missing_values", "amount", ("temp",))
    ]


def test_repeated_records_explain_every_other_change() -> None:
    (report,) = reports(
        lambda v, _: {
            name: where(column, np.arange(len(column)) % 10 == 0, column[0])
            for name, column in v.items()
        }
    )
    (reason,) = report.reasons
    assert report.verdict == "invalid_data"
    assert "of the records repeat the values of another record" in reason
    assert [one.kind for one in report.explanations] == ["repeated_records"]


@pytest.mark.parametrize("factor", [0.5, 0.6, 0.8, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("shift", [0.0, 8.0, 40.0, 273.15])
def test_an_ordinary_change_of_level_is_no_change_of_unit(factor: float, shift: float) -> None:
    (report,) = reports(lambda v, _: {**v, "amount": np.round(v["amount"] * factor + shift, 2)})
    kinds = {one.kind for one in report.explanations if one.column == "amount"}
    assert kinds
    assert "unit_change" not in kinds


def test_an_alarm_says_since_when_it_lasts_in_the_time_zone_of_the_model() -> None:
    first, second, third = reports(shifted_clock(-5), days=2, before=1)
    assert first.explanations == ()
    assert [one.since for one in second.explanations] == [None]
    (found,) = third.explanations
    start = datetime.fromtimestamp((FIRST_DAY + (TRAINING_DAYS + 1) * DAY_HOURS) * HOUR, UTC)
    assert found.since == start
    assert third.reasons[0].endswith(" (since Tue 17 Feb 2026, 01:00 CET)")
    assert third["hour"].since == start


def hour_report(change: Change, hour: int = 9) -> WindowReport:
    """The report of one hour with a change, after the hours of its day without one."""
    baseline, training = fitted()
    end = FIRST_DAY + TRAINING_DAYS * DAY_HOURS + hour + 1
    before = traffic(TRAINING_DAYS - 1, 2)
    changed = traffic(TRAINING_DAYS - 1, 2, change)
    at = np.floor(before.times / HOUR)
    earlier = profile_batch(
        baseline, before.take(np.flatnonzero((at >= end - DAY_HOURS) & (at < end - 1)))
    )
    window = profile_batch(baseline, changed.take(np.flatnonzero(at == end - 1)))
    day = make_day(training.layout, (earlier + window).hours, end)
    decision = decide_on_day(training, [], [], day, window_hours=1)
    return build_report(
        baseline,
        window,
        window=Window(
            datetime.fromtimestamp((end - 1) * HOUR, UTC), datetime.fromtimestamp(end * HOUR, UTC)
        ),
        policy=DriftPolicy(min_records=10),
        model="m",
        daily=decision,
    )


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        (
            shifted_clock(-5),
            "hour",
            "hour: disagrees with the clock of Europe/Zurich in 100% of the records in the last"
            " hour, by -5 hours",
        ),
        (
            lambda v, _: {**v, "temp": np.full(len(v["temp"]), -999.0)},
            "temp",
            "temp: the last 34 values are all -999, and at most 20 are usual",
        ),
        (
            lambda v, _: {**v, "city": np.full(len(v["city"]), "Zug", dtype=object)},
            "city",
            "city: the last 34 values are all 'Zug', and at most 20 are usual",
        ),
        (
            lambda v, _: {**v, "amount": np.full(len(v["amount"]), np.nan)},
            "amount",
            "amount: missing in 0% → 100% of the records in the last hour, and at most",
        ),
    ],
)
def test_what_is_broken_in_an_hour_is_said_in_the_columns_own_units(
    change: Change, column: str, reason: str
) -> None:
    found = hour_report(change)
    assert found.verdict == "invalid_data"
    (first,) = (text for text in found.reasons if text.startswith(f"{column}: "))
    assert first.startswith(reason)
    assert found[column].reasons == (first,)


def without_night(values: Values, _: np.random.Generator) -> Values:
    """The temperature is never known from 3 to 8 o'clock."""
    return {
        **values,
        "temp": np.where((values["hour"] >= 3) & (values["hour"] < 9), np.nan, values["temp"]),
    }


@pytest.mark.parametrize("hour", [2, 5, 9, 12])
def test_values_that_an_hour_never_has_are_no_fault_of_its_window(hour: int) -> None:
    batch = traffic(0, TRAINING_DAYS, without_night)
    baseline = with_training_days(fit_baseline(batch, time_zone=ZONE), [batch])
    training = not_none(training_days(baseline))
    end = FIRST_DAY + TRAINING_DAYS * DAY_HOURS + hour
    live = traffic(TRAINING_DAYS - 1, 2, without_night)
    at = np.floor(live.times / HOUR)
    whole = profile_batch(baseline, live.take(np.flatnonzero((at >= end - 24) & (at < end))))
    window = profile_batch(baseline, live.take(np.flatnonzero(at == end - 1)))
    # the first day of a version, from midnight on, and a whole day
    for hours in (whole.hours, {h: n for h, n in whole.hours.items() if h >= end - hour}):
        decision = decide_on_day(
            training, [], [], make_day(training.layout, hours, end), window_hours=1
        )
        report = build_report(
            baseline,
            window,
            window=Window(
                datetime.fromtimestamp((end - 1) * HOUR, UTC),
                datetime.fromtimestamp(end * HOUR, UTC),
            ),
            policy=DriftPolicy(min_records=10),
            model="m",
            daily=decision,
        )
        assert report.verdict == "stable", report.reasons
        assert not report.data_quality.violations


def never(name: str, empty: Any) -> Change:
    """A column without any value."""
    return lambda values, _: {**values, name: np.full(len(values[name]), empty)}


@pytest.mark.parametrize(("name", "empty"), [("amount", np.nan), ("city", None)])
def test_values_of_a_column_without_any_training_value_are_broken_data(
    name: str, empty: Any
) -> None:
    batch = traffic(0, TRAINING_DAYS, never(name, empty))
    baseline = with_training_days(fit_baseline(batch, time_zone=ZONE), [batch])
    training = not_none(training_days(baseline))
    days: list[Day] = []
    history: list[DayRecord] = []
    found = []
    for number, change in enumerate([never(name, empty), None, None]):
        profile = profile_batch(baseline, traffic(TRAINING_DAYS + number, 1, change))
        end = FIRST_DAY + (TRAINING_DAYS + number + 1) * DAY_HOURS
        days.append(make_day(training.layout, profile.hours, end))
        decision = decide_on_day(training, days[:-1], history, days[-1])
        history.append(decision.record)
        report = build_report(
            baseline,
            profile,
            window=Window(
                datetime.fromtimestamp((end - DAY_HOURS) * HOUR, UTC),
                datetime.fromtimestamp(end * HOUR, UTC),
            ),
            policy=DriftPolicy(),
            model="m",
            daily=decision,
        )
        found.append((report.verdict, *report.reasons[:1]))
    text = f"{name}: 100% of the records in the last 24 hours have a value, and none had before"
    assert found[0][0] == "stable"
    assert found[1] == ("invalid_data", text)
    assert found[2][0] == "invalid_data"


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (
            (("bern", 0.2), ("BASEL", 0.1)),
            ["'Bern' is now 'bern' (case)", "'Basel' is now 'BASEL' (case)"],
        ),
        ((("bern", 0.2), ("Genf", 0.1)), []),
        ((), []),
    ],
)
def test_spellings_that_the_last_window_has_no_more_are_found_among_the_days_new_values(
    new: tuple[tuple[str, float], ...], expected: list[str]
) -> None:
    layout = fitted()[1].layout
    change = ColumnChange(values=100, new_values=new)
    found = alarmed_column("city", [], change, layout, (), "in the last 24 hours")
    assert [str(one) for one in found.spellings] == expected
    assert [one.count for one in found.spellings] == [20, 10][: len(expected)]
