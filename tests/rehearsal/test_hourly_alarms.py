"""The alarms of what the hourly checks find reach ALARM, stay there while it lasts, and end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from driftloop.config import validate_config
from driftloop.contract.cloudwatch_metrics import (
    RETRAINING_OVERDUE,
    WAITING_VERSION_DAYS,
    WINDOWS_GIVEN_UP,
    CloudWatchMetric,
)
from driftloop.contract.resource_names import ResourceNames
from infra.alarms.definition import Alarm, AlarmContext
from infra.alarms.table import model_alarms
from infra.constructs.alarm import WALL_CLOCK_PERIODS
from rehearsal.cloudwatch.alarms import AlarmStore
from rehearsal.cloudwatch.metric_store import MetricStore
from rehearsal.simulated_clock import SimulatedClock

START = datetime(2027, 1, 4, 10, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)
MODEL = {
    "problem_type": "regression",
    "features": {"age": "numeric"},
    "target": "label",
    "family": "sklearn",
    "training_data": "train.csv",
}


class HourlyChecks:
    """A check at minute 40 of each hour publishes a metric; CloudWatch evaluates each minute."""

    def __init__(self, kind: str, metric: CloudWatchMetric) -> None:
        config = validate_config({"environment": "test", "models": {"credit": MODEL}})
        context = AlarmContext(ResourceNames("test"), "credit", config.models["credit"])
        [alarm] = [alarm for alarm in model_alarms(context) if alarm.kind == kind]
        [evaluated] = alarm.condition.metrics
        assert evaluated.name == metric.name
        self.clock, self.metrics, self.metric = SimulatedClock(START), MetricStore(), evaluated
        self.alarms = AlarmStore(self.clock, self.metrics, lambda _: None)
        self.name = alarm.name
        self.alarms.put(settings_of(alarm))

    def publish(self, value: float | None) -> set[str]:
        """The states of the alarm until the next check; None is a check that did not run."""
        metric = self.metric
        if value is not None:
            self.metrics.put(
                metric.namespace, metric.name, metric.dimensions, value, "Count", self.clock.now()
            )
        states = set()
        for _ in range(60):
            self.clock.advance(HOUR / 60)
            self.alarms.evaluate_all()
            states.add(self.alarms.state(self.name))
        return states


def settings_of(alarm: Alarm) -> dict[str, Any]:
    condition = alarm.condition
    [metric] = condition.metrics
    wall_clock = {"WallClockWindow": {"Timezone": "UTC"}}
    return {
        "AlarmName": alarm.name,
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in metric.dimensions.items()],
        "Statistic": metric.statistic,
        "Period": condition.period_seconds,
        "EvaluationPeriods": condition.evaluation_periods,
        "DatapointsToAlarm": condition.datapoints_to_alarm,
        "Threshold": condition.threshold,
        "ComparisonOperator": condition.comparison_operator,
        "TreatMissingData": condition.treat_missing_data,
        "AlarmActions": [],
    } | ({"EvaluationWindow": wall_clock} if condition.period_seconds in WALL_CLOCK_PERIODS else {})


@pytest.mark.parametrize(
    ("kind", "metric"),
    [("windows-given-up", WINDOWS_GIVEN_UP), ("retraining-overdue", RETRAINING_OVERDUE)],
)
def test_the_alarm_is_in_alarm_while_checks_find_it_and_ends_after_that(
    kind: str, metric: CloudWatchMetric
) -> None:
    checks = HourlyChecks(kind, metric)
    assert "ALARM" not in checks.publish(None)
    assert "ALARM" in checks.publish(1)
    assert checks.publish(1) == {"ALARM"}
    # AWS does not document how many earlier periods it looks at where data is missing.
    states = [checks.publish(None) for _ in range(6)]
    assert states[0] == {"ALARM"}
    assert states[-1] == {"OK"}


def test_the_alarm_of_a_waiting_version_is_in_alarm_from_the_first_reminder_to_the_decision() -> (
    None
):
    checks = HourlyChecks("approval-overdue", WAITING_VERSION_DAYS)
    assert "ALARM" not in checks.publish(2.9)
    assert "ALARM" in checks.publish(3.0)
    assert checks.publish(None) == {"ALARM"}
    assert checks.publish(3.1) == {"ALARM"}
    assert "OK" in checks.publish(0)
    assert checks.publish(0) == {"OK"}
