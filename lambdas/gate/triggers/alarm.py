"""An alarm changes to ALARM. Its state changes once, so one change is one idempotency key."""

from driftloop.contract.aws_events import AlarmStateChange
from driftloop.contract.events import Event
from driftloop.retraining.gate import RetrainingRequest
from driftloop.untrusted_text import single_line
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex
from lambdas.gate.triggers.active_alarms import REASONS
from lambdas.gate.triggers.trigger import event_trigger


def _model(detail: AlarmStateChange, models: ModelIndex) -> str | None:
    entry = models.fleet.alarms.get(detail.alarm_name)
    return entry.model if entry is not None and entry.invokes_gate else None


def _request(event: Event[AlarmStateChange], context: ModelContext) -> RetrainingRequest | None:
    name, state = event.detail.alarm_name, event.detail.state
    kind = context.models.fleet.alarms[name].kind
    if state.value != "ALARM" or kind not in REASONS:
        return None
    return RetrainingRequest(
        model=context.name,
        idempotency_key=f"alarm:{name}:{state.timestamp}",
        as_of=context.as_of,
        reason=REASONS[kind],
        message=f"the alarm {name} changed to ALARM: {single_line(state.reason)}",
    )


TRIGGER = event_trigger(AlarmStateChange, _model, _request)
