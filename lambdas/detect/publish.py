"""Publishes the analysis of a window: metrics, an event, and notifications after a promotion."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from driftloop.capture import LineCounts
from driftloop.contract import cloudwatch_metrics as t
from driftloop.contract.events import AnalysisCompleted, DailyAnalysis, ObjectLocation
from driftloop.contract.ledger_items import ChampionItem, VerdictItem
from driftloop.detection import WindowVerdict
from driftloop.quality.violations import Constraint
from driftloop.window import Window, format_time
from lambdas.aws.context import AnalysisContext
from lambdas.aws.publishing import notify, publish_event, put_metrics
from lambdas.detect.analyzed_window import AnalyzedWindow
from lambdas.detect.capture_loss import capture_loss
from lambdas.detect.change_notification import notify_of_change
from lambdas.detect.insufficient_sensitivity import notify_of_insufficient_sensitivity
from lambdas.detect.persistent_drift import PersistentDrift
from lambdas.detect.store import mark_notified, report_key

OBSERVATION_WINDOWS = 3
"""Windows after a promotion for which a notification is sent, whatever the verdict."""

_DRIFT_CONSTRAINTS = frozenset({Constraint.VALUE_RANGE, Constraint.CATEGORICAL_VALUES})
"""Constraints that drift violates too; only a fault of the data pipeline violates the others."""


@dataclass(frozen=True, slots=True)
class Publication:
    """An analyzed window to publish, the day that it completes, and the persistent drift."""

    window: AnalyzedWindow
    day: VerdictItem | None
    persistent_drift: PersistentDrift | None


def metric_time(window: Window) -> datetime:
    """The timestamp of a window's metrics: in its last minute.

    An alarm's period that is aligned to windows contains it, and it is as recent as it can be: data
    points older than 3 hours can take 2 hours to become available, those older than 24 hours 48
    hours and more. Source: CloudWatch API reference, PutMetricData.
    """
    return window.end - timedelta(minutes=1)


def publish_model(
    context: AnalysisContext,
    windows: list[AnalyzedWindow],
    publications: list[Publication],
    *,
    are_all_counted: bool,
) -> None:
    """Publish the model's metrics: counts over all versions, drift of the champion alone.

    ``are_all_counted``: no version's requests were left out, so that capture loss is known.

    Their timestamp is :func:`metric_time`; that of the heartbeat is the time of publication.
    """
    line_counts = sum((window.profile.line_counts for window in windows), LineCounts())
    values = _counts(line_counts)
    loss = capture_loss(context, line_counts.requests) if are_all_counted else None
    if loss is not None:
        values[t.CAPTURE_LOSS_SHARE] = loss
    for publication in publications:
        if publication.window.is_champion:
            values |= _window_metrics(publication.window) | _day_metrics(publication.day)
            _publish_persistent_drift(context, publication)
            _publish_drift_from_training(context, publication)
    put_metrics(context.aws, context.name, values, stamp=metric_time(context.window))
    put_metrics(context.aws, context.name, {t.HEARTBEAT: 1})


def publish(context: AnalysisContext, publication: Publication) -> None:
    """Publish a version's event and notification, and record that they are published."""
    window, persistent = publication.window, publication.persistent_drift
    event = AnalysisCompleted(
        environment=context.environment,
        deduplication_id=_deduplication_id(context, AnalysisCompleted.DETAIL_TYPE, window),
        model=context.name,
        version=window.version,
        is_champion=window.is_champion,
        verdict=str(window.verdict),
        window=context.window,
        revision=context.revision,
        reasons=tuple(_reasons(publication)),
        drifted_features=tuple(window.drifted_features),
        persistent_columns=persistent.columns if persistent else (),
        daily=_daily(publication.day),
        report=ObjectLocation(
            bucket=context.analysis_bucket.name, key=report_key(context, window, "json")
        ),
        as_of=context.as_of,
    )
    if window.is_champion:
        if not _notify_after_promotion(context, publication):
            notify_of_change(context, window)
        notify_of_insufficient_sensitivity(context, window)
    publish_event(context.aws, event, context.as_of)
    mark_notified(context, window)


def _deduplication_id(context: AnalysisContext, kind: str, window: AnalyzedWindow) -> str:
    return context.deduplication_id(kind, window.version, context.window.label, context.revision)


def _counts(line_counts: LineCounts) -> dict[t.CloudWatchMetric, float]:
    return {
        t.RECORDS_ANALYZED: line_counts.records,
        t.LINES_REJECTED: line_counts.rejected_lines,
        t.LINES_REJECTED_SHARE: line_counts.rejected_lines / line_counts.requests
        if line_counts.requests
        else 0.0,
        t.REQUESTS_CAPTURED: line_counts.requests,
    }


