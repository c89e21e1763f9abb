"""The endpoint: CloudFormation creates and deletes it, and never updates it.

`release` updates the endpoint, so CloudFormation must not. Every property that driftloop.yaml can
change is a CfnParameter: its default applies to the first deployment, and `cdk deploy` keeps the
previous value in later deployments. The resources are then the same in every deployment,
CloudFormation finds nothing to update, and the champion keeps serving. The properties that are not
parameters (role, key, bucket, names) change only when their resource is replaced. A tag of
driftloop.yaml would be an update too: `release` sets the tags with the next endpoint config.
"""

from dataclasses import dataclass

from aws_cdk import Aws, CfnCondition, CfnParameter, CfnTag, Fn
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from driftloop.config.sections import EndpointSettings
from driftloop.content_types import (
    CONTENT_TYPES,
    CSV_CONTENT_TYPES,
    JSON_CONTENT_TYPES,
)
from driftloop.contract.resource_names import VARIANT, ResourceNames
from driftloop.instance_types import has_local_storage
from infra.arns import Arns
from infra.assets import StoredObject
from infra.constructs.container_images import ContainerImages, image_repository
from pipelines.families.container_environment import SERVING_ENVIRONMENT

UNTAGGED_TYPES = [
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::ModelPackage",
    "AWS::ApplicationAutoScaling::ScalableTarget",
]
"""Resource types that get no tags of driftloop.yaml: a changed tag would be an update."""
FLEET_KEY, HARDWARE = "key", "hardware"
"""What encrypts the volumes of the instances: the environment's key, or local storage itself."""
NO_OBJECT = StoredObject("", "", "")
"""The default of the parameters without an initial model."""


@dataclass(frozen=True, slots=True)
class InitialModel:
    """The files of ``initial_model`` and ``initial_baseline``."""

    model: StoredObject
    baseline: StoredObject


class EndpointParameters:
    """The template's parameters; a later deployment keeps their previous values."""

    def __init__(
        self,
        scope: Construct,
        *,
        serving: EndpointSettings,
        family: str,
        initial: InitialModel | None,
    ) -> None:
        def text(id_: str, default: str, description: str) -> str:
            return CfnParameter(
                scope, id_, type="String", default=default, description=description
            ).value_as_string

        def number(id_: str, default: int, description: str) -> int:
            parameter = CfnParameter(
                scope, id_, type="Number", default=default, description=description
            )
            return parameter.value_as_number  # type: ignore[return-value]

        once = "set it once, to create the endpoint after the first version was approved."
        self.model_package_arn = text(
            "InitialModelPackageArn", "", f"Model package ARN of the first version: {once}"
        )
        self.version = text("InitialModelVersion", "1", f"Number of the first version: {once}")
        first = "Set from driftloop.yaml when the stack is created; not changed afterwards."
        model, baseline = (initial.model, initial.baseline) if initial else (NO_OBJECT, NO_OBJECT)
        self.model_bucket = text("InitialModelBucket", model.bucket, first)
        self.model_key = text("InitialModelKey", model.key, first)
        self.baseline_bucket = text("InitialBaselineBucket", baseline.bucket, first)
        self.baseline_key = text("InitialBaselineKey", baseline.key, first)
        self.family = text("InitialFamily", family, first)
        self.image = text("InitialImage", image_repository(family), first)
        created = "Set when the endpoint is created; later changes are deployed by `release`."
        self.instance_type = text("InstanceType", serving.instance_type, created)
        # A parameter of its own: CloudFormation can't look up a part of the instance type's name.
        self.volume_encryption = text(
            "VolumeEncryption",
            HARDWARE if has_local_storage(serving.instance_type) else FLEET_KEY,
            created,
        )
        self.initial_instance_count = number(
            "InitialInstanceCount", serving.initial_instance_count, created
        )
        self.max_instance_count = number("MaxInstanceCount", serving.max_instance_count, created)
        self.target_invocations_per_instance = number(
            "TargetInvocationsPerInstance", serving.target_invocations_per_instance, created
        )
        self.capture_sampling_percentage = number(
            "CaptureSamplingPercentage", serving.capture_sampling_percentage, created
        )


