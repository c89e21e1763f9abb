"""Once an hour: lets release and gate look after what a lost event may have left open."""

import json
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.fleet import load_models

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """``{"scheduled_time"}`` to one asynchronous call of release and of gate per model."""
    now = event["scheduled_time"]
    models = sorted(load_models(aws).fleet.config.models)
    for model in models:
        _ask(aws, "RELEASE_FUNCTION", {"source": "driftloop.reconcile", "model": model, "now": now})
        schedule = {"source": "driftloop.schedule", "model": model, "scheduled_time": now}
        _ask(aws, "GATE_FUNCTION", schedule)
    logger.info("asked release and gate", models=len(models))
    return {"models": models}


def _ask(aws: AwsClients, function: str, payload: dict[str, Any]) -> None:
    aws.client("lambda").invoke(
        FunctionName=aws.setting(function),
        InvocationType="Event",
        Payload=json.dumps(payload, sort_keys=True).encode(),
    )
