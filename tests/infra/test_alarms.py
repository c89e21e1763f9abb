"""The alarm table, as it stands in the templates and in what the functions are told."""

import json
from typing import Any

import pytest

from driftloop.config import validate_config
from driftloop.contract.fleet import Fleet
from infra.alarms.table import ALARMS, fleet

CREDIT, PRICE = "model-credit", "model-price-v2"


def alarm(templates: Any, stack: str, name: str) -> Any:
    """Properties of the alarm of that name."""
    (found,) = (
        item["Properties"]
        for item in templates.of(stack, "AWS::CloudWatch::Alarm").values()
        if item["Properties"]["AlarmName"] == name
    )
    return found


def dimensions(alarm: Any) -> dict[str, Any]:
    return {item["Name"]: item["Value"] for item in alarm["Dimensions"]}


def test_each_model_has_every_alarm_of_the_table_and_one_on_its_dead_letters(
    templates: Any,
) -> None:
    names = {
        item["Properties"]["AlarmName"]
        for item in templates.of(CREDIT, "AWS::CloudWatch::Alarm").values()
    }
    kinds = [
        "drift",
        "prediction-drift",
        "data-quality",
        "rejected-lines",
        "capture-loss",
        "analysis-failed",
        "heartbeat-missing",
        "endpoint-5xx",
        "endpoint-latency-p99",
        "retraining-failed",
        "release-rolled-back",
        "dead-letter-queue",
    ]
    assert names == {f"driftloop-test-credit-{kind}" for kind in kinds}


def test_the_shared_stack_watches_its_dead_letters_and_the_state_machine(templates: Any) -> None:
    found = {
        item["Properties"]["MetricName"]: item["Properties"]
        for item in templates.of("shared", "AWS::CloudWatch::Alarm").values()
    }
    assert set(found) == {
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ApproximateNumberOfMessagesVisible",
    }


@pytest.mark.parametrize(
    ("kind", "metric"),
    [("drift", "PersistentDrift"), ("prediction-drift", "PersistentPredictionDrift")],
)
def test_drift_goes_off_when_it_lasts_and_a_window_without_judgement_changes_nothing(
    templates: Any, kind: str, metric: str
) -> None:
    found = alarm(templates, PRICE, f"driftloop-test-price-v2-{kind}")
    assert found["MetricName"] == metric
    assert (found["DatapointsToAlarm"], found["EvaluationPeriods"]) == (1, 1)
    assert found["Period"] == 4 * 3600
    assert found["TreatMissingData"] == "ignore"
    assert (found["Statistic"], found["Threshold"]) == ("Maximum", 1)
    assert dimensions(found) == {"Environment": "test", "Model": "price_v2"}


def test_a_silent_monitor_is_three_windows_without_a_heartbeat(templates: Any) -> None:
    found = alarm(templates, CREDIT, "driftloop-test-credit-heartbeat-missing")
    assert found["MetricName"] == "Heartbeat"
    assert (found["DatapointsToAlarm"], found["EvaluationPeriods"]) == (3, 3)
    assert found["TreatMissingData"] == "breaching"
    assert found["ComparisonOperator"] == "LessThanThreshold"


def test_capture_loss_goes_off_beyond_the_share_that_may_be_missing(templates: Any) -> None:
    found = alarm(templates, PRICE, "driftloop-test-price-v2-capture-loss")
    assert (found["MetricName"], found["Threshold"]) == ("CaptureLossShare", 0.5)
    assert found["ComparisonOperator"] == "GreaterThanThreshold"
    assert found["TreatMissingData"] == "ignore"


def test_data_quality_goes_off_on_a_violation_and_on_invalid_data(templates: Any) -> None:
    found = alarm(templates, CREDIT, "driftloop-test-credit-data-quality")
    metrics = {m["Id"]: m.get("MetricStat", {}).get("Metric", {}) for m in found["Metrics"]}
    assert found["Metrics"][0]["Expression"] == "violations + bad"
    assert metrics["violations"]["MetricName"] == "DataQualityViolations"
    assert metrics["bad"]["MetricName"] == "InvalidDataDetected"


@pytest.mark.parametrize(
    ("kind", "statistic", "threshold"),
    [
        ("endpoint-5xx", {"Statistic": "Sum"}, 5),
        ("endpoint-latency-p99", {"ExtendedStatistic": "p99"}, 1e6),
    ],
)
def test_endpoint_alarms_read_the_variants_own_metrics(
    templates: Any, kind: str, statistic: dict[str, str], threshold: float
) -> None:
    found = alarm(templates, CREDIT, f"driftloop-test-credit-{kind}")
    assert dimensions(found) == {
        "EndpointName": "driftloop-test-credit",
        "VariantName": "AllTraffic",
    }
    assert statistic.items() <= found.items()
    assert found["Threshold"] == threshold


def test_every_alarm_tells_people_what_happened_why_and_what_to_do(templates: Any) -> None:
    for where, item in templates.all("AWS::CloudWatch::Alarm"):
        properties = item["Properties"]
        text = properties["AlarmDescription"]
        assert "What happened: " in text, where
        assert "Why: " in text, where
        assert "What to do next: " in text, where
        assert len(text) <= 1024, where
        assert properties["AlarmActions"], where


def test_what_the_functions_are_told_names_exactly_the_alarms_that_the_templates_make(
    templates: Any, config: Any
) -> None:
    told = fleet(validate_config(config))
    made = {
        item["Properties"]["AlarmName"]
        for stack in (CREDIT, PRICE)
        for item in templates.of(stack, "AWS::CloudWatch::Alarm").values()
    }
    assert set(told.alarms) == {name for name in made if not name.endswith("dead-letter-queue")}
    assert told.alarms["driftloop-test-price-v2-drift"].model == "price_v2"
    assert Fleet.from_json(told.to_json()) == told


def test_the_gate_is_asked_by_drift_prediction_drift_and_data_quality_and_by_no_other_alarm(
    templates: Any,
) -> None:
    asked = [
        name
        for item in templates.of("shared", "AWS::Events::Rule").values()
        for name in item["Properties"]["EventPattern"].get("detail", {}).get("alarmName", ())
    ]
    kinds = ("drift", "prediction-drift", "data-quality")
    expected = {f"driftloop-test-{m}-{k}" for m in ("credit", "price-v2") for k in kinds}
    assert sorted(asked) == sorted(expected)
    assert {row.kind for row in ALARMS if row.invokes_gate} == set(kinds)


def test_alarms_on_an_endpoint_exist_only_with_it(templates: Any) -> None:
    conditions = {
        item["Properties"]["AlarmName"].removeprefix("driftloop-test-credit-"): item.get(
            "Condition"
        )
        for item in templates.of(CREDIT, "AWS::CloudWatch::Alarm").values()
    }
    assert conditions["heartbeat-missing"] == conditions["endpoint-5xx"] == "HasEndpoint"
    assert conditions["retraining-failed"] is None


def test_fifty_models_keep_every_event_pattern_within_what_eventbridge_takes(config: Any) -> None:
    from infra.constructs.event_rules import rules

    model = config["models"]["credit"]
    models = {f"a-rather-long-model-name-{n:03d}": model for n in range(50)}
    large = fleet(validate_config(config | {"models": models}))
    table = rules(large, pipelines="arn:aws:sagemaker:eu-west-1:111122223333:pipeline/driftloop")
    names = [name for rule in table for name in rule.detail.get("alarmName", ())]
    assert len(names) == len(set(names)) == 150
    assert all(len(json.dumps(rule.detail)) < 1900 for rule in table)
