import json
from datetime import UTC, datetime, timedelta

import pytest

from rehearsal.cloudwatch.alarm_notifications import event_detail, message, topics
from rehearsal.cloudwatch.alarms import AlarmStore
from rehearsal.cloudwatch.metric_store import MetricStore
from rehearsal.simulated_clock import SimulatedClock

START = datetime(2027, 1, 4, 10, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TOPIC = "arn:aws:sns:us-east-1:000000000000:people"


class Sky:
    """A clock, metrics and alarms; remembers what was told."""

    def __init__(self):
        self.clock, self.metrics, self.changes = SimulatedClock(START), MetricStore(), []
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
        self.alarms.evaluate()
        return self.alarms.state("errors")


@pytest.fixture
def sky():
    return Sky()


def test_the_points_of_a_period_are_summed_before_they_are_compared(sky):
    sky.alarm()
    for _ in range(5):
        sky.put(1, START + timedelta(seconds=10))
    assert sky.evaluate_at(START + MINUTE) == "ALARM"


def test_a_metric_with_other_dimensions_is_another_metric(sky):
    sky.alarm()
    sky.put(99, EndpointName="b")
    sky.put(99, EndpointName="a", EndpointConfigName="v2")
    assert sky.evaluate_at(START + MINUTE) == "OK"


def test_a_percentile_looks_at_single_values(sky):
    sky.alarm(Statistic=None, ExtendedStatistic="p50", Threshold=3)
    for value in (1, 2, 3, 4, 100):
        sky.put(value)
    assert sky.evaluate_at(START + MINUTE) == "ALARM"


def test_metric_math_compares_the_one_series_that_returns_data(sky):
    metric = {"Namespace": "n", "MetricName": "m", "Dimensions": []}
    sky.alarm(
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
    sky.metrics.put("n", "m", {}, 1, "None", START)
    sky.metrics.put("n", "m", {}, 4, "None", START)
    assert sky.evaluate_at(START + MINUTE) == "ALARM"


def test_two_of_three_hours_raise_an_alarm_although_points_come_late(sky):
    sky.alarm(
        Statistic="Maximum",
        Threshold=1,
        Period=3600,
        EvaluationPeriods=3,
        DatapointsToAlarm=2,
        TreatMissingData="ignore",
    )
    for hour, value in enumerate((0, 1, 1)):
        sky.put(value, START + hour * HOUR)
    assert sky.evaluate_at(START + 3 * HOUR + 21 * MINUTE) == "ALARM"


def test_a_window_on_the_clock_ends_at_the_hour(sky):
    sliding = {"Period": 3600, "Statistic": "Sum", "Threshold": 2, "EvaluationPeriods": 1}
    sky.alarm(**sliding)
    sky.put(1, START + 50 * MINUTE)
    sky.put(1, START + 70 * MINUTE)
    assert sky.evaluate_at(START + 80 * MINUTE) == "ALARM"
    sky.alarm(**sliding, EvaluationWindow={"WallClockWindow": {}})
    assert sky.evaluate_at(START + 100 * MINUTE) == "OK"


def test_a_new_alarm_for_which_silence_is_bad_waits_until_it_has_warmed_up(sky):
    sky.alarm(
        TreatMissingData="breaching", WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 5}
    )
    assert sky.evaluate_at(START + 4 * MINUTE) == "INSUFFICIENT_DATA"
    assert sky.evaluate_at(START + 5 * MINUTE) == "ALARM"


def test_warming_up_ends_with_enough_data_unless_it_is_to_take_its_whole_time(sky):
    warm_up = {"WarmUpPeriodDurationInMinutes": 5}
    sky.alarm(WarmUpConfiguration=warm_up)
    sky.put(9)
    assert sky.evaluate_at(START + MINUTE) == "ALARM"
    sky.alarms.delete(["errors"])
    sky.alarm(
        WarmUpConfiguration={**warm_up, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True},
    )
    assert sky.evaluate_at(START + 2 * MINUTE) == "INSUFFICIENT_DATA"


def test_a_state_is_told_once_and_in_the_documented_shape(sky):
    sky.alarm(AlarmDescription="too many errors")
    sky.put(7)
    sky.evaluate_at(START + MINUTE)
    sky.alarms.evaluate()
    [change] = sky.changes
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
    assert topics(change) == [TOPIC]
    subject, body = message(change, "000000000000", "us-east-1")
    assert subject == 'ALARM: "errors" in us-east-1'
    assert json.loads(body)["NewStateValue"] == "ALARM"


def test_an_alarm_whose_actions_are_off_tells_no_topic(sky):
    sky.alarm(ActionsEnabled=False)
    sky.put(7)
    sky.evaluate_at(START + MINUTE)
    assert [topics(change) for change in sky.changes] == [[]]


def test_an_alarm_that_is_put_again_keeps_its_state(sky):
    sky.alarm()
    sky.put(7)
    sky.evaluate_at(START + MINUTE)
    sky.alarm(Threshold=100)
    assert sky.alarms.state("errors") == "ALARM"


def test_a_state_that_was_set_by_hand_lasts_until_the_next_evaluation(sky):
    sky.alarm()
    sky.alarms.set_state("errors", "ALARM", "a drill")
    assert sky.alarms.state("errors") == "ALARM"
    assert sky.evaluate_at(START + MINUTE) == "OK"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Period": 86400, "EvaluationPeriods": 8}, "seven days"),
        ({"EvaluationPeriods": 2, "DatapointsToAlarm": 3}, "DatapointsToAlarm"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "not played"),
        ({"Statistic": "TM90"}, "TM90"),
        ({"Statistic": None}, "Statistic"),
        ({"MetricName": None}, "MetricName"),
    ],
)
def test_what_cloudwatch_refuses_or_nobody_plays_is_an_error_that_says_so(sky, settings, words):
    with pytest.raises(ValueError, match=words):
        sky.alarm(**settings)
