"""Runs a pipeline, in a thread of its own: step by step, until one fails or none is left."""

import hashlib
import json
import logging
from collections.abc import Callable
from typing import Any

from driftloop.window import format_time
from rehearsal.sagemaker import request_validation
from rehearsal.sagemaker.context import Context
from rehearsal.sagemaker.endpoints.models_and_configs import Catalog
from rehearsal.sagemaker.pipelines import definition, expressions
from rehearsal.sagemaker.pipelines.execution_state import (
    Execution,
    Step,
    announce_step,
    change_status,
)
from rehearsal.sagemaker.pipelines.expressions import Scope
from rehearsal.sagemaker.pipelines.jobs import (
    PROCESSING,
    TRAINING,
    Job,
    Jobs,
    StoppedError,
    processing_properties,
    training_properties,
)
from rehearsal.sagemaker.pipelines.process_environment import reason
from rehearsal.sagemaker.pipelines.processing_job import process
from rehearsal.sagemaker.pipelines.training_job import train
from rehearsal.sagemaker.registry.groups import Groups
from rehearsal.sagemaker.registry.packages import Registry

Body = dict[str, Any]
Outcome = tuple[Body, Body]
"""Metadata of a step as ListPipelineExecutionSteps has it, and its properties."""

STEPS_FAILED = "Step failure: One or multiple steps failed."

logger = logging.getLogger(__name__)


class FailStepError(Exception):
    """A Fail step was reached; the message is the definition's."""


