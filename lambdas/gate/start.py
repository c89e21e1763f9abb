"""Starting the run that a lease stands for: the same lease starts the same run, however often."""

from typing import Any

from lambdas.aws.ledger import Change, ConflictError, When
from lambdas.gate.room import Room


def start_run(room: Room, lease: dict[str, Any]) -> str:
    """StartPipelineExecution with the lease's token and parameters; gives the run's ARN."""
    answer = room.aws.client("sagemaker").start_pipeline_execution(
        PipelineName=room.resource,
        PipelineExecutionDisplayName=f"driftloop-{lease['decision_id']}",
        PipelineExecutionDescription=lease["parameters"]["Reason"],
        PipelineParameters=[
            {"Name": name, "Value": value} for name, value in lease["parameters"].items()
        ],
        ClientRequestToken=lease["token"],
    )
    execution = str(answer["PipelineExecutionArn"])
    ours = When(equals={"decision_id": lease["decision_id"]})
    try:
        room.ledger.write(Change("LEASE", {"execution_arn": execution}, when=ours))
    except ConflictError:
        # The run has ended meanwhile and its lease is given back: there is nothing to note down.
        return execution
    return execution
