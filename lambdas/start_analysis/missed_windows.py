"""Starts the analysis of missed windows: those that are due, and that no analysis has planned.

A schedule did not fire, this function or Step Functions failed, or the execution ended before it
made a plan. Planned windows are not started again: their execution is redriven, or a person starts
a new revision.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any

from driftloop.analysis_plan import uncovered_windows
from driftloop.contract.ledger_items import (
    AnalysisProgressItem,
    ServingPeriod,
    VersionItem,
    WindowCountItem,
)
from driftloop.window import ANALYSIS_DELAY, DAY, HOUR, Window
from lambdas.aws.context import ModelContext
from lambdas.start_analysis.execution import MAX_REVISIONS, RETRY_DELAYS, Execution
from lambdas.start_analysis.progress import MAX_AGE, capture_retention, record_progress

MAX_STARTS = 12
"""Executions that one invocation starts, the oldest window first. Each profiles up to 40 batches at
a time, and shares the account's limit of concurrent Lambda invocations."""
MAX_STARTS_AFTER_FAILURE = 1
"""The same, while a missed window waits for its next execution: others may fail for its reason, and
people are notified of each failure."""
RECHECKED = 2 * DAY
"""For how long each window is checked again: the ledger may learn later that a version served."""


class _Attempt(Enum):
    STARTED = auto()
    RUNNING = auto()
    POSTPONED = auto()
    FAILED = auto()


def start_missed_windows(context: ModelContext) -> dict[str, Any]:
    """Start missed windows, and give up those that are too old or whose executions keep failing.

    Nothing is done before the first version serves. The model's stack must be deployed.

    Returns:
        Labels of the windows whose execution was ``started`` (or runs since it was started by the
        same request), and of those ``given_up``.
    """
    periods = _serving_periods(context)
    if not periods:
        return {"started": [], "given_up": []}
    progress = context.ledger.get(AnalysisProgressItem)
    due = Window.analyzed_at(context.as_of - ANALYSIS_DELAY, hours=_hours(context)).end
    missed = _find_missed(context, progress, periods, due)
    expired = [window for window in missed if window.end <= _expired_until(context)]
    left = missed[len(expired) :]
    progress = record_progress(context, progress, expired, "expired", until=_until(left, due))
    if progress is None:  # another check is at work, and starts the same windows
        return {"started": [], "given_up": []}
    started, failed = _start(context, left)
    if failed:
        left = [window for window in left if window not in failed]
        record_progress(context, progress, failed, "failed", until=_until(left, due))
    return {
        "started": [window.label for window in started],
        "given_up": [window.label for window in (*expired, *failed)],
    }


def _serving_periods(context: ModelContext) -> list[ServingPeriod]:
    """The periods in which any version served."""
    return [period for item in context.ledger.query(VersionItem) for period in item.serving_periods]


def _find_missed(
    context: ModelContext,
    progress: AnalysisProgressItem | None,
    periods: Sequence[ServingPeriod],
    due: datetime,
) -> list[Window]:
    """The missed windows that end until ``due``, in order of time.

    One query of the windows that were not checked before: the ledger sorts them by time.
    """
    hours = _hours(context)
    first = min(period.start for period in periods)
    start = Window.analyzed_at(first + hours * HOUR, hours=hours).start
    if progress is not None:
        start = max(start, min(progress.checked_until, due - RECHECKED))
    if start >= due:
        return []
    period = Window(start, due)
    planned = context.ledger.query(
        WindowCountItem, first=Window(start - DAY, due).label, last=Window(due, due + HOUR).label
    )
    given_up = progress.given_up if progress else ()
    covered = [*(item.window for item in planned), *(one.window for one in given_up)]
    return [
        window
        for window in uncovered_windows(period, covered, hours * HOUR)
        # Files may be an hour late, as for a plan.
        if any(served.overlaps(window, tolerance=HOUR) for served in periods)
    ]


def _start(context: ModelContext, missed: Sequence[Window]) -> tuple[list[Window], list[Window]]:
    """Start what can be started; return the windows that were started and that have failed."""
    started: list[Window] = []
    failed: list[Window] = []
    limit = MAX_STARTS
    for window in missed:
        if len(started) >= limit:
            break
        attempt = _start_next_revision(context, window)
        if attempt is _Attempt.STARTED:
            started.append(window)
        elif attempt is _Attempt.FAILED:
            failed.append(window)
        elif attempt is _Attempt.POSTPONED:
            limit = MAX_STARTS_AFTER_FAILURE
    return started, failed


def _start_next_revision(context: ModelContext, window: Window) -> _Attempt:
    """Start the first revision that has no execution.

    The name and input of revision 0 are those of the schedule: whichever comes second, of the
    schedule and of any number of these checks, starts nothing.
    """
    for revision in range(MAX_REVISIONS):
        execution = Execution(context.aws, context.name, window, revision)
        if execution.start(as_of=window.analysis_time):
            return _Attempt.STARTED
        ended_at = execution.ended_at()
        if ended_at is None:
            return _Attempt.RUNNING
        if revision < len(RETRY_DELAYS) and context.as_of - ended_at < RETRY_DELAYS[revision]:
            return _Attempt.POSTPONED
    return _Attempt.FAILED


def _hours(context: ModelContext) -> int:
    return context.settings.monitoring.window_hours


def _expired_until(context: ModelContext) -> datetime:
    """Windows that ended until then are given up; their captured files may have expired as well.

    A window that has just become due is never among them, however long it is.
    """
    return context.as_of - min(MAX_AGE, capture_retention(context))


def _until(missed: Sequence[Window], due: datetime) -> datetime:
    """All windows until then need no start any more."""
    return missed[0].start if missed else due
