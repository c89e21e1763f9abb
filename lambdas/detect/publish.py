"""What the loop and people are told of a judged window: metrics, an event, the probation."""

from collections.abc import Mapping
from dataclasses import dataclass

from driftloop.capture import LineCounts
from driftloop.contract import cloudwatch_metrics as t
from driftloop.contract.events import AnalysisCompleted, DailyAnalysis, ObjectLocation
from driftloop.contract.ledger_items import ChampionItem, VerdictItem
from driftloop.detection import WindowVerdict
from driftloop.quality.violations import Constraint
from driftloop.window import format_time
from lambdas.aws.context import AnalysisContext
from lambdas.aws.publishing import notify, publish_event, put_metrics
from lambdas.detect.analyzed_window import AnalyzedWindow
from lambdas.detect.capture_loss import capture_loss
from lambdas.detect.persistent_drift import PersistentDrift
from lambdas.detect.store import mark_notified, report_key

OBSERVATION_WINDOWS = 3
"""Windows after a promotion whose verdicts people are told, whatever they are."""

_OF_POPULATIONS = frozenset({Constraint.VALUE_RANGE, Constraint.CATEGORICAL_VALUES})
"""Constraints that a population may outgrow; the others only a pipe breaks."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A judged window that nobody has been told of: the day that it closes, and what lasts."""

    judged: AnalyzedWindow
    day: VerdictItem | None
    standing: PersistentDrift | None


def publish_model(
    context: AnalysisContext, judged: list[AnalyzedWindow], news: list[Publication]
) -> None:
    """The model's metrics: counts over all versions, drift of the champion alone.

    They are stamped at the window's start, the heartbeat at publication.
    """
    line_counts = sum((result.profile.line_counts for result in judged), LineCounts())
    values = _counts(line_counts)
    loss = capture_loss(context, line_counts.requests)
    if loss is not None:
        values[t.CAPTURE_LOSS_SHARE] = loss
    for item in news:
        if item.judged.is_champion:
            values |= _verdict(item.judged) | _day(item.day)
            _publish_standing(context, item)
    put_metrics(context.aws, context.name, values, stamp=context.window.start)
    put_metrics(context.aws, context.name, {t.HEARTBEAT: 1})


def publish(context: AnalysisContext, news: Publication) -> None:
    """The version's event, its probation, and a note that both are out."""
    judged = news.judged
    event = AnalysisCompleted(
        model=context.name,
        version=judged.version,
        is_champion=judged.is_champion,
        verdict=str(judged.verdict),
        window=context.window,
        revision=context.revision,
        reasons=tuple(_reasons(news)),
        drifted_features=tuple(judged.drifted_features),
        persistent_columns=news.standing.columns if news.standing else (),
        daily=_daily(news.day),
        report=ObjectLocation(
            bucket=context.analysis_bucket.name, key=report_key(context, judged, "json")
        ),
        as_of=context.as_of,
    )
    if judged.is_champion:
        _probation(context, news)
    publish_event(context.aws, event, context.as_of)
    mark_notified(context, judged)


def _counts(line_counts: LineCounts) -> dict[t.CloudWatchMetric, float]:
    return {
        t.RECORDS_ANALYZED: line_counts.records,
        t.LINES_REJECTED: line_counts.rejected_lines,
        t.LINES_REJECTED_SHARE: line_counts.rejected_lines / line_counts.requests
        if line_counts.requests
        else 0.0,
        t.REQUESTS_CAPTURED: line_counts.requests,
    }


def _verdict(judged: AnalyzedWindow) -> dict[t.CloudWatchMetric, float]:
    """Drift is only said of windows that could be judged: others neither raise nor clear it."""
    values: dict[t.CloudWatchMetric, float] = {
        t.INVALID_DATA_DETECTED: judged.verdict == WindowVerdict.INVALID_DATA,
        t.DATA_QUALITY_VIOLATIONS: _violations(judged),
    }
    if judged.verdict.is_conclusive:
        values |= {
            t.DRIFT_DETECTED: judged.verdict == WindowVerdict.DRIFTED,
            t.DRIFTED_FEATURES: len(judged.drifted_features),
            t.PREDICTION_DRIFT_DETECTED: judged.prediction_drifted,
        }
    return values


def _violations(judged: AnalyzedWindow) -> int:
    """Violated constraints, less those by which drift shows: that has an alarm of its own."""
    found = judged.report.data_quality.violations
    drifted = {*judged.drifted_features, *(["prediction"] if judged.prediction_drifted else [])}
    return sum(
        not (item.constraint in _OF_POPULATIONS and item.column in drifted) for item in found
    )


def _day(day: VerdictItem | None) -> dict[t.CloudWatchMetric, float]:
    if day is None or not WindowVerdict(day.verdict).is_conclusive:
        return {}
    return {t.DAILY_DRIFT_DETECTED: day.verdict == "drifted"}


def _publish_standing(context: AnalysisContext, news: Publication) -> None:
    """What the drift alarms read, stamped at the newest judged window.

    That is mostly this one; where windows are judged out of order, or anew, an older stamp would
    be behind what the alarm looks at.
    """
    spoke = news.judged.verdict.is_conclusive or bool(_day(news.day))
    if not spoke or news.standing is None:
        return
    values: Mapping[t.CloudWatchMetric, float] = {
        t.PERSISTENT_DRIFT: news.standing.drift,
        t.PERSISTENT_PREDICTION_DRIFT: news.standing.prediction_drift,
    }
    stamp = max(context.window.start, news.standing.newest)
    put_metrics(context.aws, context.name, values, stamp=stamp)


def _reasons(news: Publication) -> list[str]:
    """The window's reasons, then those of a drifted day."""
    reasons = list(news.judged.report.reasons)
    if news.day is not None and news.day.verdict == "drifted":
        date = f"{news.day.window.start:%Y-%m-%d}"
        reasons += [f"the day of {date}: {reason}" for reason in news.day.reasons]
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


def _probation(context: AnalysisContext, news: Publication) -> None:
    """Drift never rolls a release back; instead its first windows are shown to people."""
    judged = news.judged
    champion = context.ledger.get(ChampionItem)
    if champion is None or not champion.under_observation or champion.version != judged.version:
        return
    length = context.window.end - context.window.start
    age = (context.window.end - champion.promoted_at) / length
    if not 0 < age <= OBSERVATION_WINDOWS:
        return
    notify(
        context.aws,
        f"driftloop: version {judged.version} of {context.name} on probation: {judged.verdict}",
        what=f"The window from {format_time(context.window.start)} of the new version"
        f" {judged.version} is {judged.verdict}.",
        why=" ".join(_reasons(news)) or "Nothing stands out.",
        next_step=f"Read s3://{context.analysis_bucket.name}/{report_key(context, judged, 'html')}."
        " To go back to the version before, reject this one in the registry.",
    )