class Runner:
    """Runs one execution."""

    def __init__(
        self,
        context: Context,
        execution: Execution,
        *,
        jobs: Jobs,
        groups: Groups,
        registry: Registry,
        catalog: Catalog,
    ) -> None:
        self._context = context
        self._execution = execution
        self._jobs = jobs
        self._groups = groups
        self._registry = registry
        self._catalog = catalog
        self._definition = json.loads(execution.definition_text)
        self._scope = Scope(
            parameters=execution.parameters,
            execution=self._variables(),
            files=self._property_file,
            read=context.store.get,
        )
        self._kinds: dict[str, Callable[[Body], Outcome]] = {
            "Processing": self._processing,
            "Training": self._training,
            "RegisterModel": self._register,
            "Model": self._model,
            "Condition": self._condition,
            "Fail": self._fail,
        }

    def run(self) -> None:
        """Run to the end, whatever happens on the way."""
        status = "Failed"
        try:
            status = self._run()
        finally:
            self._end(status)

    def _end(self, status: str) -> None:
        try:
            with self._context.change():
                if status == "Failed":
                    self._execution.failure = STEPS_FAILED
                change_status(self._context, self._execution, status)
        finally:
            self._execution.done.set()

    def _run(self) -> str:
        try:
            self._run_steps(self._definition["Steps"])
        except StoppedError:
            return "Stopped"
        except Exception:  # its step has the reason, and the log the details
            logger.debug("execution %s failed", self._execution.arn, exc_info=True)
            return "Failed"
        return "Succeeded"

    def _run_steps(self, steps: list[Body]) -> None:
        for body in definition.ordered(steps):
            if self._execution.stopper.stopped:
                raise StoppedError
            outcome = self._run_step(body)
            if body["Type"] == "Condition":
                branch = "IfSteps" if outcome["Outcome"] == "True" else "ElseSteps"
                self._run_steps(body["Arguments"].get(branch, []))

    def _run_step(self, body: Body) -> Body:
        """Run one step, and keep how it ended; raises what ended it. Returns its properties."""
        step = Step(body["Name"], body["Type"], self._context.now())
        with self._context.change():
            self._execution.steps.append(step)
            announce_step(self._context, self._execution, step, None)
        status = "Failed"
        try:
            step.metadata, properties = self._kinds[step.kind](body)
            self._scope.steps[step.name] = properties
            status = "Succeeded"
        except StoppedError:
            status = "Stopped"
            raise
        except Exception as error:
            if not isinstance(error, FailStepError):
                logger.warning("step %s of %s failed: %s", step.name, self._execution.arn, error)
            step.failure = reason(error)
            raise
        finally:
            self._add_metadata(step, body)
            with self._context.change():
                step.status, step.ended = status, self._context.now()
                announce_step(self._context, self._execution, step, "Executing")
        return properties

    def _processing(self, body: Body) -> Outcome:
        name = self._job_name(body["Name"])
        arguments = {
            **expressions.resolve(body["Arguments"], self._scope),
            "ProcessingJobName": name,
        }
        request_validation.check_request("CreateProcessingJob", arguments)
        job = self._jobs.run(
            PROCESSING,
            name,
            arguments,
            lambda job: process(self._jobs, self._context.store, self._execution.stopper, job),
        )
        return {}, processing_properties(job)

    def _training(self, body: Body) -> Outcome:
        name = self._job_name(body["Name"])
        arguments = {**expressions.resolve(body["Arguments"], self._scope), "TrainingJobName": name}
        request_validation.check_request("CreateTrainingJob", arguments)

        def work(job: Job) -> None:
            train(self._jobs, self._context.store, self._execution.stopper, job)

        return {}, training_properties(self._jobs.run(TRAINING, name, arguments, work))

    def _register(self, body: Body) -> Outcome:
        arguments = expressions.resolve(body["Arguments"], self._scope)
        arguments.setdefault("MetadataProperties", {"GeneratedBy": self._execution.arn})
        request_validation.check_request("CreateModelPackage", arguments)
        with self._context.change():
            group = arguments.get("ModelPackageGroupName")
            if group and not self._groups.has_group(group):
                self._groups.create_group({"ModelPackageGroupName": group})
            arn = self._registry.create(arguments)["ModelPackageArn"]
            return {"RegisterModel": {"Arn": arn}}, self._registry.describe(
                {"ModelPackageName": arn}
            )

    def _model(self, body: Body) -> Outcome:
        arguments = expressions.resolve(body["Arguments"], self._scope)
        arguments.setdefault("ModelName", self._job_name(body["Name"]))
        request_validation.check_request("CreateModel", arguments)
        with self._context.change():
            arn = self._catalog.create_model(arguments)["ModelArn"]
            described = self._catalog.describe_model({"ModelName": arguments["ModelName"]})
        return {"Model": {"Arn": arn}}, described

    def _condition(self, body: Body) -> Outcome:
        conditions = body["Arguments"]["Conditions"]
        outcome = str(all(expressions.holds(each, self._scope) for each in conditions))
        return {"Condition": {"Outcome": outcome}}, {"Outcome": outcome}

    def _fail(self, body: Body) -> Outcome:
        raise FailStepError(
            str(expressions.resolve(body["Arguments"]["ErrorMessage"], self._scope))
        )

    def _add_metadata(self, step: Step, body: Body) -> None:
        """A job is named in its step's metadata however it ended."""
        if step.kind in {"Processing", "Training"}:
            kind = f"{step.kind.lower()}-job"
            arn = self._context.arn(kind, self._job_name(body["Name"]))
            step.metadata = {f"{step.kind}Job": {"Arn": arn}}
        elif step.kind == "Fail":
            step.metadata = {"Fail": {"ErrorMessage": step.failure or ""}}

    def _job_name(self, step: str) -> str:
        token = hashlib.sha256(f"{self._execution.arn}/{step}".encode()).hexdigest()[:10]
        return f"pipelines-{self._execution.identity}-{step[:20].rstrip('-')}-{token}"

    def _property_file(self, step: str, name: str) -> Any:
        steps = definition.all_steps(self._definition["Steps"])
        body = next(each for each in steps if each["Name"] == step)
        files = {each["PropertyFileName"]: each for each in body.get("PropertyFiles", [])}
        if name not in files or step not in self._scope.steps:
            raise expressions.ResolutionError(
                f"step {step} has no property file {name} to read yet"
            )
        outputs = self._scope.steps[step]["ProcessingOutputConfig"]["Outputs"]
        wanted = files[name]["OutputName"]
        output = next(each for each in outputs if each["OutputName"] == wanted)
        uri = f"{output['S3Output']['S3Uri'].rstrip('/')}/{files[name]['FilePath']}"
        return json.loads(self._context.store.get(uri))

    def _variables(self) -> Body:
        execution = self._execution
        moment = format_time(execution.started)
        return {
            "StartDateTime": moment,
            "CurrentDateTime": moment,
            "PipelineName": execution.pipeline_name,
            "PipelineArn": execution.pipeline_arn,
            "PipelineExecutionId": execution.identity,
            "PipelineExecutionArn": execution.arn,
        }
