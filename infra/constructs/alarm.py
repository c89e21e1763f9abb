"""An alarm of the table as CloudFormation's resource."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.alarm import Alarm, Rule, Series

ON_THE_CLOCK = (3600, 86400)
"""Seconds; periods for which CloudWatch can look at whole hours or days of the clock.

Analysis windows are mostly such: a window that slides by the minute would see a point for as long
as it is within, and the end of a window late.
"""
LONGEST_WARM_UP = 2880
"""Minutes; CloudWatch's limit."""


def make_alarm(scope: Construct, alarm: Alarm, *, topic: sns.ITopic) -> cloudwatch.CfnAlarm:
    """Create ``alarm``; going off and recovering are both told to ``topic``."""
    rule = alarm.rule
    resource = cloudwatch.CfnAlarm(
        scope,
        "".join(part.capitalize() for part in alarm.kind.split("-")) + "Alarm",
        alarm_name=alarm.name,
        alarm_description=alarm.description,
        comparison_operator=rule.comparison,
        threshold=rule.threshold,
        evaluation_periods=rule.of,
        datapoints_to_alarm=rule.needed,
        treat_missing_data=rule.missing,
        alarm_actions=[topic.topic_arn],
        ok_actions=[topic.topic_arn],
    )
    if rule.period in ON_THE_CLOCK:
        resource.evaluation_window = cloudwatch.CfnAlarm.EvaluationWindowProperty(
            wall_clock_window=cloudwatch.CfnAlarm.WallClockWindowProperty(timezone="UTC")
        )
    if rule.missing == "breaching":
        resource.warm_up_configuration = cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
            warm_up_period_duration_in_minutes=_warm_up(rule)
        )
    if rule.expression is None:
        _one_metric(resource, rule.series[0], rule.period)
    else:
        _metric_math(resource, rule.expression, rule.series, rule.period)
    return resource


def _warm_up(rule: Rule) -> int:
    """Minutes that a new alarm, for which silence is bad, waits for its first data points."""
    return min((rule.of + 1) * rule.period // 60, LONGEST_WARM_UP)


def _one_metric(resource: cloudwatch.CfnAlarm, series: Series, period: int) -> None:
    resource.namespace = series.namespace
    resource.metric_name = series.name
    resource.dimensions = [*_dimensions(series)]
    resource.period = period
    if series.statistic.startswith("p"):
        resource.extended_statistic = series.statistic
    else:
        resource.statistic = series.statistic


def _metric_math(
    resource: cloudwatch.CfnAlarm, expression: str, series: tuple[Series, ...], period: int
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


def _dimensions(series: Series) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [
        cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
        for name, value in series.dimensions.items()
    ]
