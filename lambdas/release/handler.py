"""Release: the one function that updates the endpoint, once per approval."""

from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import load_models
from lambdas.release.actions import Delivery, run
from lambdas.release.approvals import record_approval, record_missed_approvals
from lambdas.release.events import parse_event
from lambdas.release.missing_endpoint import record_missing_endpoint
from lambdas.release.state import read_settings

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Carry out what the state requires; an event says that it may have changed, not how."""
    models = load_models(aws)
    received = parse_event(event, models)
    if received.model is None:
        logger.warning(
            f"{received.resource} belongs to no model of driftloop.yaml. If its model was removed,"
            " delete the model's stack. A release in progress is not completed: delete its alarms,"
            " whose names begin with the endpoint's"
        )
        return {"model": None, "actions": []}
    if not models.has_model(received.model):
        logger.warning(models.unknown_model(received.model))
        return {"model": received.model, "actions": []}
    context = ModelContext.load(aws, models, received.model, received.as_of)
    settings = read_settings(context)
    if settings is None:
        # Stacks are deleted with the serving parameter, so this may be the only look at it.
        record_missing_endpoint(context)
        logger.info("the model's stack is not deployed", model=received.model)
        return {"model": received.model, "actions": []}
    try:
        if received.model_package is not None:
            record_approval(context, received.model_package)
        elif received.reconcile:
            record_missed_approvals(context)
    finally:  # a package that can't be released does not block the others
        actions = run(context, settings, Delivery(received.event_id, received.reconcile))
    logger.info("done", model=received.model, actions=actions)
    return {"model": received.model, "actions": actions}
