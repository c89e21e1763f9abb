"""Pipeline executions: the APIs that start, stop, describe and list them."""

import hashlib
import threading
from collections.abc import Callable

from rehearsal.sagemaker.context import CREATOR, SageMakerContext
from rehearsal.sagemaker.errors import conflict_error, not_found_error
from rehearsal.sagemaker.pagination import paginate
from rehearsal.sagemaker.pipelines import definition
from rehearsal.sagemaker.pipelines.execution_state import (
    ExecutionState,
    StepState,
    announce_execution,
    change_status,
)
from rehearsal.sagemaker.pipelines.operations import Pipeline, Pipelines
from rehearsal.sagemaker.pipelines.runner import ExecutionRunner
from rehearsal.sagemaker.protocols import Body, Operations

MAX_STOP_SECONDS = 10.0
"""Seconds of real time that the end of the emulator waits for each execution."""


class Executions:
    """StartPipelineExecution and related APIs. ``create_runner`` creates an execution's runner."""

    def __init__(
        self,
        context: SageMakerContext,
        pipelines: Pipelines,
        create_runner: Callable[[ExecutionState], ExecutionRunner],
    ) -> None:
        self._context = context
        self._pipelines = pipelines
        self._create_runner = create_runner
        self._executions: dict[str, ExecutionState] = {}

    def operations(self) -> Operations:
        """Return the APIs of this class by name."""
        return {
            "StartPipelineExecution": self.start,
            "StopPipelineExecution": self.stop,
            "DescribePipelineExecution": self.describe_execution,
            "DescribePipelineDefinitionForExecution": self.describe_definition,
            "ListPipelineExecutions": self.list_executions,
            "ListPipelineExecutionSteps": self.list_steps,
            "ListPipelineParametersForExecution": self.list_parameters,
        }

    def start(self, body: Body) -> Body:
        """StartPipelineExecution; the same ClientRequestToken gives the same execution."""
        pipeline = self._pipelines.get_pipeline(body["PipelineName"])
        token = body["ClientRequestToken"]
        if token in pipeline.tokens:
            return {"PipelineExecutionArn": pipeline.tokens[token]}
        execution = self._new_execution(pipeline, body)
        runner = self._create_runner(execution)
        pipeline.tokens[token] = execution.arn
        pipeline.executions.append(execution)
        self._executions[execution.arn] = execution
        announce_execution(self._context, execution)
        threading.Thread(target=runner.run, name=execution.arn, daemon=True).start()
        return {"PipelineExecutionArn": execution.arn}

    def stop(self, body: Body) -> Body:
        """StopPipelineExecution; the status is ``Stopping`` until the running job has ended."""
        execution = self._get_execution(body["PipelineExecutionArn"])
        if execution.status not in {"Executing", "Stopping"}:
            raise conflict_error(
                f"Pipeline execution with ARN {execution.arn} status {execution.status}: only a "
                "running execution can be stopped"
            )
        if execution.status == "Executing":
            change_status(self._context, execution, "Stopping")
            execution.process.stop()
        return {"PipelineExecutionArn": execution.arn}

    def describe_execution(self, body: Body) -> Body:
        """DescribePipelineExecution."""
        execution = self._get_execution(body["PipelineExecutionArn"])
        return {
            "PipelineArn": execution.pipeline_arn,
            "PipelineExecutionArn": execution.arn,
            "PipelineExecutionDisplayName": execution.request.get(
                "PipelineExecutionDisplayName", f"execution-{execution.identity}"
            ),
            "PipelineExecutionStatus": execution.status,
            "PipelineExecutionDescription": execution.request.get("PipelineExecutionDescription"),
            "FailureReason": execution.failure,
            "CreationTime": execution.started,
            "LastModifiedTime": execution.modified,
            "CreatedBy": CREATOR,
            "LastModifiedBy": CREATOR,
            "ParallelismConfiguration": execution.request.get("ParallelismConfiguration"),
        }

    def describe_definition(self, body: Body) -> Body:
        """DescribePipelineDefinitionForExecution."""
        execution = self._get_execution(body["PipelineExecutionArn"])
        return {"PipelineDefinition": execution.definition_text, "CreationTime": execution.started}

    def list_executions(self, body: Body) -> Body:
        """ListPipelineExecutions, newest first."""
        return paginate(
            self._pipelines.get_pipeline(body["PipelineName"]).executions,
            body,
            key="PipelineExecutionSummaries",
            created="StartTime",
            summary=lambda execution: {
                "PipelineExecutionArn": execution.arn,
                "StartTime": execution.started,
                "PipelineExecutionStatus": execution.status,
                "PipelineExecutionDescription": execution.request.get(
                    "PipelineExecutionDescription"
                ),
                "PipelineExecutionDisplayName": execution.request.get(
                    "PipelineExecutionDisplayName"
                ),
                "PipelineExecutionFailureReason": execution.failure,
            },
        )

    def list_steps(self, body: Body) -> Body:
        """ListPipelineExecutionSteps, newest first."""
        execution = self._get_execution(body.get("PipelineExecutionArn", ""))
        return paginate(
            execution.steps, body, key="PipelineExecutionSteps", summary=_summarize_step
        )

    def list_parameters(self, body: Body) -> Body:
        """ListPipelineParametersForExecution."""
        execution = self._get_execution(body["PipelineExecutionArn"])
        return paginate(
            execution.parameters.items(),
            body,
            key="PipelineParameters",
            descending=False,
            summary=lambda item: {"Name": item[0], "Value": str(item[1])},
        )

    def executions_in_progress(self) -> list[str]:
        """Return the ARNs of executions that have not ended."""
        return [each.arn for each in list(self._executions.values()) if not each.done.is_set()]

    def close(self) -> None:
        """Stop all executions."""
        for execution in list(self._executions.values()):
            if not execution.done.is_set():
                execution.process.stop()
                execution.done.wait(MAX_STOP_SECONDS)

    def _new_execution(self, pipeline: Pipeline, body: Body) -> ExecutionState:
        seed = f"{pipeline.arn}/{pipeline.created}/{len(pipeline.executions)}"
        identity = hashlib.sha256(seed.encode()).hexdigest()[:12]
        now = self._context.now()
        values = definition.resolve_parameters(
            definition.parse_definition(pipeline.definition_text),
            body.get("PipelineParameters", []),
        )
        return ExecutionState(
            arn=f"{pipeline.arn}/execution/{identity}",
            identity=identity,
            pipeline_arn=pipeline.arn,
            pipeline_name=pipeline.name,
            role_arn=pipeline.body["RoleArn"],
            definition_text=pipeline.definition_text,
            parameters=values,
            request=body,
            started=now,
            modified=now,
        )

    def _get_execution(self, arn: str) -> ExecutionState:
        if arn not in self._executions:
            raise not_found_error(f"Pipeline execution '{arn}' does not exist.")
        return self._executions[arn]


def _summarize_step(step: StepState) -> Body:
    return {
        "StepName": step.name,
        "StartTime": step.started,
        "EndTime": step.ended,
        "StepStatus": step.status,
        "FailureReason": step.failure,
        "Metadata": step.metadata,
        "AttemptCount": 1,
    }
