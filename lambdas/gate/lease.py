"""The lease allows one pipeline execution at a time; it is checked against the pipeline itself.

An event may be lost, and a function may fail between recording the lease and starting the
execution. Both are repaired whenever the gate is invoked. The lease always has an end: a start
that SageMaker refuses, or that was not possible for hours, closes the decision; an execution that
no longer exists has ended; one that runs beyond its steps' limits raises an alarm.

Before a decision is closed the pipeline's executions are looked up: an attempt whose answer was
lost may have started it.
"""

from datetime import timedelta

import msgspec
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from driftloop.contract.cloudwatch_metrics import RETRAINING_OVERDUE
from driftloop.contract.ledger_items import DecisionItem, ExecutionItem, LeaseItem
from driftloop.retraining.execution_time import max_execution_time
from driftloop.untrusted_text import single_line
from driftloop.window import format_time
from lambdas.aws.context import ModelContext
from lambdas.aws.errors import is_refusal
from lambdas.aws.ledger import ITEM_ABSENT, ITEM_PRESENT, ConflictError, Delete, Put, Update
from lambdas.aws.publishing import notify, put_metrics
from lambdas.gate.execution_outcome import LOST, publish_outcome, read_outcome
from lambdas.gate.publish_decision import publish_decision
from lambdas.gate.training_sources import write_training_sources

TERMINAL_STATUSES = frozenset({"Succeeded", "Failed", "Stopped"})
"""Statuses of a pipeline execution that has ended."""

MAX_START_AGE = timedelta(hours=2)
"""Age at which a decision is not carried out any more: its training data would be out of date.

Lambda tries an event again for minutes, and reconcile invokes the gate once an hour.
"""

_MAX_REASON_LENGTH = 500
_CLOCK_TOLERANCE = timedelta(hours=1)
"""Between EventBridge's clock, which the decision has, and SageMaker's."""


def reconcile_lease(context: ModelContext) -> None:
    """Start and publish the execution that the lease is for, or record its outcome."""
    lease = context.ledger.get(LeaseItem)
    execution = started_execution(context, lease) if lease is not None else None
    if lease is None or execution is None:
        return
    _complete_decision(context, lease, execution)
    status = _execution_status(context, execution)
    if status in TERMINAL_STATUSES or status == LOST:
        record_execution_outcome(context, execution, status)
    elif context.as_of - lease.started_at > max_execution_time(context.settings.training):
        _report_overdue(context, lease, execution)


def started_execution(context: ModelContext, lease: LeaseItem) -> str | None:
    """The ARN of the lease's execution, which is started if it was not yet.

    Returns:
        None if the start is given up: SageMaker refuses it, or the decision is too old. The lease
        is released then, and the decision recorded as ``start_failed``.
    Raises:
        ClientError: The start failed with an error that passes.
    """
    if lease.execution_arn is not None:
        return lease.execution_arn
    if context.as_of - lease.started_at > MAX_START_AGE:
        hours = MAX_START_AGE // timedelta(hours=1)
        return _find_or_give_up(
            context,
            lease,
            f"The execution was not started within {hours} hours of the decision. The log of the"
            " function gate has the errors.",
        )
    # Not within the try: an error of the ledger or of S3 is no refusal by SageMaker. It is tried
    # again until the decision is too old.
    write_training_sources(context, lease)
    try:
        execution = _start_execution(context, lease)
    except ClientError as error:
        if not is_refusal(error):
            raise
        return _find_or_give_up(context, lease, single_line(str(error), _MAX_REASON_LENGTH))
    _record_execution(context, lease, execution)
    return execution


def _find_or_give_up(context: ModelContext, lease: LeaseItem, reason: str) -> str | None:
    """The execution that an earlier attempt started; otherwise close the decision."""
    execution = _find_execution(context, lease)
    if execution is None:
        _give_up(context, lease, reason)
        return None
    _record_execution(context, lease, execution)
    return execution


def _find_execution(context: ModelContext, lease: LeaseItem) -> str | None:
    """The execution with the lease's display name, among those since the decision.

    None as well if SageMaker refuses the call, as for a pipeline that was deleted.
    """
    client = context.aws.client("sagemaker")
    arguments = {
        "PipelineName": context.resource,
        "CreatedAfter": lease.started_at - _CLOCK_TOLERANCE,
    }
    try:
        while True:
            page = client.list_pipeline_executions(**arguments)
            for found in page["PipelineExecutionSummaries"]:
                if found.get("PipelineExecutionDisplayName") == _display_name(lease):
                    return str(found["PipelineExecutionArn"])
            if not page.get("NextToken"):
                return None
            arguments["NextToken"] = page["NextToken"]
    except ClientError as error:
        if not is_refusal(error):
            raise
        return None