def _window_metrics(window: AnalyzedWindow) -> dict[t.CloudWatchMetric, float]:
    """Drift metrics only for a conclusive verdict: other windows neither raise nor clear alarms."""
    values: dict[t.CloudWatchMetric, float] = {
        t.INVALID_DATA_DETECTED: window.verdict == WindowVerdict.INVALID_DATA,
        t.DATA_QUALITY_VIOLATIONS: _count_violations(window),
    }
    if window.verdict.is_conclusive:
        values |= {
            t.DRIFT_DETECTED: window.verdict == WindowVerdict.DRIFTED,
            t.DRIFTED_FEATURES: len(window.drifted_features),
            t.PREDICTION_DRIFT_DETECTED: window.prediction_drifted,
        }
    return values


def _count_violations(window: AnalyzedWindow) -> int:
    """Violated constraints, without those that drift explains: drift has an alarm of its own."""
    found = window.report.data_quality.violations
    drifted = {*window.drifted_features, *(["prediction"] if window.prediction_drifted else [])}
    return sum(
        not (item.constraint in _DRIFT_CONSTRAINTS and item.column in drifted) for item in found
    )


def _day_metrics(day: VerdictItem | None) -> dict[t.CloudWatchMetric, float]:
    if day is None or not WindowVerdict(day.verdict).is_conclusive:
        return {}
    return {t.DAILY_DRIFT_DETECTED: day.verdict == WindowVerdict.DRIFTED}


def _publish_persistent_drift(context: AnalysisContext, publication: Publication) -> None:
    """Publish what the drift alarms evaluate, with the timestamp of the newest analyzed window.

    That is mostly this window. If windows are analyzed out of order or again, the alarm would not
    evaluate a datapoint with an older timestamp.
    """
    persistent = publication.persistent_drift
    window_is_conclusive = publication.window.verdict.is_conclusive
    if persistent is None or not (window_is_conclusive or _day_metrics(publication.day)):
        return
    values: Mapping[t.CloudWatchMetric, float] = {
        t.PERSISTENT_DRIFT: persistent.has_feature_drift,
        t.PERSISTENT_PREDICTION_DRIFT: persistent.has_prediction_drift,
    }
    stamp = max(metric_time(context.window), metric_time(persistent.newest))
    put_metrics(context.aws, context.name, values, stamp=stamp)


def _publish_drift_from_training(context: AnalysisContext, publication: Publication) -> None:
    """Publish how far the last days are from the training data, whatever the day's verdict is.

    It is published with the analysis that completes a day, which may be a window of 24 hours. A
    version whose days are too few has 0, so that a promotion changes the alarm to OK.
    """
    day: VerdictItem | AnalyzedWindow = publication.day or publication.window
    if day.window == day.window.day:
        values = {t.DRIFT_FROM_TRAINING: day.largest_drift_from_training}
        put_metrics(context.aws, context.name, values, stamp=metric_time(day.window))


def _reasons(publication: Publication) -> list[str]:
    """The window's reasons, then those of a drifted day."""
    reasons, day = list(publication.window.report.reasons), publication.day
    if day is not None and day.verdict == WindowVerdict.DRIFTED:
        date = f"{day.window.start:%Y-%m-%d}"
        reasons += [f"the day of {date}: {reason}" for reason in day.reasons]
    return reasons


def _daily(day: VerdictItem | None) -> DailyAnalysis | None:
    if day is None:
        return None
    return DailyAnalysis(
        window=day.window,
        verdict=day.verdict,
        drifted_features=day.drifted_features,
        report=day.report_key,
    )


def _notify_after_promotion(context: AnalysisContext, publication: Publication) -> bool:
    """Notify people of the first windows of a release: drift never rolls a release back.

    Returns:
        Whether this is one of them.
    """
    window, champion = publication.window, context.ledger.get(ChampionItem)
    if champion is None or not champion.under_observation or champion.version != window.version:
        return False
    length = context.window.end - context.window.start
    age = (context.window.end - champion.promoted_at) / length
    if not 0 < age <= OBSERVATION_WINDOWS:
        return False
    page = f"s3://{context.analysis_bucket.name}/{report_key(context, window, 'html')}"
    notify(
        context.aws,
        f"driftloop: version {window.version} of {context.name} under observation:"
        f" {window.verdict}",
        deduplication_id=_deduplication_id(context, "observation notification", window),
        what=f"The window from {format_time(context.window.start)} of the new version"
        f" {window.version} is {window.verdict}.",
        why=" ".join(f"{reason}." for reason in _reasons(publication)) or "There are no findings.",
        next_step=f"Read the report:\n\n    aws s3 cp {page} .\n\nTo return to the previous"
        " version, reject this one:\n\n    aws sagemaker update-model-package --model-package-arn"
        f" {champion.model_package_arn} --model-approval-status Rejected\n",
    )
    return True
