"""The alarm table, in the templates and in fleet.json."""

import json
from typing import Any

import pytest

from driftloop.config import validate_config
from driftloop.contract.fleet import Fleet
from infra.alarms.table import ALARMS, make_fleet
from lambdas.gate.triggers.active_alarms import REASONS

CREDIT, PRICE = "model-credit", "model-price-v2"


def find_alarm(templates: Any, stack: str, name: str) -> Any:
    """Return the properties of the alarm with that name."""
    (properties,) = (
        item["Properties"]
        for item in templates.resources(stack, "AWS::CloudWatch::Alarm").values()
        if item["Properties"]["AlarmName"] == name
    )
    return properties


def dimensions(alarm: Any) -> dict[str, Any]:
    return {item["Name"]: item["Value"] for item in alarm["Dimensions"]}


def test_each_model_has_every_alarm_of_the_table_and_one_for_its_dead_letter_queue(
    templates: Any,
) -> None:
    names = {
        item["Properties"]["AlarmName"]
        for item in templates.resources(CREDIT, "AWS::CloudWatch::Alarm").values()
    }
    kinds = [*(row.kind for row in ALARMS), "dead-letter-queue"]
    assert len(kinds) == len(set(kinds))
    assert names == {f"driftloop-test-credit-{kind}" for kind in kinds}


def test_the_table_has_the_alarms_that_other_parts_refer_to() -> None:
    assert {row.kind for row in ALARMS} >= {
        "drift",
        "prediction-drift",
        "data-quality",
        "drift-from-training",
        "rejected-lines",
        "capture-loss",
        "analysis-failed",
        "windows-given-up",
        "heartbeat-missing",
        "verdict-missing",
        "endpoint-5xx",
        "endpoint-latency-p99",
        "retraining-failed",
        "retraining-overdue",
        "approval-overdue",
        "release-rolled-back",
        "autoscaling-failed",
    }


def test_the_shared_stack_has_alarms_for_its_dead_letter_queue_and_the_state_machine(
    templates: Any,
) -> None:
    metrics = {
        item["Properties"]["MetricName"]
        for item in templates.resources("shared", "AWS::CloudWatch::Alarm").values()
    }
    assert metrics == {
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ApproximateNumberOfMessagesVisible",
    }


@pytest.mark.parametrize(
    ("kind", "metric"),
    [("drift", "PersistentDrift"), ("prediction-drift", "PersistentPredictionDrift")],
)
def test_a_drift_alarm_evaluates_persistent_drift_and_ignores_windows_without_a_verdict(
    templates: Any, kind: str, metric: str
) -> None:
    alarm = find_alarm(templates, PRICE, f"driftloop-test-price-v2-{kind}")
    assert alarm["MetricName"] == metric
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (1, 1)
    assert alarm["Period"] == 4 * 3600
    assert alarm["TreatMissingData"] == "ignore"
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 1)
    assert dimensions(alarm) == {"Environment": "test", "Model": "price_v2"}


def test_the_heartbeat_is_missing_after_three_windows(templates: Any) -> None:
    alarm = find_alarm(templates, CREDIT, "driftloop-test-credit-heartbeat-missing")
    assert alarm["MetricName"] == "Heartbeat"
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (3, 3)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "LessThanThreshold"


def test_the_capture_loss_alarm_has_the_configured_share_as_its_threshold(templates: Any) -> None:
    alarm = find_alarm(templates, PRICE, "driftloop-test-price-v2-capture-loss")
    assert (alarm["MetricName"], alarm["Threshold"]) == ("CaptureLossShare", 0.5)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["TreatMissingData"] == "ignore"


def test_the_data_quality_alarm_adds_violations_and_invalid_windows(templates: Any) -> None:
    alarm = find_alarm(templates, CREDIT, "driftloop-test-credit-data-quality")
    metrics = {m["Id"]: m.get("MetricStat", {}).get("Metric", {}) for m in alarm["Metrics"]}
    assert alarm["Metrics"][0]["Expression"] == "violations + invalid"
    assert metrics["violations"]["MetricName"] == "DataQualityViolations"
    assert metrics["invalid"]["MetricName"] == "InvalidDataDetected"


@pytest.mark.parametrize(
    ("kind", "statistic", "threshold"),
    [
        ("endpoint-5xx", {"Statistic": "Sum"}, 5),
        ("endpoint-latency-p99", {"ExtendedStatistic": "p99"}, 1e6),
    ],
)
def test_endpoint_alarms_evaluate_the_metrics_of_the_variant(
    templates: Any, kind: str, statistic: dict[str, str], threshold: float
) -> None:
    alarm = find_alarm(templates, CREDIT, f"driftloop-test-credit-{kind}")
    assert dimensions(alarm) == {
        "EndpointName": "driftloop-test-credit",
        "VariantName": "AllTraffic",
    }
    assert statistic.items() <= alarm.items()
    assert alarm["Threshold"] == threshold


def test_every_alarm_describes_what_happened_why_and_what_to_do_next(templates: Any) -> None:
    for place, item in templates.all_resources("AWS::CloudWatch::Alarm"):
        properties = item["Properties"]
        text = properties["AlarmDescription"]
        assert "What happened: " in text, place
        assert "Why: " in text, place
        assert "What to do next: " in text, place
        assert len(text) <= 1024, place
        is_silent = properties["AlarmName"].endswith("-drift-from-training")
        assert ("AlarmActions" in properties) is not is_silent, place
        assert ("OKActions" in properties) is not is_silent, place


