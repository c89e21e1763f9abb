"""Says that an analysis has failed: the metric that its alarm watches, and a message."""

from typing import Any

from aws_lambda_powertools import Logger

from driftloop.contract.cloudwatch_metrics import ANALYSIS_FAILED
from lambdas.aws.clients import CLIENTS, AwsClients
from lambdas.aws.publishing import notify, put_metrics

logger = Logger()
_MAX_CAUSE_LENGTH = 2000


def handle(event: dict[str, Any], _context: object, aws: AwsClients = CLIENTS) -> dict[str, Any]:
    """``{"input": the execution's input, "error": {"Error", "Cause"}}``."""
    work, error = event["input"], event["error"]
    model, window = work["model"], work["window"]
    logger.error("analysis failed", model=model, window=window, error=error)
    put_metrics(aws, model, {ANALYSIS_FAILED: 1})
    notify(
        aws,
        f"driftloop: the analysis of {model} failed",
        what=f"The window {window['start']} to {window['end']} of {model} was not judged.",
        why=f"{error.get('Error', 'unknown')}: {str(error.get('Cause', ''))[:_MAX_CAUSE_LENGTH]}",
        next_step="Look at the execution in Step Functions, mend the cause, and redrive it there."
        " No captured record is lost: the window can be judged at any time.",
    )
    return {"model": model, "published": ANALYSIS_FAILED.name}
