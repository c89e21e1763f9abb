"""Invokes three functions for every model once an hour, in case an event was lost."""

from typing import Any

import msgspec
from aws_lambda_powertools import Logger

from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import (
    MissedWindowsCheck,
    ReconcileSchedule,
    ReleaseCheck,
    RetrainingSchedule,
)
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.fleet import load_models

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Invoke release, gate and start_analysis for each model, for a :class:`ReconcileSchedule`.

    The invocations are asynchronous: what fails for one model does not stop the others.
    """
    time = decode_payload(ReconcileSchedule, event).scheduled_time
    models = sorted(load_models(aws).fleet.config.models)
    for model in models:
        _invoke(aws, "RELEASE_FUNCTION", ReleaseCheck(model=model, as_of=time))
        _invoke(aws, "GATE_FUNCTION", RetrainingSchedule(model=model, scheduled_time=time))
        check = MissedWindowsCheck(model=model, as_of=time)
        _invoke(aws, "START_ANALYSIS_FUNCTION", check)
    logger.info("invoked release, gate and start_analysis", models=len(models))
    return {"models": models}


def _invoke(aws: AwsClients, function: str, payload: msgspec.Struct) -> None:
    aws.client("lambda").invoke(
        FunctionName=aws.setting(function),
        InvocationType="Event",
        Payload=msgspec.json.encode(payload),
    )
