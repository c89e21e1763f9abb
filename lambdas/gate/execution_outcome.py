"""How a pipeline execution ended, read from its steps, and the notification of it."""

from dataclasses import dataclass
from typing import Any

from driftloop.contract.cloudwatch_metrics import CHALLENGER_REJECTED, RETRAINING_FAILED
from driftloop.untrusted_text import quoted
from lambdas.aws.commands import approval_command
from lambdas.aws.context import ModelContext
from lambdas.aws.publishing import notify, put_metrics

_REGISTER_STEP, _DESCRIBE_STEP = "RegisterModel", "DescribeChallenger"
_REJECT_STEP = "RejectChallenger"
_MAX_REASON_LENGTH = 1_000
_REQUEST_COMMAND = """aws events put-events --entries '[{{"Source": "driftloop", \
"DetailType": "Retraining Requested", "Detail": \
"{{\\"environment\\": \\"{environment}\\", \\"model\\": \\"{model}\\", \
\\"reason\\": \\"…\\", \\"requested_by\\": \\"…\\"}}"}}]'"""


LOST = "Lost"
"""In the place of a status: SageMaker does not know the execution any more."""


@dataclass(frozen=True, slots=True)
class ExecutionOutcome:
    """``outcome`` is ``succeeded``, ``rejected``, ``failed``, ``stopped`` or ``lost``.

    ``reason`` is why it failed or was rejected. ``model_package_arn``, ``decision_summary`` and
    ``omitted_data`` are those of a registered challenger.
    """

    outcome: str
    reason: str = ""
    model_package_arn: str | None = None
    decision_summary: str = ""
    omitted_data: str = ""


def read_outcome(context: ModelContext, execution: str, status: str) -> ExecutionOutcome:
    """Read the outcome; a failed reject step is evaluation's decision, no failure."""
    if status not in {"Failed", "Succeeded"}:
        return ExecutionOutcome(status.lower())
    steps = _steps(context, execution)
    if status == "Succeeded":
        return _registered(steps)
    failed = [step for step in steps if step["StepStatus"] == "Failed"]
    for step in failed:
        if step["StepName"] == _REJECT_STEP:
            reason = _failure_reason(step, "The evaluation gave no reason.")
            return ExecutionOutcome("rejected", reason)
    reasons = [f"{s['StepName']}: {_failure_reason(s, 'no reason given')}" for s in failed]
    return ExecutionOutcome("failed", "; ".join(reasons) or "No step gave a reason.")


def publish_outcome(context: ModelContext, ended: ExecutionOutcome, execution: str) -> None:
    """Notify of the outcome, with the metric of a failure or a rejection."""
    request = _REQUEST_COMMAND.format(environment=context.environment, model=context.name)
    notification = _notification_id(context, execution)
    if ended.outcome == "rejected":
        put_metrics(context.aws, context.name, {CHALLENGER_REJECTED: 1})
        notify(
            context.aws,
            f"driftloop: a challenger of {context.name} was rejected",
            deduplication_id=notification,
            what=f"The pipeline execution {execution} trained a challenger, and evaluation"
            " rejected it. The champion keeps serving.",
            why=ended.reason,
            next_step="No action needed. If this repeats, read evaluation.json of the execution:"
            " training on recent data may not be able to remove this drift.",
        )
    elif ended.outcome == "failed":
        put_metrics(context.aws, context.name, {RETRAINING_FAILED: 1})
        notify(
            context.aws,
            f"driftloop: the retraining of {context.name} failed",
            deduplication_id=notification,
            what=f"The pipeline execution {execution} failed. The champion keeps serving.",
            why=ended.reason,
            next_step="Fix the cause shown in the failed step's log, then request a retraining:"
            f"\n\n    {request}\n",
        )
    elif ended.outcome == "stopped":
        notify(
            context.aws,
            f"driftloop: the retraining of {context.name} was stopped",
            deduplication_id=notification,
            what=f"The pipeline execution {execution} was stopped. The champion keeps serving.",
            why="A person or another program called StopPipelineExecution.",
            next_step=f"Request a retraining when it should run again:\n\n    {request}\n",
        )
    elif ended.outcome == "lost":
        put_metrics(context.aws, context.name, {RETRAINING_FAILED: 1})
        notify(
            context.aws,
            f"driftloop: a retraining of {context.name} is lost",
            deduplication_id=notification,
            what=f"SageMaker does not know the pipeline execution {execution} any more. It counts"
            " as ended, and the champion keeps serving.",
            why="Its pipeline was deleted, as with its stack, or its history has expired.",
            next_step=f"Request a retraining if it is still needed:\n\n    {request}\n",
        )
    elif ended.model_package_arn is not None:
        _notify_registered(context, ended, execution)


def _notify_registered(context: ModelContext, ended: ExecutionOutcome, execution: str) -> None:
    arn = str(ended.model_package_arn)
    version = arn.rpartition("/")[2]
    notify(
        context.aws,
        f"driftloop: version {version} of {context.name} waits for approval",
        deduplication_id=_notification_id(context, execution),
        what=f"The pipeline execution {execution} registered version {version} in the model"
        f" package group {context.resource}. Nothing is deployed before a person approves it.",
        why=f"The evaluation says: {ended.decision_summary}\n\nData that was not used:"
        f" {ended.omitted_data}",
        next_step="Read the version's metadata in the model registry, then approve or reject it"
        f" there, or with one of:\n\n    {approval_command(arn, 'Approved')}\n"
        f"    {approval_command(arn, 'Rejected')}\n",
    )


def _notification_id(context: ModelContext, execution: str) -> str:
    return context.deduplication_id("execution notification", execution)


def _registered(steps: list[dict[str, Any]]) -> ExecutionOutcome:
    """The challenger's ARN and the evaluation's sentences, from the steps' metadata.

    Source: SageMaker API reference, PipelineExecutionStepMetadata.
    """
    metadata = {step["StepName"]: step.get("Metadata", {}) for step in steps}
    arn = metadata.get(_REGISTER_STEP, {}).get("RegisterModel", {}).get("Arn")
    described = metadata.get(_DESCRIBE_STEP, {}).get("Lambda", {}).get("OutputParameters", [])
    outputs = {output["Name"]: output["Value"] for output in described}
    summary = quoted(outputs.get("decision_summary", "see the metadata of the version"))
    omitted = quoted(outputs.get("omitted_data", "see the metadata of the version"), 256)
    return ExecutionOutcome(
        "succeeded", model_package_arn=arn, decision_summary=summary, omitted_data=omitted
    )


def _failure_reason(step: dict[str, Any], absent: str) -> str:
    """The program of a step writes it, with values of the training data in it."""
    reason = step.get("FailureReason")
    return quoted(reason, _MAX_REASON_LENGTH) if reason else absent


def _steps(context: ModelContext, execution: str) -> list[dict[str, Any]]:
    client = context.aws.client("sagemaker")
    steps: list[dict[str, Any]] = []
    arguments: dict[str, Any] = {"PipelineExecutionArn": execution}
    while True:
        page = client.list_pipeline_execution_steps(**arguments)
        steps += page["PipelineExecutionSteps"]
        if not page.get("NextToken"):
            return steps
        arguments["NextToken"] = page["NextToken"]