def test_drift_from_training_is_measured_once_a_day_and_notifies_nobody(templates: Any) -> None:
    name = "driftloop-test-price-v2-drift-from-training"
    alarm = find_alarm(templates, PRICE, name)
    assert (alarm["MetricName"], alarm["Statistic"]) == ("DriftFromTraining", "Maximum")
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (
        0.5,
        "GreaterThanOrEqualToThreshold",
    )
    assert (alarm["Period"], alarm["TreatMissingData"]) == (86400, "ignore")
    assert dimensions(alarm) == {"Environment": "test", "Model": "price_v2"}
    assert {"AlarmActions", "OKActions", "InsufficientDataActions"}.isdisjoint(alarm)


@pytest.mark.parametrize(
    ("stack", "name", "hours"),
    [
        (PRICE, "driftloop-test-price-v2-retraining-failed", 4),
        (CREDIT, "driftloop-test-credit-retraining-failed", 1),
    ],
)
def test_a_start_that_fails_again_in_each_window_does_not_change_the_alarms_state(
    templates: Any, stack: str, name: str, hours: int
) -> None:
    """Of two consecutive periods of a window's length, one has a data point at least."""
    alarm = find_alarm(templates, stack, name)
    assert (alarm["MetricName"], alarm["Period"]) == ("RetrainingFailed", hours * 3600)
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (1, 2)
    assert alarm["TreatMissingData"] == "notBreaching"


def test_a_verdict_is_missing_after_the_configured_days(templates: Any, config: Any) -> None:
    alarm = find_alarm(templates, PRICE, "driftloop-test-price-v2-verdict-missing")
    assert (alarm["MetricName"], alarm["Statistic"]) == ("DaysSinceVerdict", "Maximum")
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (
        7,
        "GreaterThanOrEqualToThreshold",
    )
    assert (alarm["Period"], alarm["TreatMissingData"]) == (3600, "ignore")
    price = config["models"]["price_v2"]
    monitoring = {**price.get("monitoring", {}), "max_days_without_verdict": None}
    models = {**config["models"], "price_v2": {**price, "monitoring": monitoring}}
    alarms = make_fleet(validate_config({**config, "models": models})).alarms
    assert "driftloop-test-price-v2-verdict-missing" not in alarms


def test_a_model_without_a_threshold_has_no_alarm_on_drift_from_training(config: Any) -> None:
    name = "driftloop-test-price-v2-drift-from-training"
    assert name in make_fleet(validate_config(config)).alarms
    price = config["models"]["price_v2"]
    monitoring = {**price.get("monitoring", {}), "min_drift_from_training": None}
    models = {**config["models"], "price_v2": {**price, "monitoring": monitoring}}
    alarms = make_fleet(validate_config({**config, "models": models})).alarms
    assert name not in alarms
    assert "driftloop-test-price-v2-drift" in alarms
    assert "driftloop-test-credit-drift-from-training" in alarms


def test_fleet_json_lists_exactly_the_alarms_of_the_templates(templates: Any, config: Any) -> None:
    fleet = make_fleet(validate_config(config))
    names = {
        item["Properties"]["AlarmName"]
        for stack in (CREDIT, PRICE)
        for item in templates.resources(stack, "AWS::CloudWatch::Alarm").values()
    }
    assert set(fleet.alarms) == {name for name in names if not name.endswith("dead-letter-queue")}
    assert fleet.alarms["driftloop-test-price-v2-drift"].model == "price_v2"
    assert Fleet.from_json(fleet.to_json()) == fleet


def test_only_alarms_that_have_a_start_reason_invoke_the_gate(
    templates: Any,
) -> None:
    patterns = [
        item["Properties"]["EventPattern"]
        for item in templates.resources("shared", "AWS::Events::Rule").values()
    ]
    names = [
        name for pattern in patterns for name in pattern.get("detail", {}).get("alarmName", ())
    ]
    kinds = {row.kind for row in ALARMS if row.invokes_gate}
    assert kinds == set(REASONS) >= {"drift", "prediction-drift", "data-quality"}
    expected = {f"driftloop-test-{m}-{k}" for m in ("credit", "price-v2") for k in kinds}
    assert sorted(names) == sorted(expected)


def test_alarms_that_require_an_endpoint_exist_only_with_it(templates: Any) -> None:
    conditions = {
        item["Properties"]["AlarmName"].removeprefix("driftloop-test-credit-"): item.get(
            "Condition"
        )
        for item in templates.resources(CREDIT, "AWS::CloudWatch::Alarm").values()
    }
    assert conditions["heartbeat-missing"] == conditions["endpoint-5xx"] == "HasEndpoint"
    assert conditions["retraining-failed"] is None


def test_the_event_patterns_of_fifty_models_are_within_eventbridges_limit(config: Any) -> None:
    from infra.constructs.event_rules import event_rules

    model = config["models"]["credit"]
    models = {f"a-rather-long-model-name-{n:03d}": model for n in range(50)}
    fleet = make_fleet(validate_config(config | {"models": models}))
    prefix = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/driftloop"
    rules = event_rules(fleet, pipeline_arn_prefix=prefix)
    names = [name for rule in rules for name in rule.detail.get("alarmName", ())]
    invoking = sum(row.invokes_gate for row in ALARMS)
    assert len(names) == len(set(names)) == 50 * invoking >= 150
    assert all(len(json.dumps(rule.detail)) < 1900 for rule in rules)
