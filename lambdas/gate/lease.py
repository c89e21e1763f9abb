"""The lease allows one pipeline execution at a time; it is checked against the pipeline itself.

An event may be lost, and a function may fail between recording the lease and starting the
execution. Both are repaired whenever the gate is invoked.
"""

from typing import Any

from boto3.dynamodb.conditions import Attr

from driftloop.contract.cloudwatch_metrics import CHALLENGER_REJECTED, RETRAINING_FAILED
from driftloop.contract.ledger_items import ExecutionItem, LeaseItem
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Delete, Put, Update
from lambdas.aws.publishing import notify, put_metrics

TERMINAL_STATUSES = frozenset({"Succeeded", "Failed", "Stopped"})
"""Statuses of a pipeline execution that has ended."""

_REJECT_STEP = "RejectChallenger"
_REQUEST_COMMAND = """aws events put-events --entries '[{{"Source": "driftloop", \
"DetailType": "Retraining Requested", "Detail": \
"{{\\"environment\\": \\"{environment}\\", \\"model\\": \\"{model}\\", \
\\"reason\\": \\"…\\", \\"requested_by\\": \\"…\\"}}"}}]'"""


def reconcile_lease(context: ModelContext) -> None:
    """Start the execution that the lease is for, or record its outcome if it has ended."""
    lease = context.ledger.get(LeaseItem)
    if lease is None:
        return
    execution = lease.execution_arn or start_execution(context, lease)
    found = context.aws.client("sagemaker").describe_pipeline_execution(
        PipelineExecutionArn=execution
    )
    if found["PipelineExecutionStatus"] in TERMINAL_STATUSES:
        record_execution_outcome(context, execution, found["PipelineExecutionStatus"])


def start_execution(context: ModelContext, lease: LeaseItem) -> str:
    """Start the pipeline with the lease's parameters, and return the execution's ARN.

    The lease's client request token makes repeated calls start the same execution.
    """
    response = context.aws.client("sagemaker").start_pipeline_execution(
        PipelineName=context.resource,
        PipelineExecutionDisplayName=f"driftloop-{lease.decision_id}",
        PipelineExecutionDescription=lease.parameters["Reason"],
        PipelineParameters=[
            {"Name": name, "Value": value} for name, value in lease.parameters.items()
        ],
        ClientRequestToken=lease.client_request_token,
    )
    execution = str(response["PipelineExecutionArn"])
    same = Attr("decision_id").eq(lease.decision_id)
    try:
        context.ledger.write(Update(LeaseItem, (), {"execution_arn": execution}, condition=same))
    except ConflictError:
        # The execution has ended and its lease is released: there is nothing to record.
        return execution
    return execution


def record_execution_outcome(context: ModelContext, execution: str, status: str) -> None:
    """Record how an execution ended, notify, and release the lease; once per execution."""
    execution_id = execution.rpartition("/")[2]
    if context.ledger.get(ExecutionItem, execution_id) is None:
        outcome, reason = _outcome(context, execution, status)
        _publish(context, outcome, reason, execution)
        item = ExecutionItem(
            execution_id=execution_id,
            execution_arn=execution,
            outcome=outcome,
            ended_at=context.as_of,
            failure_reason=reason or None,
        )
        try:
            context.ledger.write(Put(item, ITEM_ABSENT))
        except ConflictError:
            return
    _release_lease(context, execution)


def _release_lease(context: ModelContext, execution: str) -> None:
    lease = context.ledger.get(LeaseItem)
    if lease is None or (lease.execution_arn or start_execution(context, lease)) != execution:
        return
    same = Attr("decision_id").eq(lease.decision_id)
    try:
        context.ledger.write(Delete(LeaseItem, condition=same))
    except ConflictError:
        return


def _outcome(context: ModelContext, execution: str, status: str) -> tuple[str, str]:
    """The outcome and its reason; a failed reject step is evaluation's decision, no failure."""
    if status != "Failed":
        return status.lower(), ""
    failed = [step for step in _steps(context, execution) if step["StepStatus"] == "Failed"]
    for step in failed:
        if step["StepName"] == _REJECT_STEP:
            return "rejected", step.get("FailureReason", "The evaluation gave no reason.")
    reasons = [f"{s['StepName']}: {s.get('FailureReason', 'no reason given')}" for s in failed]
    return "failed", "; ".join(reasons) or "No step gave a reason."


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


def _publish(context: ModelContext, outcome: str, reason: str, execution: str) -> None:
    request = _REQUEST_COMMAND.format(environment=context.environment, model=context.name)
    if outcome == "rejected":
        put_metrics(context.aws, context.name, {CHALLENGER_REJECTED: 1})
        notify(
            context.aws,
            f"driftloop: a challenger of {context.name} was rejected",
            what=f"The pipeline execution {execution} trained a challenger, and evaluation"
            " rejected it. The champion keeps serving.",
            why=reason,
            next_step="No action needed. If this repeats, read evaluation.json of the execution:"
            " training on recent data may not be able to remove this drift.",
        )
    elif outcome == "failed":
        put_metrics(context.aws, context.name, {RETRAINING_FAILED: 1})
        notify(
            context.aws,
            f"driftloop: the retraining of {context.name} failed",
            what=f"The pipeline execution {execution} failed. The champion keeps serving.",
            why=reason,
            next_step="Fix the cause shown in the failed step's log, then request a retraining:"
            f"\n\n    {request}\n",
        )
    elif outcome == "stopped":
        notify(
            context.aws,
            f"driftloop: the retraining of {context.name} was stopped",
            what=f"The pipeline execution {execution} was stopped. The champion keeps serving.",
            why="A person or another program called StopPipelineExecution.",
            next_step=f"Request a retraining when it should run again:\n\n    {request}\n",
        )
