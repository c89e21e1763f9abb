"""Starting the run that a lease stands for: the same lease starts the same run, however often."""

from typing import Any

from lambdas.aws.ledger import Condition, ConflictError, Update
from lambdas.gate.room import ModelContext


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
