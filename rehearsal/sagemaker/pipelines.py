"""Pipelines: the APIs that make them, run them, and tell how far their executions are."""

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rehearsal.sagemaker import definition
from rehearsal.sagemaker.catalog import Catalog
from rehearsal.sagemaker.context import Context
from rehearsal.sagemaker.errors import conflict, invalid, not_found
from rehearsal.sagemaker.execution import Execution, Step, announce, change_status
from rehearsal.sagemaker.jobs import Jobs
from rehearsal.sagemaker.listing import page
from rehearsal.sagemaker.registry import CREATOR, Registry
from rehearsal.sagemaker.runner import Runner

Body = dict[str, Any]

CLOSE_SECONDS = 10.0


@dataclass(slots=True)
class Pipeline:
    """A pipeline and its executions, oldest first."""

    name: str
    arn: str
    body: Body
    definition_text: str
    created: datetime
    modified: datetime
    executions: list[Execution] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)


class Pipelines:
    """CreatePipeline, StartPipelineExecution and what belongs to them."""

    def __init__(self, context: Context, jobs: Jobs, registry: Registry, catalog: Catalog) -> None:
        self._context = context
        self._jobs = jobs
        self._registry = registry
        self._catalog = catalog
        self._pipelines: dict[str, Pipeline] = {}
        self._executions: dict[str, Execution] = {}

    def operations(self) -> dict[str, Any]:
        """The APIs of this part."""
        return {
            "CreatePipeline": self.create,
            "UpdatePipeline": self.update,
            "DescribePipeline": self.describe,
            "DeletePipeline": self.delete,
            "ListPipelines": self.list_pipelines,
            "StartPipelineExecution": self.start,
            "StopPipelineExecution": self.stop,
            "DescribePipelineExecution": self.describe_execution,
            "DescribePipelineDefinitionForExecution": self.describe_definition,
            "ListPipelineExecutions": self.list_executions,
            "ListPipelineExecutionSteps": self.list_steps,
            "ListPipelineParametersForExecution": self.list_parameters,
        }

    def create(self, body: Body) -> Body:
        """CreatePipeline; the definition has to be one that can run here."""
        name = body["PipelineName"]
        if name in self._pipelines:
            raise invalid(
                "Pipeline names must be unique within an AWS account and region. "
                f"Pipeline with name ({name}) already exists."
            )
        arn = self._context.arn("pipeline", name)
        now = self._context.now()
        self._context.set_tags(arn, body.get("Tags", []))
        self._pipelines[name] = Pipeline(name, arn, body, self._definition(body), now, now)
        return {"PipelineArn": arn}

    def update(self, body: Body) -> Body:
        """UpdatePipeline; executions that run keep the definition that they began with."""
        pipeline = self._find(body["PipelineName"])
        if "PipelineDefinition" in body or "PipelineDefinitionS3Location" in body:
            pipeline.definition_text = self._definition(body)
        pipeline.body = {**pipeline.body, **body}
        pipeline.modified = self._context.now()
        return {"PipelineArn": pipeline.arn}

    def describe(self, body: Body) -> Body:
        """DescribePipeline."""
        pipeline = self._find(body["PipelineName"])
        last = pipeline.executions[-1].started if pipeline.executions else None
        return {
            **_summary(pipeline),
            "PipelineDefinition": pipeline.definition_text,
            "PipelineStatus": "Active",
            "LastRunTime": last,
            "CreatedBy": CREATOR,
            "LastModifiedBy": CREATOR,
            "ParallelismConfiguration": pipeline.body.get("ParallelismConfiguration"),
        }

    def delete(self, body: Body) -> Body:
        """DeletePipeline; refused while an execution runs."""
        pipeline = self._find(body["PipelineName"])
        if any(not execution.done.is_set() for execution in pipeline.executions):
            raise conflict(f"Pipeline {pipeline.arn} has executions that are in progress")
        del self._pipelines[pipeline.name]
        self._context.tags.pop(pipeline.arn, None)
        return {"PipelineArn": pipeline.arn}

    def list_pipelines(self, body: Body) -> Body:
        """ListPipelines."""
        asked = {**body, "NameContains": body.get("PipelineNamePrefix", "")}
        return page(
            self._pipelines.values(),
            asked,
            key="PipelineSummaries",
            name="PipelineName",
            summary=_summary,
        )

    def start(self, body: Body) -> Body:
        """StartPipelineExecution; the same ClientRequestToken gives the same execution."""
        pipeline = self._find(body["PipelineName"])
        token = body["ClientRequestToken"]
        if token in pipeline.tokens:
            return {"PipelineExecutionArn": pipeline.tokens[token]}
        execution = self._new_execution(pipeline, body)
        runner = Runner(
            self._context,
            execution,
            jobs=self._jobs,
            registry=self._registry,
            catalog=self._catalog,
        )
        pipeline.tokens[token] = execution.arn
        pipeline.executions.append(execution)
        self._executions[execution.arn] = execution
        announce(self._context, execution)
        threading.Thread(target=runner.run, name=execution.arn, daemon=True).start()
        return {"PipelineExecutionArn": execution.arn}

    def stop(self, body: Body) -> Body:
        """StopPipelineExecution; ``Stopping`` until the job that runs has ended."""
        execution = self._execution(body["PipelineExecutionArn"])
        if execution.status not in {"Executing", "Stopping"}:
            raise conflict(
                f"Pipeline execution with ARN {execution.arn} status {execution.status}: only an "
                "execution that runs can be stopped"
            )
        if execution.status == "Executing":
            change_status(self._context, execution, "Stopping")
            execution.stopper.stop()
        return {"PipelineExecutionArn": execution.arn}

    def describe_execution(self, body: Body) -> Body:
        """DescribePipelineExecution."""
        execution = self._execution(body["PipelineExecutionArn"])
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
        execution = self._execution(body["PipelineExecutionArn"])
        return {"PipelineDefinition": execution.definition_text, "CreationTime": execution.started}

    def list_executions(self, body: Body) -> Body:
        """ListPipelineExecutions, newest first."""
        return page(
            self._find(body["PipelineName"]).executions,
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
        execution = self._execution(body.get("PipelineExecutionArn", ""))
        return page(execution.steps, body, key="PipelineExecutionSteps", summary=_step)

    def list_parameters(self, body: Body) -> Body:
        """ListPipelineParametersForExecution."""
        execution = self._execution(body["PipelineExecutionArn"])
        return page(
            execution.parameters.items(),
            body,
            key="PipelineParameters",
            descending=False,
            summary=lambda item: {"Name": item[0], "Value": str(item[1])},
        )

    def in_flight(self) -> list[str]:
        """ARNs of executions that have not ended."""
        return [each.arn for each in list(self._executions.values()) if not each.done.is_set()]

    def close(self) -> None:
        """Stop whatever runs."""
        for execution in list(self._executions.values()):
            if not execution.done.is_set():
                execution.stopper.stop()
                execution.done.wait(CLOSE_SECONDS)

    def _definition(self, body: Body) -> str:
        location = body.get("PipelineDefinitionS3Location")
        if location is not None:
            uri = f"s3://{location['Bucket']}/{location['ObjectKey']}"
            try:
                text = self._context.store.get(uri).decode()
            except FileNotFoundError as error:
                raise invalid(f"Unable to read pipeline definition: {error}") from error
        else:
            text = body.get("PipelineDefinition", "")
        definition.parse(text)
        return text

    def _new_execution(self, pipeline: Pipeline, body: Body) -> Execution:
        seed = f"{pipeline.arn}/{pipeline.created}/{len(pipeline.executions)}"
        identity = hashlib.sha256(seed.encode()).hexdigest()[:12]
        now = self._context.now()
        values = definition.parameters(
            definition.parse(pipeline.definition_text), body.get("PipelineParameters", [])
        )
        return Execution(
            arn=f"{pipeline.arn}/execution/{identity}",
            identity=identity,
            pipeline_arn=pipeline.arn,
            pipeline_name=pipeline.name,
            definition_text=pipeline.definition_text,
            parameters=values,
            request=body,
            started=now,
            modified=now,
        )

    def _find(self, name: str) -> Pipeline:
        last = name.rpartition("/")[2]
        if last not in self._pipelines:
            arn = self._context.arn("pipeline", last)
            raise not_found(f"Pipeline '{arn}' does not exist.")
        return self._pipelines[last]

    def _execution(self, arn: str) -> Execution:
        if arn not in self._executions:
            raise not_found(f"Pipeline execution '{arn}' does not exist.")
        return self._executions[arn]


def _summary(pipeline: Pipeline) -> Body:
    return {
        "PipelineArn": pipeline.arn,
        "PipelineName": pipeline.name,
        "PipelineDisplayName": pipeline.body.get("PipelineDisplayName", pipeline.name),
        "PipelineDescription": pipeline.body.get("PipelineDescription"),
        "RoleArn": pipeline.body["RoleArn"],
        "CreationTime": pipeline.created,
        "LastModifiedTime": pipeline.modified,
    }


def _step(step: Step) -> Body:
    return {
        "StepName": step.name,
        "StartTime": step.started,
        "EndTime": step.ended,
        "StepStatus": step.status,
        "FailureReason": step.failure,
        "Metadata": step.metadata,
        "AttemptCount": 1,
    }
