"""An alarm of the table as CloudFormation's resource."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.alarms.definition import Alarm, AlarmCondition, AlarmMetric

ON_THE_CLOCK = (3600, 86400)
"""Seconds; periods for which CloudWatch can look at whole hours or days of the clock.

Analysis windows are mostly such: a window that slides by the minute would see a point for as long
as it is within, and the end of a window late.
"""
MAX_WARM_UP_LENGTH = 2880
"""Minutes; CloudWatch's limit."""


def make_alarm(scope: Construct, alarm: Alarm, *, topic: sns.ITopic) -> cloudwatch.CfnAlarm:
    """Create ``alarm``; going off and recovering are both told to ``topic``."""
    rule = alarm.condition
    resource = cloudwatch.CfnAlarm(
        scope,
        "".join(part.capitalize() for part in alarm.kind.split("-")) + "Alarm",
        alarm_name=alarm.name,
        alarm_description=alarm.description,
        comparison_operator=rule.comparison_operator,
        threshold=rule.threshold,
        evaluation_periods=rule.evaluation_periods,
        datapoints_to_alarm=rule.datapoints_to_alarm,
        treat_missing_data=rule.treat_missing_data,
        alarm_actions=[topic.topic_arn],
        ok_actions=[topic.topic_arn],
    )
    if rule.period_seconds in ON_THE_CLOCK:
        resource.evaluation_window = cloudwatch.CfnAlarm.EvaluationWindowProperty(
            wall_clock_window=cloudwatch.CfnAlarm.WallClockWindowProperty(timezone="UTC")
        )
    if rule.treat_missing_data == "breaching":
        resource.warm_up_configuration = cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
            warm_up_period_duration_in_minutes=_warm_up(rule)
        )
    if rule.expression is None:
        _one_metric(resource, rule.metrics[0], rule.period_seconds)
    else:
        _metric_math(resource, rule.expression, rule.metrics, rule.period_seconds)
    return resource


def _warm_up(rule: AlarmCondition) -> int:
    """Minutes that a new alarm, for which silence is bad, waits for its first data points."""
    return min((rule.evaluation_periods + 1) * rule.period_seconds // 60, MAX_WARM_UP_LENGTH)


def _one_metric(resource: cloudwatch.CfnAlarm, series: AlarmMetric, period: int) -> None:
    resource.namespace = series.namespace
    resource.metric_name = series.name
    resource.dimensions = [*_dimensions(series)]
    resource.period = period
    if series.statistic.startswith("p"):
        resource.extended_statistic = series.statistic
    else:
        resource.statistic = series.statistic


def _metric_math(
    resource: cloudwatch.CfnAlarm, expression: str, series: tuple[AlarmMetric, ...], period: int
) -> None:
    resource.metrics = [
        cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id="result", expression=expression, label=resource.alarm_name, return_data=True
        ),
        *(
            cloudwatch.CfnAlarm.MetricDataQueryProperty(
                id=item.id,
                return_data=False,
                metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                    metric=cloudwatch.CfnAlarm.MetricProperty(
                        namespace=item.namespace,
                        metric_name=item.name,
                        dimensions=_dimensions(item),
                    ),
                    period=period,
                    stat=item.statistic,
                ),
            )
            for item in series
        ),
    ]


def _dimensions(series: AlarmMetric) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [
        cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
        for name, value in series.dimensions.items()
    ]
