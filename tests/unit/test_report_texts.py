"""What the page says of a change: in the feature's own units, and what to do about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from driftloop.capture import RecordBatch
from driftloop.detection import DriftPolicy, WindowOutcome, WindowVerdict
from driftloop.detection.explanation import Explanation, ExplanationKind
from driftloop.profile import fit_baseline, profile_batch
from driftloop.report import WindowReport, build_report
from driftloop.report.advice import next_steps, top_reasons
from driftloop.report.change_text import sentences
from driftloop.report.formatting import hour_text, long_time, window_text
from driftloop.report.headline import RankedColumns, drift_duration, headline
from driftloop.report.window_report import (
    AnyColumn,
    DayWindows,
)
from driftloop.schema import Feature, Kind, ProblemType, Schema
from driftloop.window import Window, parse_time
from tests.unit.reports import WINDOW, categorical, numeric, numeric_side, report, shares

DAY = DayWindows(included=("a",), missing=(), unreadable=())


def past(verdict: str = "stable", *features: str) -> WindowOutcome:
    hour = timedelta(hours=1)
    window = Window(WINDOW.start - hour, WINDOW.end - hour)
    return WindowOutcome(
        window=window, verdict=WindowVerdict(verdict), drifted_features=tuple(features)
    )


def steps(
    made: WindowReport, history: Sequence[WindowOutcome] = (), ranked: RankedColumns | None = None
) -> list[str]:
    order = list(made.features.items()) if ranked is None else ranked
    return next_steps(made, order, history)


def from_to(
    reference: tuple[float | None, ...], current: tuple[float | None, ...]
) -> tuple[str, ...]:
    return sentences(numeric(numeric_side(reference), numeric_side(current)))


@pytest.mark.parametrize(
    ("current", "text"),
    [
        ((60, 70, 80, 90, 99), "Nearly all values are above nearly all"),
        ((45, 52, 58, 64, 70), "Three quarters of the values are above three quarters"),
        ((15, 30, 48, 54, 60), "Half of the values are above three quarters"),
        ((-9, -8, -7, -6, -5), "Nearly all values are below nearly all"),
        ((0, 10, 15, 18, 30), "Three quarters of the values are below three quarters"),
        ((0, 10, 18, 30, 45), "Half of the values are below three quarters"),
    ],
)
def test_a_change_of_position_is_described_by_the_strongest_true_sentence(
    current: tuple[float, ...], text: str
) -> None:
    assert from_to((10, 20, 30, 40, 50), current)[0].startswith(text)


def test_a_small_change_of_position_is_not_described() -> None:
    assert from_to((10, 20, 30, 40, 50), (11, 21, 32, 41, 51)) == ()


def test_a_change_of_spread_is_described_with_both_interquartile_ranges() -> None:
    [larger] = from_to((10, 20, 30, 40, 50), (0, 15, 30, 45, 60))
    assert larger == "The spread is larger: interquartile range 20 → 30."
    [smaller] = from_to((10, 20, 30, 40, 50), (20, 25, 30, 35, 40))
    assert smaller.startswith("The spread is smaller")


def test_categories_that_changed_most_are_named_with_their_shares() -> None:
    found = sentences(
        categorical(
            shares("Oslo", 0.5, 0.4),
            shares("Rome", 0.3, 0.36),
            shares("Bonn", 0.2, 0.2),
            shares("Lima", 0.0, 0.05, "new"),
            shares("missing", 0.0, 0.3, "missing"),
        )
    )
    assert "Increased most: 'Rome' 30% → 36%, 'Lima' 0% → 5%." in found
    assert "Decreased most: 'Oslo' 50% → 40%." in found
    assert found[-1] == "New: 'Lima'."


def test_a_side_without_values_is_not_described() -> None:
    assert from_to((10, 20, 30, 40, 50), (None,) * 5) == ()


def test_a_reason_names_its_column_even_where_one_name_begins_with_another() -> None:
    reasons = ("a: b: median 1 → 2", "a: median 3 → 4", "two columns are correlated")
    found = top_reasons(report(features={"a": numeric(), "a: b": numeric()}, reasons=reasons))
    assert [reason.name for reason in found] == ["a: b", "a", ""]
    assert found[0].text == "median 1 → 2"


def cause(kind: str, column: str, reference: float, current: float, **more: Any) -> Explanation:
    return Explanation(
        kind=ExplanationKind(kind),
        column=column,
        text="changed",
        reference=reference,
        current=current,
        **more,
    )


def test_new_values_missing_values_and_a_common_start_each_have_their_advice() -> None:
    since = parse_time("2026-03-02T19:00:00Z")
    found = " ".join(
        steps(
            report(
                features={"city": categorical(since=since), "age": numeric(since=since)},
                explanations=(
                    cause("new_values", "city", 0.0, 0.03),
                    cause("missing_values", "age", 0.01, 0.09, partners=("size",)),
                ),
            )
        )
    )
    assert "city: check whether the new values are real" in found
    assert "age, size: check the client or the join that no longer fills it" in found
    assert "2 features began to drift in the same window" in found


def test_a_column_with_fewer_missing_values_has_no_advice_on_them() -> None:
    explanations = (cause("missing_values", "age", 0.09, 0.01),)
    found = steps(report(features={"age": numeric()}, explanations=explanations))
    assert not any("no longer fills" in step for step in found)


def test_invalid_data_has_the_advice_of_its_cause_first() -> None:
    explanations = (cause("unit_change", "age", 40.0, 40_000.0),)
    found = steps(report("invalid_data", features={"age": numeric()}, explanations=explanations))
    assert found[0].startswith("age: check in which unit it is sent now")


def test_the_headline_has_the_first_explanation_in_the_columns_own_units() -> None:
    features: dict[str, AnyColumn] = {
        "age": numeric(status="drifted"),
        "city": categorical(status="drifted"),
    }
    text = "median 41 → 68 in the last 24 hours; its level rose by 2"
    first = Explanation(kind=ExplanationKind.LEVEL, column="city", text=text)
    found = report(features=features, explanations=(first,))
    assert headline(found, list(features.items())) == (
        "Drifted: 2 of 2 features, most of all city (median 41 → 68 in the last 24 hours)."
    )


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("drifted", "The predictions drifted though no feature did"),
        ("stable", "The predictions have not drifted"),
    ],
)
def test_the_status_of_the_predictions_is_part_of_the_advice(status: str, text: str) -> None:
    found = steps(report(prediction=numeric(status=status)))
    assert any(text in step for step in found)


def test_the_gate_is_mentioned_only_where_a_version_is_deployed() -> None:
    deployed, local = (" ".join(steps(report(version=version))) for version in (3, None))
    assert "the gate" in deployed
    assert "the gate" not in local
    assert "--history" in local


def test_excluded_features_are_not_counted_among_those_compared() -> None:
    features = {"age": numeric(status="stable"), "id": numeric(status="excluded")}
    text = headline(report("stable", features=features), list(features.items()))
    assert text == "Stable: none of 1 feature has drifted."


def test_minor_changes_are_counted_in_the_headline_of_a_stable_window() -> None:
    features = {"age": numeric(status="stable"), "size": numeric(status="minor_change")}
    text = headline(report("stable", features=features), list(features.items()))
    assert text == (
        "Stable: none of 2 features has drifted; 1 minor change below the minimum effect size."
    )


def test_a_stable_window_with_violations_is_not_called_one_without_action() -> None:
    words = ["n.a."] * 80 + [*range(920)]
    schema = Schema((Feature("id", Kind.NUMERIC),), "y", ProblemType.REGRESSION)
    baseline = fit_baseline(RecordBatch.from_columns(schema, {"id": [*range(1000)]}))
    window = profile_batch(baseline, RecordBatch.from_columns(schema, {"id": words}))
    found = build_report(baseline, window, window=None, policy=DriftPolicy(), model="m")
    assert found.verdict == "stable"  # row numbers are not compared
    (violation,) = found.data_quality.violations
    assert "8% of the values are no numbers" in violation.message
    text = headline(found, list(found.features.items()))
    assert text.endswith("; 1 violation of data quality.")
    assert steps(found)[0].startswith("Fix the data at its source")


def test_a_day_is_called_a_day() -> None:
    day = report("insufficient_data", windows=DAY)
    assert headline(day, []) == (
        "Insufficient data: too few records to decide on drift in this day."
    )


def test_times_are_in_utc_whatever_their_zone() -> None:
    assert long_time(parse_time("2013-07-02T14:00:00+02:00")) == "Tue 2 Jul 2013, 12:00 UTC"
    assert hour_text(parse_time("2013-07-02T14:00:00Z")) == "2 Jul 14:00"
    assert window_text(None) == "no time window"
    assert window_text(WINDOW) == "Mon 2 Mar 2026, 20:00 to 21:00 UTC"


def drifted(*names: str) -> WindowReport:
    return report(features={name: numeric() for name in names})


def test_the_same_feature_in_two_of_three_windows_changes_the_alarm() -> None:
    history = [past("drifted", "age"), past()]
    assert steps(drifted("age", "city"), history)[0] == (
        "age drifted in 2 of the last 3 analyzed windows: the alarm changes to ALARM."
    )
    both = drifted("age", "zip")
    ranked = list(both.features.items())[::-1]
    assert steps(both, [past("drifted", "age", "zip")], ranked)[0].startswith("zip, age drifted")
    assert steps(drifted("city"), history)[0].startswith("This window does not change the alarm")


def test_a_drifted_day_changes_the_alarm() -> None:
    assert steps(report(windows=DAY))[0] == "A drifted day changes the alarm to ALARM."


def test_a_report_without_a_window_does_not_mention_alarms() -> None:
    found = " ".join(steps(report(window=None, version=None, features={"age": numeric()})))
    assert "alarm" not in found
    assert "--history" not in found


def test_the_start_of_the_fault_is_that_of_the_cause_that_the_headline_names() -> None:
    zurich = datetime(2026, 3, 1, 9, tzinfo=ZoneInfo("Europe/Zurich"))
    text = "100% of the values are missing"
    first = Explanation(kind=ExplanationKind.MISSING_VALUES, column="hr", text=text)
    other = Explanation(kind=ExplanationKind.CONSTANT, column="city", text="one", since=zurich)
    since = Window(zurich, WINDOW.end)
    new = report("invalid_data", explanations=(first, other), since=since)
    assert drift_duration(new) == ""
    lasting = report("invalid_data", explanations=(other, first), since=since)
    assert drift_duration(lasting) == (
        "The fault began in the window from Sun 1 Mar 2026, 09:00 CET and has persisted since."
    )


def test_invalid_data_is_named_in_the_headline() -> None:
    reasons = ("age: 60% of the values are missing",)
    assert headline(report("invalid_data", reasons=reasons), []) == (
        "The data of this window is invalid: age: 60% of the values are missing."
    )
    more = (*reasons, "city: 9% of the values are new categories")
    text = headline(report("invalid_data", reasons=more), [])
    assert text.endswith("missing, and 1 more finding.")
