"""Records how far the windows of a model are planned, and notifies of windows that are given up."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from boto3.dynamodb.conditions import Attr

from driftloop.contract.ledger_items import AnalysisProgressItem, GivenUpWindow
from driftloop.window import Window, format_time
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Put
from lambdas.aws.publishing import notify
from lambdas.start_analysis.execution import MAX_REVISIONS

MAX_LISTED = 20
"""Periods that a notification names."""

_REASONS = {
    "expired": (
        "are too old to be started",
        "Their analysis was not started when it was due, and they are too old now. The schedule was"
        " disabled, or the function start-analysis or the state machine did not work.",
    ),
    "failed": (
        "keep failing",
        f"{MAX_REVISIONS} executions of each ended before they had made a plan. The notification"
        " of each failed execution names its error.",
    ),
}
"""By reason: the end of the subject, and why."""


def record_progress(
    context: ModelContext,
    progress: AnalysisProgressItem | None,
    windows: Sequence[Window],
    reason: Literal["expired", "failed"],
    *,
    until: datetime,
) -> AnalysisProgressItem | None:
    """Give up ``windows``, and write that the windows ``until`` a time need no check any more.

    People are notified before it is written: a repeated notification is better than a lost one.

    Returns:
        The item that is in the ledger; None if another check of the model has changed it meanwhile.
    """
    if progress is not None and not windows and progress.checked_until == until:
        return progress
    if windows:
        _notify(context, windows, reason)
    known = [one for one in (progress.given_up if progress else ()) if _is_kept(context, one)]
    new = [
        GivenUpWindow(window=period, reason=reason, given_up_at=context.as_of)
        for period in _join(windows)
    ]
    item = AnalysisProgressItem(
        checked_until=until,
        given_up=tuple(sorted((*known, *new), key=lambda one: one.window)),
        sequence=progress.sequence + 1 if progress else 1,
    )
    unchanged = Attr("sequence").eq(progress.sequence) if progress else ITEM_ABSENT
    try:
        context.ledger.write(Put(item, unchanged))
    except ConflictError:
        return None
    return item


def _is_kept(context: ModelContext, given_up: GivenUpWindow) -> bool:
    """Whether captured data of the period can exist: until then a person can analyze it."""
    retention = timedelta(days=context.models.fleet.config.retention.capture_days)
    return given_up.window.end + retention > context.as_of


def _join(windows: Iterable[Window]) -> list[Window]:
    """The periods of consecutive windows."""
    periods: list[Window] = []
    for window in windows:
        if periods and periods[-1].end == window.start:
            periods[-1] = Window(periods[-1].start, window.end)
        else:
            periods.append(window)
    return periods


def _notify(context: ModelContext, windows: Sequence[Window], reason: str) -> None:
    periods = [
        f"{format_time(period.start)} to {format_time(period.end)}" for period in _join(windows)
    ]
    if len(periods) > MAX_LISTED:
        periods[MAX_LISTED:] = [f"{len(periods) - MAX_LISTED} more periods"]
    subject, why = _REASONS[reason]
    function = context.models.names.function("start_analysis")
    payload = {
        "model": context.name,
        "scheduled_time": format_time(windows[0].analysis_time),
        "revision": MAX_REVISIONS,
    }
    notify(
        context.aws,
        f"driftloop: missed windows of {context.name} {subject}",
        deduplication_id=context.deduplication_id(
            "missed windows notification", reason, *(window.label for window in windows)
        ),
        what=f"The analysis of these windows of {context.name} is not started automatically any"
        f" more: {'; '.join(periods)}. You are notified of them once.",
        why=why,
        next_step="Other windows do not depend on these. Their captured records are kept for"
        " retention.capture_days, and can be analyzed until then. To analyze a window, invoke"
        " start-analysis with the time at which its analysis was scheduled:"
        f"\n\n    aws lambda invoke --function-name {function}"
        " --cli-binary-format raw-in-base64-out /dev/stdout"
        f" --payload '{json.dumps(payload)}'",
    )
