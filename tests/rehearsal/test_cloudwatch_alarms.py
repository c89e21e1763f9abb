import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from driftloop.config import validate_config
from driftloop.config.sections import MonitoringSettings
from driftloop.contract.cloudwatch_metrics import PERSISTENT_DRIFT
from driftloop.contract.resource_names import ResourceNames
from driftloop.window import Window
from infra.alarms.conditions import persistent_condition
from infra.alarms.definition import AlarmContext
from lambdas.detect.publish import metric_time
from rehearsal.cloudwatch.alarm_notifications import event_detail, notified_topics, sns_message
from rehearsal.cloudwatch.alarms import AlarmStore
from rehearsal.cloudwatch.metric_operations import MetricOperations
from rehearsal.cloudwatch.metric_store import MetricStore, available_from
from rehearsal.simulated_clock import SimulatedClock

START = datetime(2027, 1, 4, 10, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TOPIC = "arn:aws:sns:us-east-1:000000000000:notifications"


class FakeCloudWatch:
    """A clock, metrics and alarms, with the state changes of the alarms."""

    def __init__(self):
        self.clock, self.metrics = SimulatedClock(START), MetricStore()
        self.changes: list[Any] = []
        self.alarms = AlarmStore(self.clock, self.metrics, self.changes.append)

    def alarm(self, **settings):
        self.alarms.put(
            {
                "AlarmName": "errors",
                "Namespace": "AWS/SageMaker",
                "MetricName": "Invocation5XXErrors",
                "Dimensions": [{"Name": "EndpointName", "Value": "a"}],
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 5,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [TOPIC],
                **settings,
            }
        )

    def put(self, value, when=None, **dimensions):
        self.metrics.put(
            "AWS/SageMaker",
            "Invocation5XXErrors",
            dimensions or {"EndpointName": "a"},
            value,
            "Count",
            when or self.clock.now(),
        )

    def evaluate_at(self, when):
        self.clock.advance_to(when)
        self.alarms.evaluate_all()
        return self.alarms.state("errors")


@pytest.fixture
def cloudwatch():
    return FakeCloudWatch()


def test_the_points_of_a_period_are_summed_before_they_are_compared(cloudwatch):
    cloudwatch.alarm()
    for _ in range(5):
        cloudwatch.put(1, START + timedelta(seconds=10))
    assert cloudwatch.evaluate_at(START + MINUTE) == "ALARM"


def test_a_metric_with_other_dimensions_is_another_metric(cloudwatch):
    cloudwatch.alarm()
    cloudwatch.put(99, EndpointName="b")
    cloudwatch.put(99, EndpointName="a", EndpointConfigName="v2")
    assert cloudwatch.evaluate_at(START + MINUTE) == "OK"


def test_a_percentile_is_of_single_values(cloudwatch):
    cloudwatch.alarm(Statistic=None, ExtendedStatistic="p50", Threshold=3)
    for value in (1, 2, 3, 4, 100):
        cloudwatch.put(value)
    assert cloudwatch.evaluate_at(START + MINUTE) == "ALARM"


def test_metric_math_compares_the_series_that_returns_data(cloudwatch):
    metric = {"Namespace": "n", "MetricName": "m", "Dimensions": []}
    cloudwatch.alarm(
        MetricName=None,
        Metrics=[
            {"Id": "share", "Expression": "1 - m1 / m2", "ReturnData": True},
            {
                "Id": "m1",
                "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Minimum"},
                "ReturnData": False,
            },
            {
                "Id": "m2",
                "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"},
                "ReturnData": False,
            },
        ],
        Threshold=0.5,
    )
    cloudwatch.metrics.put("n", "m", {}, 1, "None", START)
    cloudwatch.metrics.put("n", "m", {}, 4, "None", START)
    assert cloudwatch.evaluate_at(START + MINUTE) == "ALARM"


def test_two_of_three_hours_raise_an_alarm_although_data_points_are_late(cloudwatch):
    cloudwatch.alarm(
        Statistic="Maximum",
        Threshold=1,
        Period=3600,
        EvaluationPeriods=3,
        DatapointsToAlarm=2,
        TreatMissingData="ignore",
    )
    for hour, value in enumerate((0, 1, 1)):
        cloudwatch.put(value, START + hour * HOUR)
    assert cloudwatch.evaluate_at(START + 3 * HOUR + 21 * MINUTE) == "ALARM"


def test_a_wall_clock_window_ends_at_the_hour(cloudwatch):
    sliding = {"Period": 3600, "Statistic": "Sum", "Threshold": 2, "EvaluationPeriods": 1}
    cloudwatch.alarm(**sliding)
    cloudwatch.put(1, START + 50 * MINUTE)
    cloudwatch.put(1, START + 70 * MINUTE)
    assert cloudwatch.evaluate_at(START + 80 * MINUTE) == "ALARM"
    cloudwatch.alarm(**sliding, EvaluationWindow={"WallClockWindow": {}})
    assert cloudwatch.evaluate_at(START + 100 * MINUTE) == "OK"


def test_a_new_alarm_with_breaching_missing_data_waits_for_its_warm_up(cloudwatch):
    cloudwatch.alarm(
        TreatMissingData="breaching", WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 5}
    )
    assert cloudwatch.evaluate_at(START + 4 * MINUTE) == "INSUFFICIENT_DATA"
    assert cloudwatch.evaluate_at(START + 5 * MINUTE) == "ALARM"


