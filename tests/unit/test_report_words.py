"""What the page says of a change: in the feature's own units, and what to do about it."""

from typing import Any

import pytest

from driftloop.report.advice import next_steps, top_reasons
from driftloop.report.change_text import sentences
from driftloop.report.formatting import hour_text, long_time, window_text
from driftloop.report.headline import headline

NAMES = ("p05", "p25", "p50", "p75", "p95")


def numeric(before: tuple[float, ...], now: tuple[float, ...], **more: Any) -> dict[str, Any]:
    """Entries by their 5%, 25%, 50%, 75% and 95% quantiles."""
    sides = {
        name: {"quantiles": dict(zip(NAMES, side, strict=True)), "median": side[2]}
        for name, side in (("baseline", before), ("current", now))
    }
    return {**sides, "histogram": {}, "status": "drifted", **more}


def report(**more: Any) -> dict[str, Any]:
    policy = {"datapoints_to_alarm": 2, "evaluation_periods": 3}
    plain = {"features": {}, "drifted_features": [], "reasons": [], "policy": policy}
    return {"verdict": "drifted", "version": 3, **plain, **more}


PAST = {"verdict": "stable", "drifted_features": []}


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ((60, 70, 80, 90, 99), "Nearly all values lie above nearly all"),
        ((45, 52, 58, 64, 70), "Three quarters of the values lie above three quarters"),
        ((15, 30, 48, 54, 60), "Half of the values lie above three quarters"),
        ((-9, -8, -7, -6, -5), "Nearly all values lie below nearly all"),
        ((0, 10, 15, 18, 30), "Three quarters of the values lie below three quarters"),
        ((0, 10, 18, 30, 45), "Half of the values lie below three quarters"),
    ],
)
def test_how_far_values_moved_is_told_by_the_strongest_true_sentence(now, told) -> None:  # type: ignore[no-untyped-def]
    assert sentences(numeric((10, 20, 30, 40, 50), now))[0].startswith(told)


def test_a_small_move_is_not_told_as_one() -> None:
    assert sentences(numeric((10, 20, 30, 40, 50), (11, 21, 32, 41, 51))) == ()


def test_a_change_of_spread_is_told_with_both_widths() -> None:
    [wider] = sentences(numeric((10, 20, 30, 40, 50), (0, 15, 30, 45, 60)))
    assert wider == "They spread wider: the middle half is 30 wide, and was 20."
    [closer] = sentences(numeric((10, 20, 30, 40, 50), (20, 25, 30, 35, 40)))
    assert closer.startswith("They lie closer together")


def test_levels_that_moved_most_are_told_with_their_shares() -> None:
    categories = [
        {"category": "Oslo", "baseline": 0.5, "current": 0.4, "tag": ""},
        {"category": "Rome", "baseline": 0.3, "current": 0.36, "tag": ""},
        {"category": "Bonn", "baseline": 0.2, "current": 0.2, "tag": ""},
        {"category": "Lima", "baseline": 0.0, "current": 0.05, "tag": "new"},
        {"category": "missing", "baseline": 0.0, "current": 0.3, "tag": "missing"},
    ]
    told = sentences({"categories": categories})
    assert "Gained most: Rome 30% → 36%, Lima 0% → 5%." in told
    assert "Lost most: Oslo 50% → 40%." in told
    assert told[-1] == "Never seen before: Lima."


def test_a_side_without_values_is_told_nothing_of() -> None:
    entry = numeric((10, 20, 30, 40, 50), (60, 70, 80, 90, 99))
    entry["current"]["quantiles"] = dict.fromkeys(NAMES)
    assert sentences(entry) == ()


def test_a_reason_points_at_its_column_even_where_one_name_begins_with_another() -> None:
    reasons = ["a: b: median 1 → 2", "a: median 3 → 4", "two columns go together"]
    found = top_reasons(report(features={"a": {}, "a: b": {}}, reasons=reasons))
    assert [pointer.name for pointer in found] == ["a: b", "a", ""]
    assert found[0].text == "median 1 → 2"


