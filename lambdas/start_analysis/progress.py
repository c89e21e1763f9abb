"""Records how far the windows of a model are planned, and notifies of windows that are given up.

Notifications are collected: one a day at most names all windows that were given up since the last.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from boto3.dynamodb.conditions import Attr

from driftloop.analysis_plan import uncovered_windows
from driftloop.contract.cloudwatch_metrics import WINDOWS_GIVEN_UP
from driftloop.contract.ledger_items import AnalysisProgressItem, GivenUpWindow
from driftloop.window import DAY, HOUR, Window, format_time
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Put
from lambdas.aws.publishing import notify, put_metrics
from lambdas.start_analysis.execution import MAX_REVISIONS

MAX_AGE = timedelta(days=14)
"""From its end until a missed window is given up: until then a failed execution can be redriven,
too. Windows that were given up are known for as long: no check searches older ones again."""
NOTIFICATION_INTERVAL = DAY
"""At least this time is between two notifications of a model."""
MAX_LISTED = 20
"""Periods of each reason that a notification names."""

_REASONS = {
    "expired": (
        "too old",
        "The analysis of those that are too old was not started or made no plan in time. The"
        " schedule was disabled, or the function start-analysis or the state machine did not work.",
    ),
    "failed": (
        "failed",
        f"{MAX_REVISIONS} executions of each that failed ended before they had made a plan. The"
        " notification of each failed execution names its error.",
    ),
}
"""By reason: how the list of its windows begins, and why."""


def record_progress(
    context: ModelContext,
    progress: AnalysisProgressItem | None,
    windows: Sequence[Window],
    reason: Literal["expired", "failed"],
    *,
    until: datetime,
) -> AnalysisProgressItem | None:
    """Give up ``windows``, and write that the windows ``until`` a time need no check any more.

    The metric of the alarm counts them. People are notified of them, and of those that earlier
    checks gave up, unless the last notification was less than a day ago: then a later check does
    it. Both come before it is written: a repeated notification is better than a lost one.

    Returns:
        The item that is in the ledger; None if another check of the model has changed it meanwhile.
    """
    known = progress.given_up if progress else ()
    new = [
        GivenUpWindow(window=period, reason=reason, given_up_at=context.as_of, notified=False)
        for period in _join(windows)
    ]
    given_up = sorted((*known, *new), key=lambda one: one.window)
    notified_at = progress.notified_at if progress else None
    pending = [one for one in given_up if not one.notified]
    notifies = bool(pending) and _may_notify(context, notified_at)
    if progress is not None and not (new or notifies) and progress.checked_until == until:
        return progress
    if windows:
        put_metrics(context.aws, context.name, {WINDOWS_GIVEN_UP: len(windows)})
    if notifies:
        _notify(context, pending)
        notified_at = context.as_of
        given_up = [msgspec.structs.replace(one, notified=True) for one in given_up]
    item = AnalysisProgressItem(
        checked_until=until,
        given_up=tuple(one for one in given_up if _is_kept(context, one)),
        notified_at=notified_at,
        sequence=progress.sequence + 1 if progress else 1,
    )
    unchanged = Attr("sequence").eq(progress.sequence) if progress else ITEM_ABSENT
    try:
        context.ledger.write(Put(item, unchanged))
    except ConflictError:
        return None
    return item


def capture_retention(context: ModelContext) -> timedelta:
    """For how long after its end all captured files of a window exist.

    No window crosses midnight, and S3 adds the days of a lifecycle rule to the creation time of an
    object and rounds up to the next midnight UTC. Source: Amazon S3 User Guide, "Lifecycle
    configuration elements", "Lifecycle rules: based on an object's age".
    """
    return timedelta(days=context.models.fleet.config.retention.capture_days)


def _may_notify(context: ModelContext, notified_at: datetime | None) -> bool:
    return notified_at is None or context.as_of - notified_at >= NOTIFICATION_INTERVAL


def _is_kept(context: ModelContext, given_up: GivenUpWindow) -> bool:
    """Whether people are to be notified, a check could find it, or a person can analyze it."""
    kept = max(MAX_AGE, capture_retention(context))
    return not given_up.notified or given_up.window.end + kept > context.as_of


def _join(windows: Iterable[Window]) -> list[Window]:
    """The periods of consecutive windows."""
    periods: list[Window] = []
    for window in windows:
        if periods and periods[-1].end == window.start:
            periods[-1] = Window(periods[-1].start, window.end)
        else:
            periods.append(window)
    return periods


def _notify(context: ModelContext, given_up: Sequence[GivenUpWindow]) -> None:
    reasons = [reason for reason in _REASONS if any(one.reason == reason for one in given_up)]
    lists = [
        f"{_REASONS[reason][0]}: {_listed(one.window for one in given_up if one.reason == reason)}"
        for reason in reasons
    ]
    function = context.models.names.function("start_analysis")
    length = context.settings.monitoring.window_hours * HOUR
    first = uncovered_windows(given_up[0].window, (), length)[0]
    payload = {
        "model": context.name,
        "scheduled_time": format_time(first.analysis_time),
        "revision": MAX_REVISIONS,
    }
    key = (text for one in given_up for text in (one.reason, *one.window.to_dict().values()))
    notify(
        context.aws,
        f"driftloop: missed windows of {context.name} were given up",
        deduplication_id=context.deduplication_id("missed windows notification", *key),
        what=f"The analysis of these windows of {context.name} is not started automatically any"
        f" more: {'; '.join(lists)}. You are notified of them once, and of others a day later at"
        " the earliest.",
        why=" ".join(_REASONS[reason][1] for reason in reasons),
        next_step="Other windows do not depend on these. Their captured records are kept for"
        " retention.capture_days, and can be analyzed until then. To analyze a window, invoke"
        " start-analysis with the time at which its analysis was scheduled:"
        f"\n\n    aws lambda invoke --function-name {function}"
        " --cli-binary-format raw-in-base64-out /dev/stdout"
        f" --payload '{json.dumps(payload)}'",
    )


def _listed(windows: Iterable[Window]) -> str:
    periods = [
        f"{format_time(period.start)} to {format_time(period.end)}" for period in _join(windows)
    ]
    if len(periods) > MAX_LISTED:
        periods[MAX_LISTED:] = [f"{len(periods) - MAX_LISTED} more periods"]
    return ", ".join(periods)
