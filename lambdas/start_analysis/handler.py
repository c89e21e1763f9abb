"""Starts the analysis of the window that has just closed: once, however often it is asked."""

import json
from typing import Any

from aws_lambda_powertools import Logger

from driftloop.contract.resource_names import execution_name
from driftloop.window import Window, format_time, parse_time
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.fleet import load_models

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """``{"model", "scheduled_time", "revision"?}`` to one execution of the state machine."""
    name = event["model"]
    model = load_models(aws).model(name)
    as_of = parse_time(event["scheduled_time"])
    revision = int(event.get("revision", 0))
    window = Window.analyzed_at(as_of, hours=model.monitoring.window_hours)
    work = {
        "model": name,
        "window": window.to_dict(),
        "revision": revision,
        "as_of": format_time(as_of),
    }
    execution = execution_name(name, window.label, revision)
    started = _start(aws, execution, work)
    logger.info("analysis asked for", execution=execution, started=started)
    return {"execution": execution, "started": started}


def _start(aws: AwsClients, execution: str, work: dict[str, Any]) -> bool:
    client = aws.client("stepfunctions")
    try:
        client.start_execution(
            stateMachineArn=aws.setting("ANALYSIS_STATE_MACHINE_ARN"),
            name=execution,
            input=json.dumps(work, sort_keys=True),
        )
    except client.exceptions.ExecutionAlreadyExists:
        return False
    return True