def test_a_warm_up_ends_with_enough_data_unless_it_must_take_its_full_time(cloudwatch):
    warm_up = {"WarmUpPeriodDurationInMinutes": 5}
    cloudwatch.alarm(WarmUpConfiguration=warm_up)
    cloudwatch.put(9)
    assert cloudwatch.evaluate_at(START + MINUTE) == "ALARM"
    cloudwatch.alarms.delete(["errors"])
    cloudwatch.alarm(
        WarmUpConfiguration={**warm_up, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True},
    )
    assert cloudwatch.evaluate_at(START + 2 * MINUTE) == "INSUFFICIENT_DATA"


def test_a_state_change_is_notified_once_and_in_the_documented_form(cloudwatch):
    cloudwatch.alarm(AlarmDescription="too many errors")
    cloudwatch.put(7)
    cloudwatch.evaluate_at(START + MINUTE)
    cloudwatch.alarms.evaluate_all()
    [change] = cloudwatch.changes
    detail = event_detail(change)
    assert detail["alarmName"] == "errors"
    assert detail["configuration"]["description"] == "too many errors"
    [query] = detail["configuration"]["metrics"]
    assert query["metricStat"] == {
        "metric": {
            "dimensions": {"EndpointName": "a"},
            "name": "Invocation5XXErrors",
            "namespace": "AWS/SageMaker",
        },
        "period": 60,
        "stat": "Sum",
    }
    assert detail["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert detail["state"]["value"] == "ALARM"
    assert detail["state"]["timestamp"] == "2027-01-04T10:01:00.000+0000"
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [7.0]
    assert notified_topics(change) == [TOPIC]
    subject, body = sns_message(change, "000000000000", "us-east-1")
    assert subject == 'ALARM: "errors" in us-east-1'
    assert json.loads(body)["NewStateValue"] == "ALARM"


def test_an_alarm_with_disabled_actions_notifies_no_topic(cloudwatch):
    cloudwatch.alarm(ActionsEnabled=False)
    cloudwatch.put(7)
    cloudwatch.evaluate_at(START + MINUTE)
    assert [notified_topics(change) for change in cloudwatch.changes] == [[]]


def test_an_alarm_that_is_replaced_keeps_its_state(cloudwatch):
    cloudwatch.alarm()
    cloudwatch.put(7)
    cloudwatch.evaluate_at(START + MINUTE)
    cloudwatch.alarm(Threshold=100)
    assert cloudwatch.alarms.state("errors") == "ALARM"


def test_a_state_that_was_set_manually_lasts_until_the_next_evaluation(cloudwatch):
    cloudwatch.alarm()
    cloudwatch.alarms.set_state("errors", "ALARM", "a drill")
    assert cloudwatch.alarms.state("errors") == "ALARM"
    assert cloudwatch.evaluate_at(START + MINUTE) == "OK"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"Period": 86400, "EvaluationPeriods": 8}, "seven days"),
        ({"EvaluationPeriods": 2, "DatapointsToAlarm": 3}, "DatapointsToAlarm"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "not supported"),
        ({"Statistic": "TM90"}, "TM90"),
        ({"Statistic": None}, "Statistic"),
        ({"MetricName": None}, "MetricName"),
    ],
)
def test_the_error_of_an_invalid_or_unsupported_alarm_has_the_reason(cloudwatch, settings, message):
    with pytest.raises(ValueError, match=message):
        cloudwatch.alarm(**settings)


@pytest.mark.parametrize(
    ("dated", "seen"),
    [
        (timedelta(hours=2, minutes=59), timedelta()),
        (timedelta(hours=3), timedelta(hours=2)),
        (timedelta(hours=23, minutes=59), timedelta(hours=2)),
        (timedelta(hours=24), timedelta(hours=48)),
    ],
)
def test_old_data_points_become_available_late(dated, seen):
    """The delays are those of the API reference of PutMetricData."""
    assert available_from(START - dated, START) == START + seen


@pytest.mark.parametrize(
    "hours", get_args(MonitoringSettings.model_fields["window_hours"].annotation)
)
def test_the_alarm_of_a_window_of_any_length_is_in_alarm_right_after_its_analysis(
    cloudwatch, hours
):
    condition = persistent_condition(PERSISTENT_DRIFT)(context_with(hours))
    [metric] = condition.metrics
    wall_clock = {"WallClockWindow": {"Timezone": "UTC"}}
    cloudwatch.alarm(
        Namespace=metric.namespace,
        MetricName=metric.name,
        Dimensions=[{"Name": k, "Value": v} for k, v in metric.dimensions.items()],
        Statistic=metric.statistic,
        Period=condition.period_seconds,
        Threshold=condition.threshold,
        TreatMissingData=condition.treat_missing_data,
        **({"EvaluationWindow": wall_clock} if hours in (1, 24) else {}),
    )
    midnight = START.replace(hour=0) + timedelta(days=1)
    analyzed = midnight + timedelta(minutes=20)
    cloudwatch.clock.advance_to(analyzed)
    operations = MetricOperations(cloudwatch.clock, cloudwatch.metrics).operations()
    window = Window.analyzed_at(analyzed, hours=hours)
    datum = {
        "MetricName": metric.name,
        "Dimensions": [{"Name": k, "Value": v} for k, v in metric.dimensions.items()],
        "Timestamp": metric_time(window),
        "Value": 1.0,
    }
    operations["PutMetricData"]({"Namespace": metric.namespace, "MetricData": [datum]})
    assert cloudwatch.evaluate_at(analyzed + MINUTE) == "ALARM"


def context_with(hours):
    model = {
        "problem_type": "regression",
        "features": {"age": "numeric"},
        "target": "label",
        "family": "sklearn",
        "training_data": "train.csv",
        "monitoring": {"window_hours": hours},
    }
    config = validate_config({"environment": "test", "models": {"credit": model}})
    return AlarmContext(ResourceNames("test"), "credit", config.models["credit"])
