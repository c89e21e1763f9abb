"""Pipelines: the APIs that create, update, describe, list and delete them."""

from dataclasses import dataclass, field
from datetime import datetime

from rehearsal.sagemaker.context import CREATOR, SageMakerContext
from rehearsal.sagemaker.errors import conflict_error, not_found_error, validation_error
from rehearsal.sagemaker.pagination import paginate
from rehearsal.sagemaker.pipelines import definition
from rehearsal.sagemaker.pipelines.execution_state import ExecutionState
from rehearsal.sagemaker.protocols import Body, Operations


@dataclass(slots=True)
class Pipeline:
    """A pipeline and its executions, oldest first."""

    name: str
    arn: str
    body: Body
    definition_text: str
    created: datetime
    modified: datetime
    executions: list[ExecutionState] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)


class Pipelines:
    """CreatePipeline and related APIs."""

    def __init__(self, context: SageMakerContext) -> None:
        self._context = context
        self._pipelines: dict[str, Pipeline] = {}

    def operations(self) -> Operations:
        """Return the APIs of this class by name."""
        return {
            "CreatePipeline": self.create,
            "UpdatePipeline": self.update,
            "DescribePipeline": self.describe,
            "DeletePipeline": self.delete,
            "ListPipelines": self.list_pipelines,
        }

    def create(self, body: Body) -> Body:
        """CreatePipeline; an error if the definition can't run here."""
        name = body["PipelineName"]
        if name in self._pipelines:
            raise validation_error(
                "Pipeline names must be unique within an AWS account and region. "
                f"Pipeline with name ({name}) already exists."
            )
        arn = self._context.arn("pipeline", name)
        now = self._context.now()
        self._context.set_tags(arn, body.get("Tags", []))
        self._pipelines[name] = Pipeline(name, arn, body, self._read_definition(body), now, now)
        return {"PipelineArn": arn}

    def update(self, body: Body) -> Body:
        """UpdatePipeline; running executions keep their definition."""
        pipeline = self.get_pipeline(body["PipelineName"])
        if "PipelineDefinition" in body or "PipelineDefinitionS3Location" in body:
            pipeline.definition_text = self._read_definition(body)
        pipeline.body = {**pipeline.body, **body}
        pipeline.modified = self._context.now()
        return {"PipelineArn": pipeline.arn}

    def describe(self, body: Body) -> Body:
        """DescribePipeline."""
        pipeline = self.get_pipeline(body["PipelineName"])
        last = pipeline.executions[-1].started if pipeline.executions else None
        return {
            **_summarize(pipeline),
            "PipelineDefinition": pipeline.definition_text,
            "PipelineStatus": "Active",
            "LastRunTime": last,
            "CreatedBy": CREATOR,
            "LastModifiedBy": CREATOR,
            "ParallelismConfiguration": pipeline.body.get("ParallelismConfiguration"),
        }

    def delete(self, body: Body) -> Body:
        """DeletePipeline; an error while an execution runs."""
        pipeline = self.get_pipeline(body["PipelineName"])
        if any(not execution.done.is_set() for execution in pipeline.executions):
            raise conflict_error(f"Pipeline {pipeline.arn} has executions that are in progress")
        del self._pipelines[pipeline.name]
        self._context.tags.pop(pipeline.arn, None)
        return {"PipelineArn": pipeline.arn}

    def list_pipelines(self, body: Body) -> Body:
        """ListPipelines."""
        filters = {**body, "NameContains": body.get("PipelineNamePrefix", "")}
        return paginate(
            self._pipelines.values(),
            filters,
            key="PipelineSummaries",
            name="PipelineName",
            summary=_summarize,
        )

    def _read_definition(self, body: Body) -> str:
        location = body.get("PipelineDefinitionS3Location")
        if location is not None:
            uri = f"s3://{location['Bucket']}/{location['ObjectKey']}"
            try:
                text = self._context.store.get(uri).decode()
            except FileNotFoundError as error:
                raise validation_error(f"Unable to read pipeline definition: {error}") from error
        else:
            text = body.get("PipelineDefinition", "")
        definition.parse_definition(text)
        return text

    def get_pipeline(self, name: str) -> Pipeline:
        """Return the pipeline, by name or ARN; raises ServiceError."""
        last = name.rpartition("/")[2]
        if last not in self._pipelines:
            arn = self._context.arn("pipeline", last)
            raise not_found_error(f"Pipeline '{arn}' does not exist.")
        return self._pipelines[last]


def _summarize(pipeline: Pipeline) -> Body:
    return {
        "PipelineArn": pipeline.arn,
        "PipelineName": pipeline.name,
        "PipelineDisplayName": pipeline.body.get("PipelineDisplayName", pipeline.name),
        "PipelineDescription": pipeline.body.get("PipelineDescription"),
        "RoleArn": pipeline.body["RoleArn"],
        "CreationTime": pipeline.created,
        "LastModifiedTime": pipeline.modified,
    }
