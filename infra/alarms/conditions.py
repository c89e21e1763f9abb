"""When each kind of alarm goes off, from the model's settings; the table is infra.alarms.table."""

from collections.abc import Callable

from driftloop.contract import cloudwatch_metrics as t
from infra.alarms.definition import AlarmCondition, AlarmContext

EVENT_PERIOD = 300
"""Seconds; period of what happens now and then and is not tied to a window."""


def persistent_condition(metric: t.CloudWatchMetric) -> Callable[[AlarmContext], AlarmCondition]:
    """One point says all: judge has counted the windows, since it alone knows the features.

    A window without a judgement publishes no point, and neither raises nor clears.
    """

    def of(subject: AlarmContext) -> AlarmCondition:
        return AlarmCondition(
            (subject.own(metric),),
            threshold=1,
            period_seconds=subject.window,
            treat_missing_data="ignore",
        )

    return of


def data_quality(subject: AlarmContext) -> AlarmCondition:
    """A violated constraint of the baseline, or a window judged invalid: both counts in one."""
    series = (
        subject.own(t.DATA_QUALITY_VIOLATIONS, "violations"),
        subject.own(t.INVALID_DATA_DETECTED, "bad"),
    )
    return AlarmCondition(
        series,
        threshold=1,
        period_seconds=subject.window,
        treat_missing_data="ignore",
        expression="violations + bad",
    )


def rejected(subject: AlarmContext) -> AlarmCondition:
    """Share of captured lines that could not be read, per window."""
    return AlarmCondition(
        (subject.own(t.LINES_REJECTED_SHARE),),
        threshold=subject.settings.monitoring.max_rejected_share,
        comparison_operator="GreaterThanThreshold",
        period_seconds=subject.window,
        treat_missing_data="ignore",
    )


def capture_loss(subject: AlarmContext) -> AlarmCondition:
    """Share of the requests that should have been captured and were not.

    A window without any request publishes no point, and is ignored.
    """
    return AlarmCondition(
        (subject.own(t.CAPTURE_LOSS_SHARE),),
        threshold=subject.settings.monitoring.max_capture_loss_share,
        comparison_operator="GreaterThanThreshold",
        period_seconds=subject.window,
        treat_missing_data="ignore",
    )


def occurrence_condition(metric: t.CloudWatchMetric) -> Callable[[AlarmContext], AlarmCondition]:
    """Something that is counted when it happens, and is over by the next period."""

    def of(subject: AlarmContext) -> AlarmCondition:
        return AlarmCondition(
            (subject.own(metric),),
            threshold=1,
            period_seconds=EVENT_PERIOD,
            treat_missing_data="notBreaching",
        )

    return of


def analysis_failed(subject: AlarmContext) -> AlarmCondition:
    """Holds for a whole window, so that an analysis failing each time is one alarm, not many."""
    return AlarmCondition(
        (subject.own(t.ANALYSIS_FAILED),),
        threshold=1,
        period_seconds=subject.window,
        treat_missing_data="notBreaching",
    )


def silent(subject: AlarmContext) -> AlarmCondition:
    """Three windows without a heartbeat: one may be late, two may be a retry."""
    return AlarmCondition(
        (subject.own(t.HEARTBEAT),),
        threshold=1,
        comparison_operator="LessThanThreshold",
        period_seconds=subject.window,
        treat_missing_data="breaching",
        datapoints_to_alarm=3,
        evaluation_periods=3,
    )


def errors(subject: AlarmContext) -> AlarmCondition:
    """As many 5xx answers in a minute as serving.error_threshold_per_minute."""
    return AlarmCondition(
        (subject.endpoint("Invocation5XXErrors", "Sum"),),
        threshold=subject.settings.serving.error_threshold_per_minute,
        period_seconds=60,
        treat_missing_data="notBreaching",
    )


def latency(subject: AlarmContext) -> AlarmCondition:
    """SageMaker counts ModelLatency in microseconds."""
    return AlarmCondition(
        (subject.endpoint("ModelLatency", "p99"),),
        threshold=subject.settings.serving.latency_p99_threshold_ms * 1000,
        comparison_operator="GreaterThanThreshold",
        period_seconds=60,
        treat_missing_data="notBreaching",
        datapoints_to_alarm=3,
        evaluation_periods=5,
    )