def test_new_levels_missing_values_and_a_common_start_each_have_their_advice() -> None:
    since = "2026-03-02T19:00:00Z"
    city = {"reasons": ["city: the new level 'x' makes up 3%"], "since": since}
    age = {
        "reasons": ["age: missing in 1% of the records → 9%"],
        "since": since,
        "baseline": {"missing_share": 0.01},
        "current": {"missing_share": 0.09},
    }
    ranked = [(n, {**e, "status": "drifted"}) for n, e in (("city", city), ("age", age))]
    steps = " ".join(next_steps(report(), ranked, history=[PAST]))
    assert "city: ask whether the new levels are new things" in steps
    assert "age: look at the client or the join that no longer fills it" in steps
    assert "2 features began to drift in the same window" in steps


def test_a_column_that_is_filled_more_often_is_not_called_emptier() -> None:
    entry = {
        "status": "drifted",
        "reasons": ["age: missing in 9% of the records → 1%"],
        "baseline": {"missing_share": 0.09},
        "current": {"missing_share": 0.01},
    }
    assert not any(
        "no longer fills" in s for s in next_steps(report(), [("age", entry)], history=[PAST])
    )


@pytest.mark.parametrize(
    ("drifted", "status", "told"),
    [
        (True, "drifted", "The answers moved though no feature did"),
        (False, "stable", "The model's answers have not drifted"),
    ],
)
def test_what_the_answers_did_is_part_of_the_advice(drifted, status, told) -> None:  # type: ignore[no-untyped-def]
    prediction = {"drifted": drifted, "status": status}
    assert any(told in s for s in next_steps(report(prediction=prediction), [], history=[PAST]))


def test_the_gate_is_spoken_of_only_where_a_version_is_deployed() -> None:
    deployed, by_hand = (
        " ".join(next_steps(report(version=version), [], history=[])) for version in (3, None)
    )
    assert "the gate" in deployed
    assert "the gate" not in by_hand
    assert "--history" in by_hand


def test_features_that_are_left_out_are_not_counted_among_those_compared() -> None:
    ranked = [("age", {"status": "stable"}), ("id", {"status": "excluded"})]
    said = headline(report(verdict="stable"), ranked)
    assert said == "Stable: none of 1 feature has drifted."


def test_a_day_is_called_a_day() -> None:
    day = report(verdict="insufficient_data", windows={"summed": [], "missing": []})
    assert headline(day, []) == "Too few records to judge this day."


def test_times_are_told_in_utc_whatever_their_zone() -> None:
    assert long_time("2013-07-02T14:00:00+02:00") == "Tue 2 Jul 2013, 12:00 UTC"
    assert hour_text("2013-07-02T14:00:00Z") == "2 Jul 14:00"
    assert window_text({"start": None, "end": None}) == "no records, so no window"


def test_two_of_three_windows_with_the_same_feature_are_called_an_alarm() -> None:
    past = [{"verdict": "drifted", "drifted_features": ["age"]}, PAST]
    now = report(drifted_features=["age", "city"])
    assert next_steps(now, [], past)[0] == (
        "age drifted in 2 of the last 3 judged windows: that raises the alarm."
    )
    both = [{"verdict": "drifted", "drifted_features": ["age", "zip"]}]
    ranked = [(name, {"status": "drifted"}) for name in ("zip", "age")]
    lasting = next_steps(report(drifted_features=["age", "zip"]), ranked, both)[0]
    assert lasting.startswith("zip, age drifted in 2")
    other = report(drifted_features=["city"])
    assert next_steps(other, [], past)[0].startswith("This window alone raises no alarm")


def test_a_drifted_day_is_an_alarm_by_itself() -> None:
    day = report(windows={"summed": ["a"], "missing": []})
    assert next_steps(day, [], [])[0] == "A drifted day raises the alarm by itself."


def test_broken_data_is_named_in_the_sentence() -> None:
    broken = report(verdict="invalid_data", reasons=["age: 60% of the values are missing"])
    assert headline(broken, []) == (
        "The data of this window is broken: age: 60% of the values are missing."
    )
    broken["reasons"] = [*broken["reasons"], "city: 9% of the values are new levels"]
    assert headline(broken, []).endswith("missing, and 1 more finding.")
