"""The state of one pipeline execution and its steps, and the events of their changes."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from driftloop.window import format_time
from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.pipelines.jobs import StoppableProcess
from rehearsal.sagemaker.protocols import Body

STATUS_CHANGE = "SageMaker Model Building Pipeline Execution Status Change"
STEP_CHANGE = "SageMaker Model Building Pipeline Execution Step Status Change"


@dataclass(slots=True)
class StepState:
    """A step that has started."""

    name: str
    kind: str
    started: datetime
    status: str = "Executing"
    ended: datetime | None = None
    failure: str | None = None
    metadata: Body = field(default_factory=dict)


@dataclass(slots=True)
class ExecutionState:
    """A pipeline execution: its definition, parameters and progress."""

    arn: str
    identity: str
    pipeline_arn: str
    pipeline_name: str
    role_arn: str
    definition_text: str
    parameters: dict[str, Any]
    request: Body
    started: datetime
    modified: datetime
    status: str = "Executing"
    previous: str | None = None
    ended: datetime | None = None
    failure: str | None = None
    steps: list[StepState] = field(default_factory=list)
    process: StoppableProcess = field(default_factory=StoppableProcess)
    done: threading.Event = field(default_factory=threading.Event)


def announce_execution(context: SageMakerContext, execution: ExecutionState) -> None:
    """Send ``SageMaker Model Building Pipeline Execution Status Change``."""
    detail: Body = {
        "pipelineExecutionDisplayName": execution.request.get("PipelineExecutionDisplayName"),
        "pipelineExecutionDescription": execution.request.get("PipelineExecutionDescription"),
        "currentPipelineExecutionStatus": execution.status,
        "previousPipelineExecutionStatus": execution.previous,
        "executionStartTime": format_time(execution.started),
        "executionEndTime": format_time(execution.ended) if execution.ended else None,
        "pipelineArn": execution.pipeline_arn,
        "pipelineExecutionArn": execution.arn,
    }
    present = {key: value for key, value in detail.items() if value is not None}
    context.announce(STATUS_CHANGE, present, execution.pipeline_arn, execution.arn)


def change_status(context: SageMakerContext, execution: ExecutionState, status: str) -> None:
    """Set the execution's status and send its event. Call it within a change."""
    execution.previous, execution.status = execution.status, status
    execution.modified = context.now()
    if status in {"Succeeded", "Failed", "Stopped"}:
        execution.ended = execution.modified
    announce_execution(context, execution)


def announce_step(
    context: SageMakerContext, execution: ExecutionState, step: StepState, previous: str | None
) -> None:
    """Send ``SageMaker Model Building Pipeline Execution Step Status Change``."""
    detail: Body = {
        "stepName": step.name,
        "stepType": step.kind,
        "stepStartTime": format_time(step.started),
        "stepEndTime": format_time(step.ended) if step.ended else None,
        "previousStepStatus": previous,
        "currentStepStatus": step.status,
        "failureReason": step.failure,
        "pipelineArn": execution.pipeline_arn,
        "pipelineExecutionArn": execution.arn,
    }
    present = {key: value for key, value in detail.items() if value is not None}
    context.announce(STEP_CHANGE, present, execution.arn)
