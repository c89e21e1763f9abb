"""The condition of each kind of alarm, from the model's settings; ``table`` refers to them."""

from collections.abc import Callable

from driftloop.contract import cloudwatch_metrics as published
from infra.alarms.definition import AlarmCondition, AlarmContext

EVENT_PERIOD_SECONDS = 300
"""Period of metrics that are published when something happens, independent of windows."""


RECONCILE_PERIOD_SECONDS = 3600
"""Period of metrics that are published when reconcile invokes a function."""


def persistent_condition(
    metric: published.CloudWatchMetric,
) -> Callable[[AlarmContext], AlarmCondition]:
    """Return the condition of a metric that covers several windows: one data point is enough.

    `detect` counts the windows, because only `detect` knows whether the same feature drifted. A
    window without a verdict publishes no data point and does not change the alarm's state.
    """

    def condition(context: AlarmContext) -> AlarmCondition:
        return AlarmCondition(
            (context.driftloop_metric(metric),),
            threshold=1,
            period_seconds=context.window_seconds,
            treat_missing_data="ignore",
        )

    return condition


def occurrence_condition(
    metric: published.CloudWatchMetric,
) -> Callable[[AlarmContext], AlarmCondition]:
    """Return the condition of a metric that counts events: a period without one clears it."""

    def condition(context: AlarmContext) -> AlarmCondition:
        return AlarmCondition(
            (context.driftloop_metric(metric),),
            threshold=1,
            period_seconds=EVENT_PERIOD_SECONDS,
            treat_missing_data="notBreaching",
        )

    return condition


def hourly_condition(
    metric: published.CloudWatchMetric,
) -> Callable[[AlarmContext], AlarmCondition]:
    """Return the condition of a metric of an hourly check, which may be late once."""

    def condition(context: AlarmContext) -> AlarmCondition:
        return AlarmCondition(
            (context.driftloop_metric(metric),),
            threshold=1,
            period_seconds=RECONCILE_PERIOD_SECONDS,
            treat_missing_data="notBreaching",
            evaluation_periods=2,
        )

    return condition


def retraining_failed(context: AlarmContext) -> AlarmCondition:
    """A failed retraining; a start that fails again with each window's request is one alarm."""
    return AlarmCondition(
        (context.driftloop_metric(published.RETRAINING_FAILED),),
        threshold=1,
        period_seconds=context.window_seconds,
        treat_missing_data="notBreaching",
        evaluation_periods=2,
    )


def autoscaling_failed(context: AlarmContext) -> AlarmCondition:
    """Autoscaling that is not set: the state of the last attempt, which is made once an hour."""
    return AlarmCondition(
        (context.driftloop_metric(published.AUTOSCALING_FAILED),),
        threshold=1,
        period_seconds=EVENT_PERIOD_SECONDS,
        treat_missing_data="ignore",
    )


def approval_overdue(context: AlarmContext) -> AlarmCondition:
    """Days for which a version waits for a person: the state of the last hourly check."""
    return AlarmCondition(
        (context.driftloop_metric(published.WAITING_VERSION_DAYS),),
        threshold=context.settings.approval.remind_after_days,
        period_seconds=RECONCILE_PERIOD_SECONDS,
        treat_missing_data="ignore",
    )


def data_quality_violated(context: AlarmContext) -> AlarmCondition:
    """Violated constraints of the baseline plus windows with verdict ``invalid_data``."""
    metrics = (
        context.driftloop_metric(published.DATA_QUALITY_VIOLATIONS, "violations"),
        context.driftloop_metric(published.INVALID_DATA_DETECTED, "invalid"),
    )
    return AlarmCondition(
        metrics,
        threshold=1,
        period_seconds=context.window_seconds,
        treat_missing_data="ignore",
        expression="violations + invalid",
    )


def lines_rejected(context: AlarmContext) -> AlarmCondition:
    """Share of captured lines that could not be read, per window."""
    return AlarmCondition(
        (context.driftloop_metric(published.LINES_REJECTED_SHARE),),
        threshold=context.settings.monitoring.max_rejected_share,
        comparison_operator="GreaterThanThreshold",
        period_seconds=context.window_seconds,
        treat_missing_data="ignore",
    )


def capture_lost(context: AlarmContext) -> AlarmCondition:
    """Share of requests that data capture should have stored and did not.

    A window without requests publishes no data point and does not change the alarm's state.
    """
    return AlarmCondition(
        (context.driftloop_metric(published.CAPTURE_LOSS_SHARE),),
        threshold=context.settings.monitoring.max_capture_loss_share,
        comparison_operator="GreaterThanThreshold",
        period_seconds=context.window_seconds,
        treat_missing_data="ignore",
    )


def verdict_missing(context: AlarmContext) -> AlarmCondition | None:
    """Days without a verdict, as of the last hourly check; none without a limit."""
    limit = context.settings.monitoring.max_days_without_verdict
    if limit is None:
        return None
    return AlarmCondition(
        (context.driftloop_metric(published.DAYS_SINCE_VERDICT),),
        threshold=limit,
        period_seconds=RECONCILE_PERIOD_SECONDS,
        treat_missing_data="ignore",
    )


DAY_SECONDS = 86400
"""Period of metrics that are published once a day."""


def drift_from_training(context: AlarmContext) -> AlarmCondition | None:
    """How far the last days are from the training data, once a day; none without a threshold."""
    threshold = context.settings.monitoring.min_drift_from_training
    if threshold is None:
        return None
    return AlarmCondition(
        (context.driftloop_metric(published.DRIFT_FROM_TRAINING),),
        threshold=threshold,
        period_seconds=DAY_SECONDS,
        treat_missing_data="ignore",
    )


def analysis_failed(context: AlarmContext) -> AlarmCondition:
    """A failed analysis; the period is a window, so repeated failures are one alarm, not many."""
    return AlarmCondition(
        (context.driftloop_metric(published.ANALYSIS_FAILED),),
        threshold=1,
        period_seconds=context.window_seconds,
        treat_missing_data="notBreaching",
    )


def heartbeat_missing(context: AlarmContext) -> AlarmCondition:
    """Three windows without a heartbeat: one can be late, two can be a retry."""
    return AlarmCondition(
        (context.driftloop_metric(published.HEARTBEAT),),
        threshold=1,
        comparison_operator="LessThanThreshold",
        period_seconds=context.window_seconds,
        treat_missing_data="breaching",
        datapoints_to_alarm=3,
        evaluation_periods=3,
    )


def server_errors(context: AlarmContext) -> AlarmCondition:
    """5xx responses per minute, at least ``serving.error_threshold_per_minute``."""
    return AlarmCondition(
        (context.endpoint_metric("Invocation5XXErrors", "Sum"),),
        threshold=context.settings.serving.error_threshold_per_minute,
        period_seconds=60,
        treat_missing_data="notBreaching",
    )


def latency_exceeded(context: AlarmContext) -> AlarmCondition:
    """The 99th percentile of ModelLatency, which SageMaker publishes in microseconds."""
    return AlarmCondition(
        (context.endpoint_metric("ModelLatency", "p99"),),
        threshold=context.settings.serving.latency_p99_threshold_ms * 1000,
        comparison_operator="GreaterThanThreshold",
        period_seconds=60,
        treat_missing_data="notBreaching",
        datapoints_to_alarm=3,
        evaluation_periods=5,
    )
