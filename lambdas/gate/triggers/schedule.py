"""The clock asks: for a first run where there is no version at all, and by ``schedule_days``."""

from datetime import datetime, timedelta

from driftloop.policy.gate import Ask, Reason
from driftloop.policy.record import schedule_is_due
from driftloop.window import format_time, parse_time
from lambdas.aws.fleet import Models
from lambdas.gate.facts import last_start
from lambdas.gate.registry import pending_versions
from lambdas.gate.room import Room
from lambdas.gate.triggers.trigger import Event, Trigger


def _model(event: Event, models: Models) -> str | None:
    name = str(event["model"])
    return name if name in models.fleet.config.models else None


def _time(event: Event) -> datetime:
    return parse_time(event["scheduled_time"])


def _ask(event: Event, room: Room) -> Ask | None:
    now = _time(event)
    if _wants_first_run(room):
        reason, words = Reason.FIRST_RUN, "the model has no version yet."
    elif _is_due(room, now):
        days = room.config.retraining.schedule_days
        reason, words = Reason.SCHEDULE, f"the schedule asks every {days} days."
    else:
        return None
    cause = f"schedule:{room.name}:{format_time(now)}"
    return Ask(room.name, cause, now, reason, words)


def _wants_first_run(room: Room) -> bool:
    """Whether there is neither a version nor one that waits, and the model's stack stands."""
    if room.config.initial_model is not None or room.ledger.get("CHAMPION"):
        return False
    return not room.ledger.prefixed("VERSION#", limit=1) and pending_versions(room) == []


def _is_due(room: Room, now: datetime) -> bool:
    champion = room.ledger.get("CHAMPION")
    every = room.config.retraining.schedule_days
    if champion is None or every is None:
        return False
    started = last_start(room.ledger, now - timedelta(days=every), now)
    return schedule_is_due(now, every, started, parse_time(champion["since"]))


TRIGGER = Trigger("driftloop.schedule", _model, _ask, time=_time)
