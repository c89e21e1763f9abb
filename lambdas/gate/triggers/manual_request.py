"""A person requests a retraining. What the request says reaches people as a quotation."""

from driftloop.contract.events import Event, RetrainingRequested
from driftloop.retraining.gate import RetrainingRequest, StartReason
from driftloop.untrusted_text import quoted, single_line
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex
from lambdas.gate.triggers.trigger import event_trigger

_EVENT_ID_LENGTH = 36
"""Characters of the UUID that EventBridge gives an event."""


def _model(detail: RetrainingRequested, _models: ModelIndex) -> str | None:
    return detail.model


def _request(event: Event[RetrainingRequested], context: ModelContext) -> RetrainingRequest | None:
    detail = event.detail
    # The name is the sender's claim; by the event's ID CloudTrail can name the sender.
    request_id = single_line(event.id, _EVENT_ID_LENGTH)
    return RetrainingRequest(
        model=context.name,
        idempotency_key=f"request:{event.id}",
        as_of=context.as_of,
        reason=StartReason.MANUAL,
        message=f"{quoted(detail.requested_by, 64)} requested it (event {request_id}):"
        f" {quoted(detail.reason)}",
    )


TRIGGER = event_trigger(RetrainingRequested, _model, _request, is_manual=True)
