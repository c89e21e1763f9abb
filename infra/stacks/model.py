"""The stack of one model: registry, endpoint, alarms, schedules, pipeline, dashboard."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_cdk import Fn, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from driftloop.config import Config
from driftloop.window import ANALYSIS_DELAY
from infra.alarms import table
from infra.alarms.definition import AlarmContext
from infra.arns import Arns
from infra.assets import PipelineCode, StoredObject, store, store_pipeline_code
from infra.constructs.alarm import make_alarm
from infra.constructs.container_images import ContainerImages, image_repository
from infra.constructs.dashboard import model_dashboard
from infra.constructs.dead_letter_queue import DeadLetterQueue
from infra.constructs.endpoint import EndpointConstruct
from infra.constructs.endpoint_parameters import EndpointParameters
from infra.constructs.lambda_function import log_retention
from infra.constructs.registry import RegistryConstruct
from infra.constructs.schedules import Schedules
from infra.lambda_packages import Target
from infra.sagemaker_roles import endpoint_role, pipeline_role
from infra.serving_parameter import model_tags, serving_settings
from infra.stacks.data import DataStack
from infra.stacks.shared import SharedStack
from pipelines.definition import pipeline_definition
from pipelines.placeholders import split
from pipelines.step_settings import settings_json

ANALYSIS_SPREAD_MINUTES = 15
"""Minutes over which the analyses of several models are spread, before reconcile at minute 40."""


class ModelStack(Stack):
    """The resources of one model; a fleet has one such stack per model."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: Config,
        model: str,
        folder: Path,
        data: DataStack,
        shared: SharedStack,
        target: Target,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id_, **stack)
        self.model, self.settings = model, config.models[model]
        self.names, self._config, self._folder = shared.names, config, folder
        self._data, self._shared, self._target = data, shared, target
        self.arns = Arns(self, self.names)
        self.name = self.names.resource(model)
        # Schedules and the custom resource know the functions of the shared stack by their names.
        self.add_stack_dependency(shared)
        self.dead_letter_queue = DeadLetterQueue(
            self,
            "DeadLetterQueue",
            name=self.names.alarm(model, table.DEAD_LETTER_QUEUE),
            key=data.key,
        ).queue
        self._images = ContainerImages(self, "Images")
        self._training_data = store(
            self, "TrainingData", source=self.settings.training_data, folder=folder
        )
        self._endpoint_role = endpoint_role(self, arns=self.arns, data=data, model=model)
        self.endpoint = self._add_endpoint()
        self._add_serving_parameter()
        self._add_pipeline()
        self._add_schedules()
        self._add_alarms()
        model_dashboard(self, model=model, settings=self.settings, arns=self.arns)

    def _add_endpoint(self) -> EndpointConstruct:
        logs.LogGroup(
            self,
            "EndpointLogs",
            log_group_name=f"/aws/sagemaker/Endpoints/{self.name}",
            retention=log_retention(self._config.retention.log_days),
            encryption_key=self._data.key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        initial = self._shared.initial_models.get(self.model)
        parameters = EndpointParameters(
            self, serving=self.settings.serving, has_initial_model=initial is not None
        )
        registry = RegistryConstruct(
            self,
            "Registry",
            arns=self.arns,
            model=self.model,
            family=self.settings.family,
            tags=model_tags(self.names, self.model, self._config.tags),
            parameters=parameters,
            initial=initial,
            images=self._images,
        )
        return EndpointConstruct(
            self,
            "Serving",
            names=self.names,
            model=self.model,
            parameters=parameters,
            registry=registry,
            role=self._endpoint_role,
            capture=self._data.capture,
            key=self._data.key,
        )

    def _add_serving_parameter(self) -> None:
        settings = serving_settings(
            names=self.names,
            model=self.model,
            serving=self.settings.serving,
            endpoint_name=self.endpoint.name,
            role_arn=self._endpoint_role.role_arn,
            key_arn=self._data.key.key_arn,
            capture_bucket=self._data.capture.bucket_name,
            tags=self._config.tags,
        )
        ssm.CfnParameter(
            self,
            "ServingSettings",
            name=self.names.serving_parameter(self.model),
            type="String",
            description=f"Serving settings of {self.model}: a change is deployed as a release.",
            value=self.to_json_string(settings),
        )

    def _add_pipeline(self) -> None:
        code = store_pipeline_code(
            self,
            family=self.settings.family,
            settings=settings_json(self.model, self.settings),
            target=self._target,
        )
        role = pipeline_role(
            self,
            arns=self.arns,
            data=self._data,
            model=self.model,
            inputs=[code.steps, code.family, code.settings, self._training_data],
            input_keys=self.settings.data_kms_key_arns if self._training_data.bucket else (),
        )
        pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=self.name,
            pipeline_display_name=self.name,
            pipeline_description=f"Retrains {self.model} and registers an improved challenger.",
            pipeline_definition={"PipelineDefinitionBody": self._pipeline_definition(role, code)},
            role_arn=role.role_arn,
        )
        pipeline.node.add_dependency(role)

    def _pipeline_definition(self, role: iam.Role, code: PipelineCode) -> str:
        family = self.settings.family
        text = pipeline_definition(
            pipeline_name=self.name, model_name=self.model, model=self.settings
        )
        values = {
            "RoleArn": role.role_arn,
            "KmsKeyArn": self._data.key.key_arn,
            "Image": self._images.uri(family=family, repository=image_repository(family)),
            "ArtifactsBucket": self._data.artifacts.bucket_name,
            "CaptureBucket": self._data.capture.bucket_name,
            "GroundTruthBucket": self._data.ground_truth.bucket_name,
            "TrainingData": self._training_data.uri,
            "ModelPackageGroup": self.name,
            "DescribeChallengerArn": self.arns.function("describe_challenger"),
            **_file_values(
                StepsPackage=code.steps, FamilyPackage=code.family, Settings=code.settings
            ),
        }
        return replace_placeholders(text, values)

    def _add_schedules(self) -> None:
        schedules = Schedules(
            self, "Schedules", dead_letter_queue=self.dead_letter_queue, key=self._data.key
        )
        schedules.add(
            "Analysis",
            name=f"{self.name}-analysis",
            expression=analysis_schedule(self.settings.monitoring.window_hours),
            function_arn=self.arns.function("start_analysis"),
            payload={"model": self.model},
            description=f"Analyzes the last window of {self.model}, after its files have arrived.",
            condition=self.endpoint.exists,
            spread_minutes=analysis_spread_minutes(len(self._config.models)),
        )
        days = self.settings.retraining.schedule_interval_days
        if days is not None:
            schedules.add(
                "Retraining",
                name=f"{self.name}-retraining",
                expression=f"rate({days} {'day' if days == 1 else 'days'})",
                function_arn=self.arns.function("gate"),
                payload={"source": "driftloop.schedule", "model": self.model},
                description=f"Invokes the gate for {self.model}, with or without drift.",
            )

    def _add_alarms(self) -> None:
        context = AlarmContext(self.names, self.model, self.settings)
        queue_name = self.dead_letter_queue.queue_name
        for alarm in table.model_stack_alarms(context, queue_name=queue_name):
            resource = make_alarm(self, alarm, topic=self._shared.topic)
            if alarm.requires_endpoint:
                resource.cfn_options.condition = self.endpoint.exists


