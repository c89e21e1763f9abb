"""Invokes release and gate for every model once an hour, in case an event was lost."""

import json
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.fleet import load_models

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """``{"scheduled_time"}`` to one asynchronous invocation of release and of gate per model."""
    scheduled = event["scheduled_time"]
    models = sorted(load_models(aws).fleet.config.models)
    for model in models:
        release = {"source": "driftloop.reconcile", "model": model, "as_of": scheduled}
        gate = {"source": "driftloop.schedule", "model": model, "scheduled_time": scheduled}
        _invoke(aws, "RELEASE_FUNCTION", release)
        _invoke(aws, "GATE_FUNCTION", gate)
    logger.info("invoked release and gate", models=len(models))
    return {"models": models}


def _invoke(aws: AwsClients, function: str, payload: dict[str, Any]) -> None:
    aws.client("lambda").invoke(
        FunctionName=aws.setting(function),
        InvocationType="Event",
        Payload=json.dumps(payload, sort_keys=True).encode(),
    )
