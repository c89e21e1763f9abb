"""An alarm has gone off. Its state changes once, so one change is one cause."""

from driftloop.policy.gate import Ask
from lambdas.aws.fleet import Models
from lambdas.gate.room import Room
from lambdas.gate.triggers.standing import REASONS
from lambdas.gate.triggers.trigger import Event, Trigger, event_time


def _model(event: Event, models: Models) -> str | None:
    entry = models.fleet.alarms.get(event["detail"]["alarmName"])
    return entry.model if entry is not None and entry.asks_gate else None


def _ask(event: Event, room: Room) -> Ask | None:
    detail = event["detail"]
    name, state = detail["alarmName"], detail["state"]
    kind = room.models.fleet.alarms[name].kind
    if state["value"] != "ALARM" or kind not in REASONS:
        return None
    return Ask(
        model=room.name,
        cause=f"alarm:{name}:{state['timestamp']}",
        at=event_time(event),
        reason=REASONS[kind],
        words=f"the alarm {name} went off: {state.get('reason', 'no reason given')}",
    )


TRIGGER = Trigger("CloudWatch Alarm State Change", _model, _ask)
