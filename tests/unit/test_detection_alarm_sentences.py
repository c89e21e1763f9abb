"""The sentences of alarms where a part of the change is unknown, and of drift from training."""

import pytest

from driftloop.daily.column_change import ColumnChange, Disorder, Partner, Quartiles, Shares
from driftloop.daily.day_decision import DailyAlarm
from driftloop.daily.drift_from_training import ColumnDriftFromTraining, DriftFromTraining
from driftloop.detection import DriftPolicy
from driftloop.detection.alarm_texts import BY_ALARM, AlarmedColumn
from driftloop.detection.explanation import Explanation, ExplanationKind
from driftloop.report.drift_from_training_text import drift_from_training_text
from driftloop.schema import PREDICTION


def explain(
    name: str,
    change: ColumnChange,
    *,
    size: float = 1.0,
    limit: float = 0.25,
    days: int = 1,
    partner: str | None = None,
    partners: tuple[str, ...] = (),
) -> Explanation:
    alarm = DailyAlarm("temp", name, days, size, limit, partner)
    column = AlarmedColumn(
        name="temp",
        alarms={name: alarm},
        partners=partners,
        change=change,
        spellings=(),
        is_category=False,
        zone="UTC",
        clock_part="",
        period="in the last 24 hours",
    )
    return BY_ALARM[name](column, alarm)


def test_a_more_frequent_value_without_a_name() -> None:
    found = explain("largest_increase", ColumnChange())
    assert found.text == "one value became more frequent in the last 24 hours"
    assert found.kind == ExplanationKind.SHARES
    assert found.effect_size == 1.0


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        (1.0, "its spread rose to 2.7 times the usual one, and at most 1.3 is usual"),
        (-1.0, "its spread fell to 0.37 times the usual one, and at least 0.78 is usual"),
    ],
)
def test_a_spread_without_quartiles_is_a_multiple_alone(size: float, sentence: str) -> None:
    found = explain("spread", ColumnChange(quartiles=Quartiles(1.0, 2.0, 3.0)), size=size)
    assert found.text == sentence
    assert (found.reference, found.current) == (None, None)


def test_variety_without_shares_of_alike_pairs() -> None:
    found = explain("variety", ColumnChange(), size=-1.0)
    assert found.text == "the values of the same hour are more alike than usual"
    assert (found.reference, found.current) == (None, None)


def test_values_out_of_range_where_the_range_of_the_day_is_unknown() -> None:
    change = ColumnChange(out_of_range_share=0.05, extremes=(0.0, 10.0))
    assert explain("out_of_range", change).text == (
        "5% of the values in the last 24 hours are far outside of 0 to 10, the range until now"
    )


def test_values_out_of_range_name_no_range_where_none_is_known() -> None:
    found = explain("out_of_range", ColumnChange(out_of_range_share=0.05, far_value="999"))
    assert found.text == (
        "5% of the values in the last 24 hours are 999, far outside of the range until now"
    )


@pytest.mark.parametrize(
    ("limit", "bound"), [(0.25, "at least 22% is usual"), (2.0, "at least 0% is usual")]
)
def test_fewer_missing_values_than_usual(limit: float, bound: str) -> None:
    change = ColumnChange(missing=Shares(0.33, 0.02))
    assert explain("missing", change, size=-1.0, limit=limit).text == (
        f"missing in 33% → 2% of the records in the last 24 hours, and {bound}"
    )


def test_an_association_without_a_partner() -> None:
    found = explain("association", ColumnChange())
    assert found.text == "its association with others changed"
    assert found.partners == ()


def test_an_association_over_several_days() -> None:
    partners = (
        Partner("load", 0.5, Shares(0.8, 0.1)),
        Partner(PREDICTION, 0.3, Shares(0.6, 0.2)),
    )
    found = explain("association", ColumnChange(partners=partners), days=3)
    assert found.text == (
        "over 3 days no longer belongs to load, prediction, as after a wrong join or a shuffle;"
        " its association with load (Cramér's V) changed from 0.8 to 0.1 in the last 24 hours"
    )
    assert found.partners == ("load", "prediction")
    assert (found.reference, found.current) == (0.8, 0.1)


def test_an_order_with_a_column_whose_change_is_unknown() -> None:
    disorder = Disorder("load", True, Shares(0.0, 0.1))
    found = explain("order", ColumnChange(disorders=(disorder,)), partner="low", partners=("low",))
    assert found.text == "out of order with low"


def test_the_most_broken_order_comes_first() -> None:
    disorders = (
        Disorder("high", False, Shares(0.0, 0.1)),
        Disorder("low", True, Shares(0.01, 0.4)),
    )
    found = explain("order", ColumnChange(disorders=disorders), partners=("high", "low"))
    assert found.text == (
        "is below low in 1% → 40% of the records in the last 24 hours, and likewise out of order"
        " with high"
    )
    assert found.partners == ("low", "high")
    assert (found.reference, found.current) == (0.01, 0.4)


@pytest.mark.parametrize(
    ("value", "start"), [(None, "one single value"), ("7", "all values are 7")]
)
def test_one_single_value_for_longer_than_usual(value: str | None, start: str) -> None:
    found = explain("constant", ColumnChange(single_value=value), size=9.0, limit=5.0)
    assert found.text == f"{start} for 9 hours in a row, and fewer than 5 are usual"
    assert found.value == (value or "")


def drift(sizes: dict[str, float], months: tuple[int, ...] = ()) -> DriftFromTraining:
    columns = {
        name: ColumnDriftFromTraining(
            effect_size=size + 0.1, persistent_effect_size=size, days=28, records=500
        )
        for name, size in sizes.items()
    }
    return DriftFromTraining(max_days=28, days=28, records=500, months=months, columns=columns)


@pytest.mark.parametrize(
    ("months", "reference"),
    [((), "the training data"), ((1, 12), "the training data of January and December")],
)
def test_no_column_is_away_from_the_training_data(months: tuple[int, ...], reference: str) -> None:
    assert drift_from_training_text(drift({"temp": 0.0}, months), DriftPolicy()) == (
        "Over the last 28 days (28 days with 500 records) no column is significantly away from"
        f" {reference}."
    )


@pytest.mark.parametrize(
    ("least", "consequence"),
    [
        (None, "No alarm is set on it (monitoring.min_drift_from_training)."),
        (0.3, "From 0.3 the gate is invoked for a retraining; it is no part of the verdict."),
        (0.8, "The gate is invoked for a retraining from 0.8."),
    ],
)
def test_what_follows_from_the_furthest_column(least: float | None, consequence: str) -> None:
    policy = DriftPolicy(min_drift_from_training=least)
    assert drift_from_training_text(drift({"load": 0.2, "temp": 0.6}), policy) == (
        "Over the last 28 days (28 days with 500 records) temp is furthest from the training data:"
        f" effect size 0.6. {consequence}"
    )


def test_predictions_are_named_as_such() -> None:
    text = drift_from_training_text(drift({PREDICTION: 0.6, "temp": 0.2}), DriftPolicy())
    assert "the predictions are furthest from the training data: effect size 0.6." in text
