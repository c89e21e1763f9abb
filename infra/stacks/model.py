"""One model's stack: endpoint, alarms, schedules, pipeline, registry group, dashboard.

The pipeline's definition with CloudFormation's values put in.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import Fn, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from driftloop.config import Config
from infra.alarms import table
from infra.alarms.definition import AlarmContext
from infra.arns import Arns
from infra.assets import StoredObject, pipeline_code, stored
from infra.constructs.alarm import make_alarm
from infra.constructs.container_images import Images, repository
from infra.constructs.dashboard import model_dashboard
from infra.constructs.dead_letter_queue import DeadLetterQueue
from infra.constructs.endpoint import EndpointConstruct, InitialModel, Parameters
from infra.constructs.lambda_function import retention
from infra.constructs.schedules import Schedules
from infra.lambda_packages import Target
from infra.sagemaker_roles import endpoint_role, pipeline_role
from infra.serving_parameter import serving_settings
from infra.stacks.data import DataStack
from infra.stacks.shared import SharedStack
from pipelines.definition import pipeline_definition
from pipelines.placeholders import split
from pipelines.step_settings import settings_json


class ModelStack(Stack):
    """Small, and one per model: a fleet of fifty is a longer file."""

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
        self.places = Arns(self, self.names)
        self.name = self.names.resource(model)
        self.dead_letter_queue = DeadLetterQueue(
            self, "DeadLetters", name=f"{self.name}-dead-letter-queue", key=data.key
        ).queue
        self._images = Images(self, "Images")
        self._training_data = stored(self, "TrainingData", self.settings.training_data, folder)
        self._group = self._registry()
        self._endpoint_role = endpoint_role(self, self.places, data, model)
        self.endpoint = self._endpoint()
        self._serving()
        self._pipeline()
        self._schedules()
        self._alarms()
        model_dashboard(self, model, self.settings.monitoring.window_hours, self.places)

    def _registry(self) -> sagemaker.CfnModelPackageGroup:
        """Retained: the record of what was released; one with versions can't be deleted."""
        group = sagemaker.CfnModelPackageGroup(
            self,
            "Registry",
            model_package_group_name=self.name,
            model_package_group_description=f"Versions of {self.model}, approved by people.",
        )
        group.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        return group

    def _endpoint(self) -> EndpointConstruct:
        logs.LogGroup(
            self,
            "EndpointLogs",
            log_group_name=f"/aws/sagemaker/Endpoints/{self.name}",
            retention=retention(self._config.retention.log_days),
            encryption_key=self._data.key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        parameters = Parameters(self, self.settings.serving, self.settings.family, self._initial())
        return EndpointConstruct(
            self,
            "Serving",
            names=self.names,
            model=self.model,
            parameters=parameters,
            images=self._images,
            places=self.places,
            role=self._endpoint_role,
            capture=self._data.capture,
            key=self._data.key,
            group=self._group,
        )

    def _initial(self) -> InitialModel | None:
        model, baseline = self.settings.initial_model, self.settings.initial_baseline
        if model is None or baseline is None:
            return None
        return InitialModel(
            stored(self, "InitialModelFile", model, self._folder),
            stored(self, "InitialBaselineFile", baseline, self._folder),
        )

    def _serving(self) -> None:
        settings = serving_settings(
            names=self.names,
            model=self.model,
            serving=self.settings.serving,
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
            description=f"Serving settings of {self.model}: a change goes out as a release.",
            value=self.to_json_string(settings),
        )

    def _pipeline(self) -> None:
        arn = self._training_data.arn(self.partition)
        role = pipeline_role(self, self.places, self._data, self.model, [arn] if arn else [])
        pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=self.name,
            pipeline_display_name=self.name,
            pipeline_description=f"Retrains {self.model} and registers what beats the champion.",
            pipeline_definition={"PipelineDefinitionBody": self._definition(role.role_arn)},
            role_arn=role.role_arn,
        )
        pipeline.node.add_dependency(role)

    def _definition(self, role_arn: str) -> str:
        code = pipeline_code(
            self,
            family=self.settings.family,
            settings=settings_json(self.model, self.settings),
            target=self._target,
        )
        text = pipeline_definition(
            pipeline_name=self.name, model_name=self.model, model=self.settings
        )
        family = self.settings.family
        values = {
            "RoleArn": role_arn,
            "KmsKeyArn": self._data.key.key_arn,
            "Image": self._images.uri(family, repository(family)),
            "ArtifactsBucket": self._data.artifacts.bucket_name,
            "CaptureBucket": self._data.capture.bucket_name,
            "GroundTruthBucket": self._data.ground_truth.bucket_name,
            "TrainingData": self._training_data.uri,
            "ModelPackageGroup": self.name,
            **_files(StepsPackage=code.steps, FamilyPackage=code.family, Settings=code.settings),
        }
        return definition_body(text, values)

    def _schedules(self) -> None:
        schedules = Schedules(
            self, "Schedules", dead_letter_queue=self.dead_letter_queue, key=self._data.key
        )
        hours = self.settings.monitoring.window_hours
        schedules.add(
            "Analysis",
            name=f"{self.name}-analysis",
            expression=f"cron(20 {'*' if hours == 1 else f'0/{hours}'} * * ? *)",
            function_arn=self._shared.functions["start_analysis"].function_arn,
            payload={"model": self.model},
            description=f"Analyses the last window of {self.model}, when its files have arrived.",
            condition=self.endpoint.exists,
        )
        days = self.settings.retraining.schedule_interval_days
        if days is not None:
            schedules.add(
                "Retraining",
                name=f"{self.name}-retraining",
                expression=f"rate({days} {'day' if days == 1 else 'days'})",
                function_arn=self._shared.functions["gate"].function_arn,
                payload={"source": "driftloop.schedule", "model": self.model},
                description=f"Asks the gate to retrain {self.model}, whatever the drift.",
            )

    def _alarms(self) -> None:
        subject = AlarmContext(self.names, self.model, self.settings)
        dead_letter_queue = table.dead_letters(
            f"{self.name}-dead-letter-queue", self.dead_letter_queue.queue_name, whose=self.model
        )
        for alarm in (*table.model_alarms(subject), dead_letter_queue):
            resource = make_alarm(self, alarm, topic=self._shared.topic)
            if alarm.requires_endpoint:
                resource.cfn_options.condition = self.endpoint.exists


def _files(**files: StoredObject) -> dict[str, str]:
    """Each file's URI under its placeholder, and its name under the placeholder with ``Name``."""
    return {
        key: value
        for name, file in files.items()
        for key, value in ((name, file.uri), (f"{name}Name", file.name))
    }


def definition_body(text: str, values: Mapping[str, str]) -> str:
    """The definition, its placeholders replaced by ``values`` (tokens); KeyError for one not given.

    The values stand inside JSON strings: ARNs, names and S3 URIs need no escaping there.
    """
    parts = [part if kind == "text" else values[part] for kind, part in split(text)]
    return Fn.join("", parts)
