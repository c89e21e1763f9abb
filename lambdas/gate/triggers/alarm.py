"""An alarm has gone off. Its state changes once, so one change is one cause."""

from driftloop.retraining.gate import RetrainingRequest
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex
from lambdas.gate.triggers.active_alarms import REASONS
from lambdas.gate.triggers.trigger import Event, Trigger


def _model(event: Event, models: ModelIndex) -> str | None:
    entry = models.fleet.alarms.get(event["detail"]["alarmName"])
    return entry.model if entry is not None and entry.invokes_gate else None


def _ask(event: Event, context: ModelContext) -> RetrainingRequest | None:
    detail = event["detail"]
    name, state = detail["alarmName"], detail["state"]
    kind = context.models.fleet.alarms[name].kind
    if state["value"] != "ALARM" or kind not in REASONS:
        return None
    return RetrainingRequest(
        model=context.name,
        idempotency_key=f"alarm:{name}:{state['timestamp']}",
        as_of=context.as_of,
        reason=REASONS[kind],
        message=f"the alarm {name} went off: {state.get('reason', 'no reason given')}",
    )


TRIGGER = Trigger("CloudWatch Alarm State Change", _model, _ask)
