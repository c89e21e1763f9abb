"""A person asks for a retraining."""

from driftloop.contract.events import RETRAINING_REQUESTED
from driftloop.policy.gate import Ask, Reason
from lambdas.aws.fleet import Models
from lambdas.gate.room import Room
from lambdas.gate.triggers.trigger import Event, Trigger, event_time


def _model(event: Event, _models: Models) -> str | None:
    # A name that is not in the fleet is a person's slip: it ends as an error that says so.
    return str(event["detail"]["model"])


def _ask(event: Event, room: Room) -> Ask | None:
    detail = event["detail"]
    who = detail.get("requested_by", "somebody")
    return Ask(
        model=room.name,
        cause=f"request:{event['id']}",
        at=event_time(event),
        reason=Reason.REQUESTED,
        words=f"{who} asked for it: {detail.get('reason', 'no reason given')}",
    )


TRIGGER = Trigger(RETRAINING_REQUESTED, _model, _ask)
