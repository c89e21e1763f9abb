"""The gate: the one function that may start a retraining, whatever requests it."""

from typing import Any

from aws_lambda_powertools import Logger

from driftloop.contract.deduplication import deduplication_id
from driftloop.contract.events import Event, environment_mismatch
from driftloop.untrusted_text import quoted, single_line
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import ModelIndex, load_models
from lambdas.aws.publishing import notify
from lambdas.gate.decide import decide_once
from lambdas.gate.lease import reconcile_lease
from lambdas.gate.triggers import find_trigger
from lambdas.gate.triggers.ingestion import unwrap
from lambdas.gate.triggers.trigger import Trigger
from lambdas.gate.waiting_versions import remind_of_waiting_versions

logger = Logger()

_MAX_LOG_LENGTH = 500


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Read any event of the table of triggers; return the decision that it led to, if any.

    An event of another environment or of a model that driftloop.yaml does not have is refused with
    a message in the log. A retry could not change that, so it raises no error.

    Limits are counted at the time at which EventBridge received the event: its sender can't choose
    that, and a retry has the same.
    """
    models = load_models(aws)
    event, ingested_at = unwrap(event)
    trigger = find_trigger(event)
    mismatch = environment_mismatch(event, models.names.environment)
    if mismatch is not None:
        logger.warning(single_line(mismatch, _MAX_LOG_LENGTH))
        return {"decision": None}
    received = trigger.read(event)
    name = trigger.model(received.detail, models)
    if name is None:
        logger.info("the event belongs to no model of this environment", kind=trigger.kind)
        return {"decision": None}
    if not models.has_model(name):
        logger.warning(models.unknown_model(name), kind=trigger.kind)
        if trigger.is_manual:
            _notify_unknown_model(aws, models, name, received.id)
        return {"model": name, "decision": None}
    context = ModelContext.load(aws, models, name, ingested_at or received.time)
    try:
        return _decide(context, trigger, received)
    finally:  # a decision that can't be carried out keeps no reminder back
        if trigger.is_check:
            remind_of_waiting_versions(context)


def _decide(context: ModelContext, trigger: Trigger, received: Event[Any]) -> dict[str, Any]:
    if not trigger.is_terminal:
        reconcile_lease(context)
    request = trigger.request(received, context)
    if request is None:
        return {"model": context.name, "decision": None}
    decision = decide_once(context, request)
    logger.info("decided", **decision)
    return decision


def _notify_unknown_model(aws: AwsClients, models: ModelIndex, name: str, event_id: str) -> None:
    notify(
        aws,
        "driftloop: a retraining was requested for an unknown model",
        deduplication_id=deduplication_id(
            models.names.environment, "unknown model notification", event_id
        ),
        what=f"A retraining of {quoted(name)} was requested, and nothing was started.",
        why=models.unknown_model(name),
        next_step="Request the retraining again with the name of a model in driftloop.yaml.",
    )