def _display_name(lease: LeaseItem) -> str:
    return f"driftloop-{lease.decision_id}"


def _start_execution(context: ModelContext, lease: LeaseItem) -> str:
    """Start the pipeline with the lease's parameters, and return the execution's ARN.

    The lease's client request token makes repeated calls start the same execution.
    """
    response = context.aws.client("sagemaker").start_pipeline_execution(
        PipelineName=context.resource,
        PipelineExecutionDisplayName=_display_name(lease),
        PipelineExecutionDescription=lease.parameters["Reason"],
        PipelineParameters=[
            {"Name": name, "Value": value} for name, value in lease.parameters.items()
        ],
        ClientRequestToken=lease.client_request_token,
    )
    return str(response["PipelineExecutionArn"])


def _record_execution(context: ModelContext, lease: LeaseItem, execution: str) -> None:
    same = Attr("decision_id").eq(lease.decision_id)
    try:
        context.ledger.write(Update(LeaseItem, (), {"execution_arn": execution}, condition=same))
    except ConflictError:
        # The execution has ended and its lease is released: there is nothing to record.
        return


def _give_up(context: ModelContext, lease: LeaseItem, reason: str) -> None:
    """Close a decision whose execution was not started: publish it, then release the lease."""
    item = context.ledger.get(DecisionItem, lease.started_at, lease.decision_id)
    same = Attr("decision_id").eq(lease.decision_id) & Attr("execution_arn").not_exists()
    if item is None:
        # The decision has expired or was deleted: there is nothing to close but the lease.
        context.ledger.write(Delete(LeaseItem, condition=same))
        return
    failed = msgspec.structs.replace(item, decision="start_failed", failure_reason=reason)
    publish_decision(context, failed)
    closed = {"decision": failed.decision, "failure_reason": reason, "notified": True}
    try:
        context.ledger.write(
            Update(DecisionItem, item.key, closed, condition=ITEM_PRESENT),
            Delete(LeaseItem, condition=same),
        )
    except ConflictError:
        # Another delivery has closed the decision or started its execution.
        return


def _complete_decision(context: ModelContext, lease: LeaseItem, execution: str) -> None:
    """Publish a decision whose own deliveries failed between its record and its publication."""
    item = context.ledger.get(DecisionItem, lease.started_at, lease.decision_id)
    if item is None or item.notified:
        return
    publish_decision(context, msgspec.structs.replace(item, execution_arn=execution))
    done = {"execution_arn": execution, "notified": True}
    try:
        context.ledger.write(Update(DecisionItem, item.key, done, condition=ITEM_PRESENT))
    except ConflictError:
        # Another delivery has published the decision, too: with the same ID.
        return


def _execution_status(context: ModelContext, execution: str) -> str:
    """The execution's status, or :data:`LOST`.

    Its pipeline was deleted, and perhaps created anew, or its history has expired. Source:
    SageMaker API reference, DescribePipelineExecution, errors.
    """
    try:
        found = context.aws.client("sagemaker").describe_pipeline_execution(
            PipelineExecutionArn=execution
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFound":
            raise
        return LOST
    return str(found["PipelineExecutionStatus"])


def _report_overdue(context: ModelContext, lease: LeaseItem, execution: str) -> None:
    """Publish the metric each time, and notify once."""
    put_metrics(context.aws, context.name, {RETRAINING_OVERDUE: 1})
    if lease.overdue_notified:
        return
    hours = max_execution_time(context.settings.training) / timedelta(hours=1)
    notify(
        context.aws,
        f"driftloop: the retraining of {context.name} does not end",
        deduplication_id=context.deduplication_id("overdue notification", execution),
        what=f"The pipeline execution {execution} was started at {format_time(lease.started_at)}"
        " and has not ended. No other retraining starts before it has.",
        why=f"With all retries its steps take at most {hours:.0f} hours.",
        next_step="Look at its steps in SageMaker. If one hangs, stop the execution:\n\n"
        f"    aws sagemaker stop-pipeline-execution --pipeline-execution-arn {execution}\n",
    )
    same = Attr("decision_id").eq(lease.decision_id)
    try:
        context.ledger.write(Update(LeaseItem, (), {"overdue_notified": True}, condition=same))
    except ConflictError:
        # The execution has ended in the meantime.
        return


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
    if lease is None or started_execution(context, lease) != execution:
        return
    same = Attr("decision_id").eq(lease.decision_id)
    try:
        context.ledger.write(Delete(LeaseItem, condition=same))
    except ConflictError:
        return
