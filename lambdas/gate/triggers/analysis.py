"""An analysis is complete. Each analysis of the champion invokes the gate, so that it decides
again while an alarm is in ALARM."""

from driftloop.contract.events import AnalysisCompleted, Event
from driftloop.retraining.gate import RetrainingRequest, StartReason
from driftloop.window import format_time
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex
from lambdas.gate.triggers.active_alarms import highest_priority_alarm
from lambdas.gate.triggers.trigger import event_trigger

_MAX_NAMED_COLUMNS = 3
"""Columns that a decision's message names; an email does not show a list of hundreds."""


def _model(detail: AnalysisCompleted, _models: ModelIndex) -> str | None:
    return detail.model


def _request(event: Event[AnalysisCompleted], context: ModelContext) -> RetrainingRequest | None:
    analysis = event.detail
    if not analysis.is_champion:
        return None
    alarm = highest_priority_alarm(context)
    if alarm is None:
        return None
    is_day = analysis.daily is not None or analysis.window == analysis.window.day
    if alarm.reason is StartReason.DRIFT_FROM_TRAINING and not is_day:
        return None  # it is measured once a day
    start = format_time(analysis.window.start)
    return RetrainingRequest(
        model=context.name,
        idempotency_key=f"analysis:{context.name}:{start}:r{analysis.revision}",
        as_of=context.as_of,
        reason=alarm.reason,
        message=f"the alarm {alarm.name} is in ALARM; the window from {start} is"
        f" {analysis.verdict}{_persistent(analysis.persistent_columns)}.",
    )


def _persistent(columns: tuple[str, ...]) -> str:
    if not columns:
        return ""
    hidden = len(columns) - _MAX_NAMED_COLUMNS
    more = f" and {hidden} more" if hidden > 0 else ""
    return f", and {', '.join(columns[:_MAX_NAMED_COLUMNS])}{more} drifted in several windows"


TRIGGER = event_trigger(AnalysisCompleted, _model, _request)
