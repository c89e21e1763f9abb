"""A person asks for a retraining."""

from driftloop.contract.events import RETRAINING_REQUESTED
from driftloop.retraining.gate import RetrainingRequest, StartReason
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex
from lambdas.gate.triggers.trigger import Event, Trigger


def _model(event: Event, _models: ModelIndex) -> str | None:
    # A name that is not in the fleet is a person's slip: it ends as an error that says so.
    return str(event["detail"]["model"])


def _ask(event: Event, context: ModelContext) -> RetrainingRequest | None:
    detail = event["detail"]
    who = detail.get("requested_by", "somebody")
    return RetrainingRequest(
        model=context.name,
        idempotency_key=f"request:{event['id']}",
        as_of=context.as_of,
        reason=StartReason.MANUAL,
        message=f"{who} asked for it: {detail.get('reason', 'no reason given')}",
    )


TRIGGER = Trigger(RETRAINING_REQUESTED, _model, _ask)
