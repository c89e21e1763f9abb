"""The one that changes the endpoint: an approved version goes out, once per approval."""

from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import load_models
from lambdas.release.actions import run
from lambdas.release.approvals import record_approval, record_missed_approvals
from lambdas.release.events import parse_event
from lambdas.release.state import read_settings

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Any event of the subjects' table: an event says "look", never what there is to see."""
    models = load_models(aws)
    subject = parse_event(event, models)
    if subject.model is None:
        logger.info("of no model of this fleet")
        return {"model": None, "actions": []}
    context = ModelContext.load(aws, models, subject.model, subject.as_of)
    settings = read_settings(context)
    if settings is None:
        logger.info("the model's stack is not deployed", model=subject.model)
        return {"model": subject.model, "actions": []}
    if subject.package is not None:
        record_approval(context, subject.package)
    elif subject.reconcile:
        record_missed_approvals(context)
    actions = run(context, settings, subject.event, reconcile=subject.reconcile)
    logger.info("done", model=subject.model, actions=actions)
    return {"model": subject.model, "actions": actions}
