"""Runs a pipeline execution in a thread: step by step, until one fails or all have ended."""

import hashlib
import json
import logging
from collections.abc import Callable
from typing import Any

from driftloop.window import format_time
from rehearsal.sagemaker import request_validation
from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.endpoints import ModelsAndConfigs
from rehearsal.sagemaker.pipelines import definition, expressions
from rehearsal.sagemaker.pipelines.execution_state import (
    ExecutionState,
    StepState,
    announce_step,
    change_status,
)
from rehearsal.sagemaker.pipelines.expressions import ExpressionScope
from rehearsal.sagemaker.pipelines.jobs import (
    PROCESSING,
    TRAINING,
    Job,
    Jobs,
    StoppedError,
    processing_properties,
    training_properties,
)
from rehearsal.sagemaker.pipelines.lambda_step import run_lambda_step
from rehearsal.sagemaker.pipelines.processing_job import run_processing_job
from rehearsal.sagemaker.pipelines.training_job import run_training_job
from rehearsal.sagemaker.process_environment import failure_reason
from rehearsal.sagemaker.protocols import Body
from rehearsal.sagemaker.registry import ModelPackageGroups, ModelPackages

Outcome = tuple[Body, Body]
"""Metadata of a step in ListPipelineExecutionSteps, and its properties."""

STEPS_FAILED = "Step failure: One or multiple steps failed."

logger = logging.getLogger(__name__)


class FailStepError(Exception):
    """A Fail step was reached; the message is its ErrorMessage."""


