"""The state of one run of a pipeline, and the events of its changes."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from driftloop.window import format_time
from rehearsal.sagemaker.context import Context
from rehearsal.sagemaker.pipelines.jobs import Stopper

Body = dict[str, Any]

STATUS_CHANGE = "SageMaker Model Building Pipeline Execution Status Change"
STEP_CHANGE = "SageMaker Model Building Pipeline Execution Step Status Change"


@dataclass(slots=True)
class Step:
    """A step that was begun."""

    name: str
    kind: str
    started: datetime
    status: str = "Executing"
    ended: datetime | None = None
    failure: str | None = None
    metadata: Body = field(default_factory=dict)


@dataclass(slots=True)
class Execution:
    """A run of a pipeline: what it was started with, and how far it is."""

    arn: str
    identity: str
    pipeline_arn: str
    pipeline_name: str
    definition_text: str
    parameters: dict[str, Any]
    request: Body
    started: datetime
    modified: datetime
    status: str = "Executing"
    previous: str | None = None
    ended: datetime | None = None
    failure: str | None = None
    steps: list[Step] = field(default_factory=list)
    stopper: Stopper = field(default_factory=Stopper)
    done: threading.Event = field(default_factory=threading.Event)


def announce(context: Context, execution: Execution) -> None:
    """Send the event of the execution's status."""
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


def change_status(context: Context, execution: Execution, status: str) -> None:
    """Move the execution to ``status``, and tell. Call within a change."""
    execution.previous, execution.status = execution.status, status
    execution.modified = context.now()
    if status in {"Succeeded", "Failed", "Stopped"}:
        execution.ended = execution.modified
    announce(context, execution)


def announce_step(context: Context, execution: Execution, step: Step, previous: str | None) -> None:
    """Send the event of a step's status."""
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
