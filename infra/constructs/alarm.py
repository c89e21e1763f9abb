"""An alarm of the table as a CloudFormation resource."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.alarms.definition import Alarm, AlarmCondition, AlarmMetric

WALL_CLOCK_PERIODS = (3600, 86400)
"""Periods in seconds for which CloudWatch can evaluate whole hours or days of the clock.

Most analysis windows have one of these lengths. Each minute, CloudWatch evaluates the last complete
hour or day, so that a window's data point counts as soon as it is published after the window's end,
and until the next window ends. Source: Amazon CloudWatch User Guide, "Alarm evaluation window".
With other periods the evaluation window slides by the minute; it contains a data point, which is
dated at its window's end, for a whole period.
"""
MAX_WARM_UP_MINUTES = 2880
"""CloudWatch's limit of the warm-up period, in minutes."""


def make_alarm(scope: Construct, alarm: Alarm, *, topic: sns.ITopic) -> cloudwatch.CfnAlarm:
    """Create ``alarm``; if it notifies, it does so when it changes to ALARM and to OK."""
    condition = alarm.condition
    actions = [topic.topic_arn] if alarm.notifies else None
    resource = cloudwatch.CfnAlarm(
        scope,
        "".join(part.capitalize() for part in alarm.kind.split("-")) + "Alarm",
        alarm_name=alarm.name,
        alarm_description=alarm.description,
        comparison_operator=condition.comparison_operator,
        threshold=condition.threshold,
        evaluation_periods=condition.evaluation_periods,
        datapoints_to_alarm=condition.datapoints_to_alarm,
        treat_missing_data=condition.treat_missing_data,
        alarm_actions=actions,
        ok_actions=actions,
    )
    if condition.period_seconds in WALL_CLOCK_PERIODS:
        resource.evaluation_window = cloudwatch.CfnAlarm.EvaluationWindowProperty(
            wall_clock_window=cloudwatch.CfnAlarm.WallClockWindowProperty(timezone="UTC")
        )
    if condition.treat_missing_data == "breaching":
        resource.warm_up_configuration = cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
            warm_up_period_duration_in_minutes=_warm_up_minutes(condition)
        )
    if condition.expression is None:
        _set_metric(resource, condition.metrics[0], condition.period_seconds)
    else:
        resource.metrics = [*_metric_math(alarm.name, condition.expression, condition)]
    return resource


def _warm_up_minutes(condition: AlarmCondition) -> int:
    """Return how long a new alarm ignores missing data, until its first data points arrive."""
    seconds = (condition.evaluation_periods + 1) * condition.period_seconds
    return min(seconds // 60, MAX_WARM_UP_MINUTES)


def _set_metric(resource: cloudwatch.CfnAlarm, metric: AlarmMetric, period_seconds: int) -> None:
    resource.namespace = metric.namespace
    resource.metric_name = metric.name
    resource.dimensions = [*_dimensions(metric)]
    resource.period = period_seconds
    if metric.statistic.startswith("p"):
        resource.extended_statistic = metric.statistic
    else:
        resource.statistic = metric.statistic


def _metric_math(
    label: str, expression: str, condition: AlarmCondition
) -> list[cloudwatch.CfnAlarm.MetricDataQueryProperty]:
    return [
        cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id="result", expression=expression, label=label, return_data=True
        ),
        *(
            cloudwatch.CfnAlarm.MetricDataQueryProperty(
                id=metric.id,
                return_data=False,
                metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                    metric=cloudwatch.CfnAlarm.MetricProperty(
                        namespace=metric.namespace,
                        metric_name=metric.name,
                        dimensions=_dimensions(metric),
                    ),
                    period=condition.period_seconds,
                    stat=metric.statistic,
                ),
            )
            for metric in condition.metrics
        ),
    ]


def _dimensions(metric: AlarmMetric) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [
        cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
        for name, value in metric.dimensions.items()
    ]
