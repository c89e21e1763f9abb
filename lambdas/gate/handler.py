"""The gate: the one function that may start a retraining, whatever requests it."""

from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import load_models
from lambdas.gate.decide import decide_once
from lambdas.gate.lease import reconcile_lease
from lambdas.gate.triggers import find_trigger

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Read any event of the table of triggers; return the decision that it led to, if any."""
    models = load_models(aws)
    trigger = find_trigger(event)
    received = trigger.read(event)
    name = trigger.model(received.detail, models)
    if name is None:
        logger.info("the event belongs to no model of this fleet", kind=trigger.kind)
        return {"decision": None}
    context = ModelContext.load(aws, models, name, received.time)
    if not trigger.is_terminal:
        reconcile_lease(context)
    request = trigger.request(received, context)
    if request is None:
        return {"model": name, "decision": None}
    decision = decide_once(context, request)
    logger.info("decided", **decision)
    return decision