def analysis_schedule(window_hours: int) -> str:
    """Return the schedule of analyses: ANALYSIS_DELAY after the end of each window.

    The hours are listed: an increment of hours is at most 23, so ``0/24`` is no valid expression.
    """
    hours = ",".join(str(hour) for hour in range(0, 24, window_hours))
    minute = ANALYSIS_DELAY // timedelta(minutes=1)
    return f"cron({minute} {'*' if window_hours == 1 else hours} * * ? *)"


def analysis_spread_minutes(models: int) -> int:
    """Return the minutes over which the analyses of all models are spread; none for one model."""
    return ANALYSIS_SPREAD_MINUTES if models > 1 else 0


def replace_placeholders(text: str, values: Mapping[str, str]) -> str:
    """Replace the placeholders of a pipeline definition by ``values``, which may be CDK tokens.

    The values are parts of JSON strings: ARNs, names and S3 URIs need no escaping there.

    Raises:
        KeyError: There is no value for a placeholder.
    """
    parts = [part if kind == "text" else values[part] for kind, part in split(text)]
    return Fn.join("", parts)


def _file_values(**files: StoredObject) -> dict[str, str]:
    """Return two values per file: the URI for ``X`` and the file name for ``XName``."""
    values = {}
    for placeholder, file in files.items():
        values[placeholder] = file.uri
        values[f"{placeholder}Name"] = file.file_name
    return values
