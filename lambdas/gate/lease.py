"""The lease allows one pipeline execution at a time; it is checked against the pipeline itself.

An event may be lost, and a function may fail between recording the lease and starting the
execution. Both are repaired whenever the gate is invoked.
"""

from boto3.dynamodb.conditions import Attr

from driftloop.contract.ledger_items import ExecutionItem, LeaseItem
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Delete, Put, Update
from lambdas.gate.execution_outcome import publish_outcome, read_outcome

TERMINAL_STATUSES = frozenset({"Succeeded", "Failed", "Stopped"})
"""Statuses of a pipeline execution that has ended."""


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
        ended = read_outcome(context, execution, status)
        publish_outcome(context, ended, execution)
        item = ExecutionItem(
            execution_id=execution_id,
            execution_arn=execution,
            outcome=ended.outcome,
            ended_at=context.as_of,
            failure_reason=ended.reason or None,
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