class EndpointConstruct(Construct):
    """Model, endpoint config, endpoint and autoscaling; all exist once there is a first version."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        names: ResourceNames,
        model: str,
        parameters: EndpointParameters,
        images: ContainerImages,
        arns: Arns,
        role: iam.Role,
        capture: s3.IBucket,
        key: kms.IKey,
        group: sagemaker.CfnModelPackageGroup,
    ) -> None:
        super().__init__(scope, id_)
        self._names, self._model, self._parameters, self._arns = names, model, parameters, arns
        self._tags = [
            CfnTag(key="driftloop:environment", value=names.environment),
            CfnTag(key="driftloop:model", value=model),
        ]
        self._has_package_arn, self._has_initial_model, self.exists = self._conditions(scope)
        package = self._initial_model_package(images, group)
        model_resource = self._model_resource(package, role)
        config = self._endpoint_config(model_resource, capture, key)
        self.endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=names.resource(model),
            endpoint_config_name=config.attr_endpoint_config_name,
            tags=self._tags,
        )
        self._set_condition(self.exists, self.endpoint)
        self._autoscaling()

    def _conditions(self, scope: Construct) -> tuple[CfnCondition, CfnCondition, CfnCondition]:
        def is_set(id_: str, value: str) -> CfnCondition:
            expression = Fn.condition_not(Fn.condition_equals(value, ""))
            return CfnCondition(scope, id_, expression=expression)

        model_package_arn = is_set("HasInitialModelPackageArn", self._parameters.model_package_arn)
        initial_model = is_set("HasInitialModel", self._parameters.model_key)
        either = Fn.condition_or(model_package_arn, initial_model)  # type: ignore[arg-type]  # jsii's stub
        has_endpoint = CfnCondition(scope, "HasEndpoint", expression=either)
        return model_package_arn, initial_model, has_endpoint

    def _initial_model_package(
        self, images: ContainerImages, group: sagemaker.CfnModelPackageGroup
    ) -> sagemaker.CfnModelPackage:
        """Version 1 in the model registry, approved, made from ``initial_model``."""
        p = self._parameters
        container = sagemaker.CfnModelPackage.ModelPackageContainerDefinitionProperty(
            image=images.uri(family=p.family, repository=p.image),
            model_data_url=self._uri("Model", p.model_bucket, p.model_key),
            environment=SERVING_ENVIRONMENT,
        )
        package = sagemaker.CfnModelPackage(
            self,
            "InitialModelPackage",
            model_package_group_name=group.model_package_group_name,
            model_approval_status="Approved",
            inference_specification=sagemaker.CfnModelPackage.InferenceSpecificationProperty(
                containers=[container],
                supported_content_types=[*CONTENT_TYPES],
                supported_response_mime_types=[*CONTENT_TYPES],
            ),
            customer_metadata_properties={
                "baseline_uri": self._uri("Baseline", p.baseline_bucket, p.baseline_key),
                "reason": "initial_model of driftloop.yaml",
                "decision_id": "none",
                "champion_version": "none",
                "training_data_range": "unknown",
            },
        )
        package.add_resource_dependency(group)
        self._set_condition(self._has_initial_model, package)
        return package

    def _model_resource(
        self, package: sagemaker.CfnModelPackage, role: iam.Role
    ) -> sagemaker.CfnModel:
        arn = Fn.condition_if(
            self._has_package_arn.logical_id,
            self._parameters.model_package_arn,
            package.attr_model_package_arn,
        )
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                model_package_name=arn.to_string()
            ),
            # As in every later release: the code of a model needs no network access.
            enable_network_isolation=True,
            tags=self._tags,
        )
        model.node.add_dependency(role)
        self._set_condition(self.exists, model)
        return model

    def _endpoint_config(
        self, model: sagemaker.CfnModel, capture: s3.IBucket, key: kms.IKey
    ) -> sagemaker.CfnEndpointConfig:
        p, kind = self._parameters, sagemaker.CfnEndpointConfig
        has_key = CfnCondition(
            self,
            "EncryptsVolumesWithKey",
            expression=Fn.condition_equals(p.volume_encryption, FLEET_KEY),
        )
        config = kind(
            self,
            "Config",
            kms_key_id=Fn.condition_if(has_key.logical_id, key.key_arn, Aws.NO_VALUE).to_string(),
            production_variants=[
                kind.ProductionVariantProperty(
                    variant_name=VARIANT,
                    model_name=model.attr_model_name,
                    instance_type=p.instance_type,
                    initial_instance_count=p.initial_instance_count,
                    initial_variant_weight=1,
                )
            ],
            data_capture_config=kind.DataCaptureConfigProperty(
                enable_capture=True,
                initial_sampling_percentage=p.capture_sampling_percentage,
                destination_s3_uri=f"s3://{capture.bucket_name}/{self._model}/v{p.version}",
                kms_key_id=key.key_arn,
                # Two entries: the combined mode `InputAndOutput` fails at deployment.
                capture_options=[
                    kind.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")
                ],
                capture_content_type_header=kind.CaptureContentTypeHeaderProperty(
                    csv_content_types=[*CSV_CONTENT_TYPES],
                    json_content_types=[*JSON_CONTENT_TYPES],
                ),
            ),
            tags=self._tags,
        )
        self._set_condition(self.exists, config)
        return config

    def _autoscaling(self) -> None:
        p, metric = self._parameters, "SageMakerVariantInvocationsPerInstance"
        target = scaling.CfnScalableTarget(
            self,
            "ScalableTarget",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{self._names.resource(self._model)}/variant/{VARIANT}",
            min_capacity=p.initial_instance_count,
            max_capacity=p.max_instance_count,
        )
        target.add_resource_dependency(self.endpoint)
        kind = scaling.CfnScalingPolicy
        policy = kind(
            self,
            "ScalingPolicy",
            policy_name="invocations-per-instance",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=(
                kind.TargetTrackingScalingPolicyConfigurationProperty(
                    target_value=p.target_invocations_per_instance,
                    predefined_metric_specification=kind.PredefinedMetricSpecificationProperty(
                        predefined_metric_type=metric
                    ),
                )
            ),
        )
        self._set_condition(self.exists, target)
        self._set_condition(self.exists, policy)

    def _uri(self, id_: str, bucket: str, key: str) -> str:
        """Return an S3 URI; an empty ``bucket`` stands for the bucket of CDK's assets."""
        is_asset = CfnCondition(self, f"{id_}IsAsset", expression=Fn.condition_equals(bucket, ""))
        name = Fn.condition_if(is_asset.logical_id, self._arns.assets_bucket_name, bucket)
        return f"s3://{name.to_string()}/{key}"

    def _set_condition(self, condition: CfnCondition, resource: object) -> None:
        resource.cfn_options.condition = condition  # type: ignore[attr-defined]
