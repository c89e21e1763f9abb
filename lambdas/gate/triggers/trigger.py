"""What a trigger is: how to read one kind of event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from driftloop.retraining.gate import RetrainingRequest
from driftloop.window import parse_time
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex

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
    model: Callable[[Event, ModelIndex], str | None]
    request: Callable[[Event, ModelContext], RetrainingRequest | None]
    time: Callable[[Event], datetime] = event_time
    is_terminal: bool = False
