"""Starts analyses: of the last complete window on schedule, and of windows that were missed.

Each is started once, however often this function is invoked. The check of missed windows also
measures for how long the champion has had no verdict.
"""

from typing import Any

from aws_lambda_powertools import Logger

from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import AnalysisSchedule, MissedWindowsCheck
from driftloop.window import Window
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.context import ModelContext
from lambdas.aws.fleet import load_models
from lambdas.aws.model_stack import is_deployed
from lambdas.start_analysis.execution import Execution
from lambdas.start_analysis.missed_windows import start_missed_windows
from lambdas.start_analysis.missing_verdict import check_verdict
from lambdas.start_analysis.removed_model import notify_of_removed_model

logger = Logger()


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Start executions for an :class:`AnalysisSchedule` or a :class:`MissedWindowsCheck`.

    The schedule of a model that was removed from driftloop.yaml starts nothing: its stack
    keeps invoking this function until a person deletes it, and people are notified of it.
    """
    if event.get("source") == MissedWindowsCheck.SOURCE:
        return _start_missed(decode_payload(MissedWindowsCheck, event), aws)
    return _start_scheduled(decode_payload(AnalysisSchedule, event), aws)


def _start_scheduled(schedule: AnalysisSchedule, aws: AwsClients) -> dict[str, Any]:
    model, as_of = schedule.model, schedule.scheduled_time
    models = load_models(aws)
    if not models.has_model(model):
        notify_of_removed_model(aws, models, model, as_of)
        return {"execution": None, "started": False}
    hours = models.model(model).monitoring.window_hours
    window = Window.analyzed_at(as_of, hours=hours)
    execution = Execution(aws, model, window, schedule.revision)
    started = execution.start(as_of)
    logger.info("analysis requested", execution=execution.name, started=started)
    return {"execution": execution.name, "started": started}


def _start_missed(check: MissedWindowsCheck, aws: AwsClients) -> dict[str, Any]:
    models = load_models(aws)
    if not models.has_model(check.model):
        logger.warning(models.unknown_model(check.model))
        return {"started": [], "given_up": []}
    context = ModelContext.load(aws, models, check.model, check.as_of)
    if not is_deployed(aws, models, check.model):
        return {"started": [], "given_up": []}
    try:
        outcome = start_missed_windows(context)
    finally:  # windows that can't be started are the reason for a missing verdict
        missing = check_verdict(context)
    logger.info(
        "missed windows",
        model=check.model,
        cause_of_missing_verdict=missing.cause if missing else None,
        **outcome,
    )
    return outcome
