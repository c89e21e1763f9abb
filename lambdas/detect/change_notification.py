"""Notifies people of a change that begins: invalid data, or drift that has become persistent.

The alarms page; CloudWatch's own message can't say what changed. This notification says which
feature, by how much, since when, and what to do next, with a link to the report. It is sent once at
the beginning: not while the data stays invalid, or the same columns stay drifted.
"""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote

from driftloop.detection import DriftPolicy, WindowOutcome, WindowVerdict, persistent_columns
from driftloop.html.feature_rows import ranked_features
from driftloop.report.advice import next_steps
from driftloop.report.headline import drift_duration, headline
from driftloop.window import format_time
from lambdas.aws.context import AnalysisContext
from lambdas.aws.publishing import notify
from lambdas.detect.analyzed_window import AnalyzedWindow
from lambdas.detect.store import report_key

MAX_AGE = timedelta(days=1)
"""Time since the end of a window after which its changes are no news."""


def notify_of_change(context: AnalysisContext, window: AnalyzedWindow) -> None:
    """Notify of a window of the champion whose data became invalid, or whose drift persistent.

    What happened long ago, such as in a month that is analyzed at once, is in the reports.
    """
    if (context.started_at or context.as_of) - context.window.end > MAX_AGE:
        return
    if not begins(window.history, window.outcome, window.report.policy):
        return
    report = window.report
    ranked = ranked_features(report.features, report.policy.feature_weights)
    is_invalid = window.verdict == WindowVerdict.INVALID_DATA
    what = headline(report, ranked)
    steps = "\n".join(f"- {step}" for step in next_steps(report, ranked, window.history))
    page = report_key(context, window, "html")
    notify(
        context.aws,
        f"driftloop: {'invalid data' if is_invalid else 'drift'} of {context.name}: "
        f"{', '.join(_columns(window))}",
        deduplication_id=context.deduplication_id(
            "change notification", window.version, context.window.label, context.revision
        ),
        what=f"{what} {drift_duration(report)} The window began at"
        f" {format_time(context.window.start)}; the model is {context.name}, version"
        f" {window.version}.",
        why=" ".join(f"{reason}." for reason in report.reasons),
        next_step=f"\n\n{steps}\n\nThe report:\n\n    {console_link(context, page)}\n\n"
        f"    aws s3 cp s3://{context.analysis_bucket.name}/{page} .\n",
    )


def begins(history: Sequence[WindowOutcome], outcome: WindowOutcome, policy: DriftPolicy) -> bool:
    """Whether the data became invalid, or drift of a column persistent, with this window.

    Args:
        history: Earlier windows, oldest first.
        outcome: The window.
        policy: Says when drift is persistent.
    """
    if outcome.verdict == WindowVerdict.INVALID_DATA:
        # With too few records it is not known whether the data is valid.
        known = [one for one in history if one.verdict != WindowVerdict.INSUFFICIENT_DATA]
        return not known or known[-1].verdict != WindowVerdict.INVALID_DATA
    if outcome.verdict != WindowVerdict.DRIFTED:
        return False
    before = persistent_columns(history, policy)
    return bool({*persistent_columns([*history, outcome], policy)} - {*before})


def console_link(context: AnalysisContext, key: str) -> str:
    """The page of an object in the console of Amazon S3.

    Source: the address that the console shows for an object, with the region, bucket and key.
    """
    meta = context.aws.client("s3").meta
    domains = {"aws": "console.aws.amazon.com", "aws-us-gov": "console.amazonaws-us-gov.com"}
    domain = domains.get(meta.partition, "console.amazonaws.cn")
    region, bucket = meta.region_name, context.analysis_bucket.name
    return f"https://{region}.{domain}/s3/object/{bucket}?region={region}&prefix={quote(key)}"


def _columns(window: AnalyzedWindow) -> list[str]:
    """The columns of the causes, for a subject of 100 characters."""
    names = [one.column or "records" for one in window.report.explanations]
    return list(dict.fromkeys(names or window.drifted_features or ["records"]))
