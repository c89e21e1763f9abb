"""When each kind of alarm goes off, from the model's settings; the table is infra.alarms."""

from collections.abc import Callable

from driftloop.contract import telemetry as t
from infra.alarm import Rule, Subject

EVENT_PERIOD = 300
"""Seconds; period of what happens now and then and is not tied to a window."""


def lasting(metric: t.Metric) -> Callable[[Subject], Rule]:
    """One point says all: judge has counted the windows, since it alone knows the features.

    A window without a judgement publishes no point, and neither raises nor clears.
    """

    def of(subject: Subject) -> Rule:
        return Rule((subject.own(metric),), threshold=1, period=subject.window, missing="ignore")

    return of


def data_quality(subject: Subject) -> Rule:
    """A violated constraint of the baseline, or a window judged invalid: both counts in one."""
    series = (subject.own(t.QUALITY_VIOLATIONS, "violations"), subject.own(t.INVALID_DATA, "bad"))
    return Rule(
        series, threshold=1, period=subject.window, missing="ignore", expression="violations + bad"
    )


def rejected(subject: Subject) -> Rule:
    """Share of captured lines that could not be read, per window."""
    return Rule(
        (subject.own(t.REJECTED_SHARE),),
        threshold=subject.settings.monitoring.rejected_share,
        comparison="GreaterThanThreshold",
        period=subject.window,
        missing="ignore",
    )


def capture_loss(subject: Subject) -> Rule:
    """Share of the requests that should have been captured and were not.

    A window without any request publishes no point, and is ignored.
    """
    return Rule(
        (subject.own(t.CAPTURE_LOSS),),
        threshold=subject.settings.monitoring.capture_loss_share,
        comparison="GreaterThanThreshold",
        period=subject.window,
        missing="ignore",
    )


def happened(metric: t.Metric) -> Callable[[Subject], Rule]:
    """Something that is counted when it happens, and is over by the next period."""

    def of(subject: Subject) -> Rule:
        return Rule(
            (subject.own(metric),), threshold=1, period=EVENT_PERIOD, missing="notBreaching"
        )

    return of


def analysis_failed(subject: Subject) -> Rule:
    """Holds for a whole window, so that an analysis failing each time is one alarm, not many."""
    return Rule(
        (subject.own(t.ANALYSIS_FAILED),),
        threshold=1,
        period=subject.window,
        missing="notBreaching",
    )


def silent(subject: Subject) -> Rule:
    """Three windows without a heartbeat: one may be late, two may be a retry."""
    return Rule(
        (subject.own(t.HEARTBEAT),),
        threshold=1,
        comparison="LessThanThreshold",
        period=subject.window,
        missing="breaching",
        needed=3,
        of=3,
    )


def errors(subject: Subject) -> Rule:
    """As many 5xx answers in a minute as serving.error_count."""
    return Rule(
        (subject.endpoint("Invocation5XXErrors", "Sum"),),
        threshold=subject.settings.serving.error_count,
        period=60,
        missing="notBreaching",
    )


def latency(subject: Subject) -> Rule:
    """SageMaker counts ModelLatency in microseconds."""
    return Rule(
        (subject.endpoint("ModelLatency", "p99"),),
        threshold=subject.settings.serving.latency_p99_ms * 1000,
        comparison="GreaterThanThreshold",
        period=60,
        missing="notBreaching",
        needed=3,
        of=5,
    )
