"""What a trigger is: how the gate reads one kind of event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from driftloop.contract.events import Event, EventDetail, decode_event
from driftloop.retraining.gate import RetrainingRequest
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex


@dataclass(frozen=True, slots=True)
class Trigger:
    """One row of the table of triggers.

    ``kind`` is the event's detail-type, or the payload's source. ``model`` gives None for a
    resource of no model; ``request`` gives None if the event requests no retraining.
    ``is_terminal``: the event itself says how an execution ended, so the lease need not be checked
    first. ``is_manual``: a person sent the event and is notified if it names an unknown model.
    ``is_check``: reconcile sends it, once an hour, so that what waits is looked up.
    """

    kind: str
    read: Callable[[Mapping[str, Any]], Event[Any]]
    model: Callable[[Any, ModelIndex], str | None]
    request: Callable[[Event[Any], ModelContext], RetrainingRequest | None]
    is_terminal: bool = False
    is_manual: bool = False
    is_check: bool = False


def event_trigger(
    detail_type: type[EventDetail],
    model: Callable[[Any, ModelIndex], str | None],
    request: Callable[[Event[Any], ModelContext], RetrainingRequest | None],
    *,
    is_terminal: bool = False,
    is_manual: bool = False,
) -> Trigger:
    """The trigger for an event of the bus."""

    def read(event: Mapping[str, Any]) -> Event[Any]:
        return decode_event(detail_type, event)

    return Trigger(detail_type.DETAIL_TYPE, read, model, request, is_terminal, is_manual)
