"""One run in flight: the lease, checked against the pipeline itself, and how a run ended.

A lost event must not block for ever, and a function may die between writing the lease down and
starting the run: both are healed whenever the gate is asked anything.

Starting the run that a lease stands for: the same lease starts the same run, however often.
"""

from typing import Any

from driftloop.contract.cloudwatch_metrics import CHALLENGER_REJECTED, RETRAINING_FAILED
from driftloop.window import format_time
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import Condition, ConflictError, Delete, Put, Update
from lambdas.aws.publishing import notify, put_metrics

LEASE = "LEASE"
ENDED = frozenset({"Succeeded", "Failed", "Stopped"})
_REJECT_STEP = "RejectChallenger"


def reconcile_lease(context: ModelContext) -> None:
    """Start the run that the lease promises, or close it where it has ended."""
    lease = context.ledger.get(LEASE)
    if lease is None:
        return
    execution = lease.get("execution_arn") or start_run(context, lease)
    run = context.aws.client("sagemaker").describe_pipeline_execution(
        PipelineExecutionArn=execution
    )
    if run["PipelineExecutionStatus"] in ENDED:
        record_execution_outcome(context, execution, run["PipelineExecutionStatus"])


def record_execution_outcome(context: ModelContext, execution: str, status: str) -> None:
    """Write down how a run ended, tell people, give the lease back; once per run."""
    key = f"RUN#{execution.rpartition('/')[2]}"
    if context.ledger.get(key) is None:
        outcome, why = _outcome(context, execution, status)
        _publish(context, outcome, why, execution)
        record = {
            "outcome": outcome,
            "why": why,
            "execution_arn": execution,
            "finished": format_time(context.as_of),
        }
        try:
            context.ledger.write(Put(key, record, Condition(absent=True)))
        except ConflictError:
            return
    _give_back(context, execution)


def _give_back(context: ModelContext, execution: str) -> None:
    lease = context.ledger.get(LEASE)
    if lease is None or lease.get("execution_arn", execution) != execution:
        return
    if "execution_arn" not in lease and start_run(context, lease) != execution:
        return
    try:
        context.ledger.write(Delete(LEASE, Condition(equals={"decision_id": lease["decision_id"]})))
    except ConflictError:
        return


def _outcome(context: ModelContext, execution: str, status: str) -> tuple[str, str]:
    """A failed step named ``RejectChallenger`` is the evaluation's "no", not a failure."""
    if status != "Failed":
        return status.lower(), f"The run {status.lower()}."
    failed = [step for step in _steps(context, execution) if step["StepStatus"] == "Failed"]
    for step in failed:
        if step["StepName"] == _REJECT_STEP:
            return "refused", step.get("FailureReason", "The evaluation gave no reason.")
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


def _publish(context: ModelContext, outcome: str, why: str, execution: str) -> None:
    if outcome == "refused":
        put_metrics(context.aws, context.name, {CHALLENGER_REJECTED: 1})
        notify(
            context.aws,
            f"driftloop: a challenger of {context.name} was refused",
            what=f"The run {execution} trained a challenger that is not good enough.",
            why=why,
            next_step="Nothing has to be done: the champion serves on. Look at the evaluation"
            " beside the run if this repeats; the drift may be one that training can't cure.",
        )
    elif outcome == "failed":
        put_metrics(context.aws, context.name, {RETRAINING_FAILED: 1})
        notify(
            context.aws,
            f"driftloop: the retraining of {context.name} failed",
            what=f"The run {execution} ended in an error. The champion serves on.",
            why=why,
            next_step="Look at the failed step's log, mend the cause, and ask for a retraining"
            " (event `Retraining Requested`).",
        )
    elif outcome == "stopped":
        notify(
            context.aws,
            f"driftloop: the retraining of {context.name} was stopped",
            what=f"The run {execution} was stopped. The champion serves on.",
            why="Somebody stopped it.",
            next_step="Ask for a retraining when it should run again.",
        )


def start_run(context: ModelContext, lease: dict[str, Any]) -> str:
    """StartPipelineExecution with the lease's token and parameters; gives the run's ARN."""
    answer = context.aws.client("sagemaker").start_pipeline_execution(
        PipelineName=context.resource,
        PipelineExecutionDisplayName=f"driftloop-{lease['decision_id']}",
        PipelineExecutionDescription=lease["parameters"]["Reason"],
        PipelineParameters=[
            {"Name": name, "Value": value} for name, value in lease["parameters"].items()
        ],
        ClientRequestToken=lease["token"],
    )
    execution = str(answer["PipelineExecutionArn"])
    ours = Condition(equals={"decision_id": lease["decision_id"]})
    try:
        context.ledger.write(Update("LEASE", {"execution_arn": execution}, condition=ours))
    except ConflictError:
        # The run has ended meanwhile and its lease is given back: there is nothing to note down.
        return execution
    return execution
