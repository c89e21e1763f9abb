"""What a trigger is: how to read one kind of event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftloop.policy.gate import Ask
from driftloop.window import parse_time
from lambdas.aws.fleet import Models
from lambdas.gate.room import Room

Event = dict[str, Any]


def event_time(event: Event) -> datetime:
    """EventBridge's own time of the event."""
    return parse_time(event["time"])


@dataclass(frozen=True, slots=True)
class Trigger:
    """``kind`` is the detail type (or the source); ``ask`` gives None where no cause stands.

    ``settles``: the event itself says how a run ended, so that nothing has to be looked up first.
    """

    kind: str
    model: Callable[[Event, Models], str | None]
    ask: Callable[[Event, Room], Ask | None]
    time: Callable[[Event], datetime] = event_time
    settles: bool = False
