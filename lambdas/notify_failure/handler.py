"""Reports a failed analysis: publishes the metric of its alarm, and sends a notification."""

from typing import Any

from aws_lambda_powertools import Logger

from driftloop.contract.cloudwatch_metrics import ANALYSIS_FAILED
from driftloop.contract.deduplication import deduplication_id
from driftloop.contract.events import decode_payload
from driftloop.contract.payloads import AnalysisInput, ExecutionError, FailedAnalysis
from driftloop.contract.resource_names import execution_name
from driftloop.untrusted_text import quoted, unlinked
from driftloop.window import format_time
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.publishing import notify, put_metrics
from lambdas.aws.transient_errors import named_transient_errors

logger = Logger()

_UNUSABLE_BASELINE = "UnusableBaselineError"
"""The error of detect, of which only the name arrives here."""

_MAX_CAUSE_LENGTH = 2000
"""Characters of the cause in a notification: a stack trace's end is in the execution."""


@named_transient_errors
def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """Report a :class:`FailedAnalysis`."""
    failed = decode_payload(FailedAnalysis, event)
    logger.error("analysis failed", input=event["input"], error=event["error"])
    put_metrics(aws, failed.input.model, {ANALYSIS_FAILED: 1})
    _notify(aws, failed.input, failed)
    return {"model": failed.input.model, "published": ANALYSIS_FAILED.name}


def _notify(aws: AwsClients, analysis: AnalysisInput, failed: FailedAnalysis) -> None:
    window = analysis.window
    notify(
        aws,
        f"driftloop: the analysis of {analysis.model} failed",
        deduplication_id=deduplication_id(
            aws.setting("DRIFTLOOP_ENVIRONMENT"),
            "failure notification",
            analysis.model,
            window.label,
            analysis.revision,
            failed.failed_at,
        ),
        what=f"The window {format_time(window.start)} to {format_time(window.end)} of"
        f" {analysis.model} was not analyzed.",
        why=f"{unlinked(failed.error.error)}: {quoted(failed.error.cause, _MAX_CAUSE_LENGTH)}",
        next_step=f"{_next_step(analysis, failed.error)}\n\n"
        "No captured record is lost: the window can be analyzed at any time.",
    )


def _next_step(analysis: AnalysisInput, error: ExecutionError) -> str:
    if error.error == _UNUSABLE_BASELINE:
        return (
            "Fix the cause, then analyze the window with a new revision: see a version"
            " that can't be analyzed in the runbook. A redrive does not read the records that were"
            " skipped."
        )
    execution = execution_name(analysis.model, analysis.window.label, analysis.revision)
    return (
        f"Fix the cause, then redrive the failed execution {execution} in Step Functions:"
        "\n\n    aws stepfunctions redrive-execution --execution-arn EXECUTION_ARN"
    )
