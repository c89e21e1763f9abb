"""Invokes release and gate for every model once an hour, in case an event was lost."""

from typing import Any

import msgspec
from aws_lambda_powertools import Logger

from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import ReconcileSchedule, ReleaseCheck, RetrainingSchedule
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.fleet import load_models

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Invoke release and gate asynchronously, once per model, for a :class:`ReconcileSchedule`."""
    time = decode_payload(ReconcileSchedule, event).scheduled_time
    models = sorted(load_models(aws).fleet.config.models)
    for model in models:
        _invoke(aws, "RELEASE_FUNCTION", ReleaseCheck(model=model, as_of=time))
        _invoke(aws, "GATE_FUNCTION", RetrainingSchedule(model=model, scheduled_time=time))
    logger.info("invoked release and gate", models=len(models))
    return {"models": models}


def _invoke(aws: AwsClients, function: str, payload: msgspec.Struct) -> None:
    aws.client("lambda").invoke(
        FunctionName=aws.setting(function),
        InvocationType="Event",
        Payload=msgspec.json.encode(payload),
    )
