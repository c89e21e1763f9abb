"""The one place that may start a retraining, whatever asks for it."""

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
    """Any event of the triggers' table to the decision it led to, if it asked for one."""
    models = load_models(aws)
    trigger = find_trigger(event)
    name = trigger.model(event, models)
    if name is None:
        logger.info("of no model of this fleet", kind=trigger.kind)
        return {"decision": None}
    context = ModelContext.load(aws, models, name, trigger.time(event))
    if not trigger.is_terminal:
        reconcile_lease(context)
    ask = trigger.request(event, context)
    if ask is None:
        return {"model": name, "decision": None}
    decision = decide_once(context, ask)
    logger.info("decided", **decision)
    return decision
