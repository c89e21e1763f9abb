"""Starts the analysis of the last complete window: once, however often it is invoked."""

from typing import Any

import msgspec
from aws_lambda_powertools import Logger

from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import AnalysisInput, AnalysisSchedule
from driftloop.contract.resource_names import execution_name
from driftloop.window import Window
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.fleet import load_models

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Start one execution of the analysis state machine for an :class:`AnalysisSchedule`.

    The schedule of a model that was removed from driftloop.yaml starts nothing: its stack
    keeps invoking this function until a person deletes it.
    """
    schedule = decode_payload(AnalysisSchedule, event)
    model, as_of = schedule.model, schedule.scheduled_time
    models = load_models(aws)
    if not models.has_model(model):
        logger.warning(models.unknown_model(model))
        return {"execution": None, "started": False}
    hours = models.model(model).monitoring.window_hours
    window = Window.analyzed_at(as_of, hours=hours)
    execution = execution_name(model, window.label, schedule.revision)
    analysis = AnalysisInput(model=model, window=window, revision=schedule.revision, as_of=as_of)
    started = _start(aws, execution, analysis)
    logger.info("analysis requested", execution=execution, started=started)
    return {"execution": execution, "started": started}


def _start(aws: AwsClients, execution: str, analysis: AnalysisInput) -> bool:
    client = aws.client("stepfunctions")
    try:
        client.start_execution(
            stateMachineArn=aws.setting("ANALYSIS_STATE_MACHINE_ARN"),
            name=execution,
            input=msgspec.json.encode(analysis).decode(),
        )
    except client.exceptions.ExecutionAlreadyExists:
        return False
    return True