class ExecutionRunner:
    """Runs one execution."""

    def __init__(
        self,
        context: SageMakerContext,
        execution: ExecutionState,
        *,
        jobs: Jobs,
        groups: ModelPackageGroups,
        packages: ModelPackages,
        models_and_configs: ModelsAndConfigs,
    ) -> None:
        self._context = context
        self._execution = execution
        self._jobs = jobs
        self._groups = groups
        self._packages = packages
        self._models_and_configs = models_and_configs
        self._role = context.assume_role(execution.role_arn, execution.pipeline_arn)
        self._definition = json.loads(execution.definition_text)
        self._scope = ExpressionScope(
            parameters=execution.parameters,
            execution=self._variables(),
            read_property_file=self._read_property_file,
            read_object=self._role.store.get,
        )
        self._step_types: dict[str, Callable[[Body], Outcome]] = {
            "Processing": self._processing,
            "Training": self._training,
            "Lambda": self._lambda,
            "RegisterModel": self._register,
            "Model": self._model,
            "Condition": self._condition,
            "Fail": self._fail,
        }

    def run(self) -> None:
        """Run all steps, and set the final status whatever happens."""
        status = "Failed"
        try:
            status = self._run_all_steps()
        finally:
            self._set_final_status(status)

    def _set_final_status(self, status: str) -> None:
        try:
            with self._context.change():
                if status == "Failed":
                    self._execution.failure = STEPS_FAILED
                change_status(self._context, self._execution, status)
        finally:
            self._execution.done.set()

    def _run_all_steps(self) -> str:
        try:
            self._run_steps(self._definition["Steps"])
        except StoppedError:
            return "Stopped"
        except Exception:  # the step has the reason, the log has the details
            logger.debug("execution %s failed", self._execution.arn, exc_info=True)
            return "Failed"
        return "Succeeded"

    def _run_steps(self, steps: list[Body]) -> None:
        for body in definition.order_steps(steps):
            if self._execution.process.stopped:
                raise StoppedError
            outcome = self._run_step(body)
            if body["Type"] == "Condition":
                branch = "IfSteps" if outcome["Outcome"] == "True" else "ElseSteps"
                self._run_steps(body["Arguments"].get(branch, []))

    def _run_step(self, body: Body) -> Body:
        """Run one step, store its outcome and return its properties; re-raises its exception."""
        step = StepState(body["Name"], body["Type"], self._context.now())
        with self._context.change():
            self._execution.steps.append(step)
            announce_step(self._context, self._execution, step, None)
        status = "Failed"
        try:
            step.metadata, properties = self._step_types[step.kind](body)
            self._scope.steps[step.name] = properties
            status = "Succeeded"
        except StoppedError:
            status = "Stopped"
            raise
        except Exception as error:
            if not isinstance(error, FailStepError):
                logger.warning("step %s of %s failed: %s", step.name, self._execution.arn, error)
            step.failure = failure_reason(error)
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
        self._role.call("CreateProcessingJob", arguments)
        job = self._jobs.run(
            PROCESSING,
            name,
            arguments,
            lambda job: run_processing_job(self._execution.process, job),
        )
        return {}, processing_properties(job)

    def _training(self, body: Body) -> Outcome:
        name = self._job_name(body["Name"])
        arguments = {**expressions.resolve(body["Arguments"], self._scope), "TrainingJobName": name}
        request_validation.check_request("CreateTrainingJob", arguments)
        self._role.call("CreateTrainingJob", arguments)

        def work(job: Job) -> None:
            run_training_job(self._execution.process, job)

        return {}, training_properties(self._jobs.run(TRAINING, name, arguments, work))

    def _lambda(self, body: Body) -> Outcome:
        arguments = expressions.resolve(body.get("Arguments", {}), self._scope)
        self._role.invoke_function(body["FunctionArn"])
        outputs = run_lambda_step(body, arguments, self._context.invoke_function)
        listed = [{"Name": name, "Value": str(value)} for name, value in outputs.items()]
        metadata = {"Lambda": {"Arn": body["FunctionArn"], "OutputParameters": listed}}
        return metadata, {"OutputParameters": outputs}

    def _register(self, body: Body) -> Outcome:
        arguments = expressions.resolve(body["Arguments"], self._scope)
        arguments.setdefault("MetadataProperties", {"GeneratedBy": self._execution.arn})
        request_validation.check_request("CreateModelPackage", arguments)
        self._role.call("CreateModelPackage", arguments)
        with self._context.change():
            group = arguments.get("ModelPackageGroupName")
            if group and not self._groups.has_group(group):
                self._groups.create_group({"ModelPackageGroupName": group})
            arn = self._packages.create(arguments)["ModelPackageArn"]
            return {"RegisterModel": {"Arn": arn}}, self._packages.describe(
                {"ModelPackageName": arn}
            )

    def _model(self, body: Body) -> Outcome:
        arguments = expressions.resolve(body["Arguments"], self._scope)
        arguments.setdefault("ModelName", self._job_name(body["Name"]))
        request_validation.check_request("CreateModel", arguments)
        self._role.call("CreateModel", arguments)
        with self._context.change():
            arn = self._models_and_configs.create_model(arguments)["ModelArn"]
            described = self._models_and_configs.describe_model(
                {"ModelName": arguments["ModelName"]}
            )
        return {"Model": {"Arn": arn}}, described

    def _condition(self, body: Body) -> Outcome:
        conditions = body["Arguments"]["Conditions"]
        outcome = str(all(expressions.is_met(each, self._scope) for each in conditions))
        return {"Condition": {"Outcome": outcome}}, {"Outcome": outcome}

    def _fail(self, body: Body) -> Outcome:
        raise FailStepError(
            str(expressions.resolve(body["Arguments"]["ErrorMessage"], self._scope))
        )

    def _add_metadata(self, step: StepState, body: Body) -> None:
        """Add the job's ARN to the metadata of its step, whatever the outcome."""
        if step.kind in {"Processing", "Training"}:
            kind = f"{step.kind.lower()}-job"
            arn = self._context.arn(kind, self._job_name(body["Name"]))
            step.metadata = {f"{step.kind}Job": {"Arn": arn}}
        elif step.kind == "Fail":
            step.metadata = {"Fail": {"ErrorMessage": step.failure or ""}}

    def _job_name(self, step: str) -> str:
        token = hashlib.sha256(f"{self._execution.arn}/{step}".encode()).hexdigest()[:10]
        return f"pipelines-{self._execution.identity}-{step[:20].rstrip('-')}-{token}"

    def _read_property_file(self, step: str, name: str) -> Any:
        steps = definition.all_steps(self._definition["Steps"])
        body = next(each for each in steps if each["Name"] == step)
        files = {each["PropertyFileName"]: each for each in body.get("PropertyFiles", [])}
        if name not in files or step not in self._scope.steps:
            raise expressions.ResolutionError(f"step {step} has no property file {name} yet")
        outputs = self._scope.steps[step]["ProcessingOutputConfig"]["Outputs"]
        output_name = files[name]["OutputName"]
        output = next(each for each in outputs if each["OutputName"] == output_name)
        uri = f"{output['S3Output']['S3Uri'].rstrip('/')}/{files[name]['FilePath']}"
        return json.loads(self._role.store.get(uri))

    def _variables(self) -> Body:
        execution = self._execution
        started = format_time(execution.started)
        return {
            "StartDateTime": started,
            "CurrentDateTime": started,
            "PipelineName": execution.pipeline_name,
            "PipelineArn": execution.pipeline_arn,
            "PipelineExecutionId": execution.identity,
            "PipelineExecutionArn": execution.arn,
        }
