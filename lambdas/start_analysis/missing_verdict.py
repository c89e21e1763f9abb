"""Measures how long the champion has had no verdict, and notifies people once of the cause.

Failed analyses have alarms of their own, and so has a schedule that does not run. This covers what
they do not: a model that is analyzed and never reaches a verdict, and one that is not analyzed for
days, whatever the cause.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from driftloop.analysis_plan import uncovered_windows
from driftloop.contract.cloudwatch_metrics import DAYS_SINCE_VERDICT
from driftloop.contract.ledger_items import (
    ChampionItem,
    DayItem,
    MissingVerdictItem,
    VerdictItem,
    VersionItem,
    WindowItem,
)
from driftloop.window import ANALYSIS_DELAY, DAY, HOUR, Window, format_time
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import Put
from lambdas.aws.publishing import notify, put_metrics

_NO_VERDICT = "insufficient_data"

MAX_DAYS = 35
"""Days that are searched for the last verdict; the metric rises no further."""

_RECENT_DAYS = 2
"""Days that are searched first: most models have a verdict in them."""

Cause = Literal["failures", "no_traffic", "too_few_records"]

_WHY: dict[Cause, str] = {
    "failures": "Most windows were not analyzed: their analysis failed, was not started, or was"
    " given up.",
    "no_traffic": "The windows were analyzed, and no request was captured in them.",
    "too_few_records": "The windows and the days were analyzed, and had too few records each.",
}
_NEXT_STEPS: dict[Cause, str] = {
    "failures": "Look at the alarms analysis-failed, windows-given-up and heartbeat-missing of the"
    " model, and fix the cause. Then redrive the executions of the windows, or analyze them again.",
    "no_traffic": "Check whether the endpoint is invoked (Invocations on the model's dashboard). If"
    " it is, data capture does not work: see the alarm capture-loss. If nobody uses the model,"
    " remove it, or set monitoring.max_days_without_verdict to null.",
    "too_few_records": "A longer window (monitoring.window_hours) has more records;"
    " monitoring.min_records can be lower if large changes are all that matters. Check that data"
    " capture stores all requests (serving.capture_sampling_percentage).",
}


class MissingVerdict(NamedTuple):
    """For how long there is no verdict, and what was analyzed meanwhile."""

    since: datetime
    due: int
    analyzed: int
    records: int

    @property
    def cause(self) -> Cause:
        """Why there is none: the one that most windows have."""
        if self.analyzed < self.due - self.analyzed:
            return "failures"
        return "too_few_records" if self.records else "no_traffic"


def check_verdict(context: ModelContext) -> MissingVerdict | None:
    """Publish the days since the champion's last verdict; from the limit on, notify people once.

    Invoked for a model whose stack is deployed. A champion that was promoted since counts from its
    promotion on.

    Returns:
        What is missing; None while no champion serves, or its verdict is recent enough.
    """
    champion = context.ledger.get(ChampionItem)
    if champion is None or champion.endpoint_missing_since is not None:
        return None
    since = _last_verdict(context, champion)
    days = max(0.0, (context.as_of - since) / DAY)
    put_metrics(context.aws, context.name, {DAYS_SINCE_VERDICT: days})
    limit = context.settings.monitoring.max_days_without_verdict
    if limit is None or days < limit:
        return None
    missing = _missing(context, champion, since)
    if missing.due == 0:
        return None
    notified = context.ledger.get(MissingVerdictItem)
    if notified is None or notified.version != champion.version or notified.until <= since:
        _notify(context, champion, missing)
    context.ledger.write(
        Put(MissingVerdictItem(version=champion.version, until=context.as_of, cause=missing.cause))
    )
    return missing


def _last_verdict(context: ModelContext, champion: ChampionItem) -> datetime:
    """The end of the last window or day with a verdict, or when the champion began to serve.

    That is its promotion, or the creation of its endpoint after a former one was deleted.
    """
    version = context.ledger.get(VersionItem, champion.version)
    began = champion.promoted_at
    if version is not None and version.serving_from is not None:
        began = max(began, version.serving_from)
    oldest = max(began, context.as_of - MAX_DAYS * DAY)
    for days in (_RECENT_DAYS, MAX_DAYS):
        first = max(oldest, context.as_of - days * DAY)
        ends = [
            item.window.end
            for item_type in (WindowItem, DayItem)
            for item in _items(context, item_type, champion, first)
            if item.verdict != _NO_VERDICT and item.window.end > began
        ]
        if ends:
            return min(max(ends), context.as_of)
    return oldest


def _items(
    context: ModelContext, item_type: type[VerdictItem], champion: ChampionItem, first: datetime
) -> Sequence[VerdictItem]:
    label = f"{first - DAY:%Y%m%d}"
    return context.ledger.query(item_type, champion.version, first=label)


def _missing(context: ModelContext, champion: ChampionItem, since: datetime) -> MissingVerdict:
    """What was analyzed of the windows that are due after ``since``."""
    hours = context.settings.monitoring.window_hours
    length = hours * HOUR
    start = Window.analyzed_at(since + length - timedelta.resolution, hours=hours).end
    due = Window.analyzed_at(context.as_of - ANALYSIS_DELAY, hours=hours).end
    if start >= due:
        return MissingVerdict(since, 0, 0, 0)
    period = Window(start, due)
    found = [
        item
        for item in _items(context, WindowItem, champion, start)
        if start <= item.window.start and item.window.end <= due
    ]
    missing = uncovered_windows(period, [item.window for item in found], length)
    return MissingVerdict(
        since=since,
        due=len(found) + len(missing),
        analyzed=len(found),
        records=sum(item.records for item in found),
    )


def _notify(context: ModelContext, champion: ChampionItem, missing: MissingVerdict) -> None:
    days = (context.as_of - missing.since) / DAY
    version = champion.version
    notify(
        context.aws,
        f"driftloop: {context.name} has had no verdict for {days:.0f} days",
        deduplication_id=context.deduplication_id(
            "missing verdict notification", version, format_time(missing.since)
        ),
        what=f"No window of version {version} of {context.name} has had a verdict since"
        f" {format_time(missing.since)}. Of {missing.due} windows that were due,"
        f" {missing.analyzed} were analyzed, with {missing.records} records together; a verdict"
        f" takes {context.settings.monitoring.min_records} records. You are notified once until"
        " there is a verdict again.",
        why=_WHY[missing.cause],
        next_step=_NEXT_STEPS[missing.cause],
    )
