"""The endpoint: CloudFormation creates it and deletes it, and never updates it.

Whatever driftloop.yaml can change stands in a CfnParameter: its default serves the first
deployment, and `cdk deploy` keeps the previous value from then on. So these resources read the same
in every later deployment, CloudFormation finds nothing to update, and the champion that `release`
has put there serves on. What is not a parameter (role, key, bucket, names) can't change without
being replaced. Tags of driftloop.yaml would be an update too: they come with the next release.
"""

from dataclasses import dataclass

from aws_cdk import CfnCondition, CfnParameter, CfnTag, Fn
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from driftloop.config.sections import EndpointSettings
from driftloop.contract.resource_names import VARIANT, ResourceNames
from infra.arns import Arns
from infra.assets import StoredObject
from infra.constructs.container_images import Images, repository

CSV = ["text/csv"]
JSON = ["application/json", "application/jsonlines"]
"""Content types that capture keeps as text; any other arrives as BASE64."""
ENTRY_POINT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
}
UNTOUCHED = [
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::ModelPackage",
    "AWS::ApplicationAutoScaling::ScalableTarget",
]
"""Resources that no tag of driftloop.yaml may reach."""


@dataclass(frozen=True, slots=True)
class InitialModel:
    """The model that a configuration starts from, if any."""

    model: StoredObject
    baseline: StoredObject


class Parameters:
    """The template's parameters; their previous values hold against every later default."""

    def __init__(
        self, scope: Construct, serving: EndpointSettings, family: str, initial: InitialModel | None
    ) -> None:
        def text(id_: str, default: str, meaning: str) -> str:
            return CfnParameter(
                scope, id_, type="String", default=default, description=meaning
            ).value_as_string

        def number(id_: str, default: int, meaning: str) -> int:
            made = CfnParameter(scope, id_, type="Number", default=default, description=meaning)
            return made.value_as_number  # type: ignore[return-value]

        first = "Set once, when the first version is approved and there is no endpoint yet"
        self.package_arn = text("InitialModelPackageArn", "", f"{first}: its ARN.")
        self.version = text("InitialModelVersion", "1", f"{first}: its version.")
        kept = "Of initial_model when the stack was made; kept ever since."
        model, baseline = (initial.model, initial.baseline) if initial else (_NONE, _NONE)
        self.model_bucket = text("InitialModelBucket", model.bucket, kept)
        self.model_key = text("InitialModelKey", model.key, kept)
        self.baseline_bucket = text("InitialBaselineBucket", baseline.bucket, kept)
        self.baseline_key = text("InitialBaselineKey", baseline.key, kept)
        self.family = text("InitialFamily", family, kept)
        self.image = text("InitialImage", repository(family), kept)
        once = "Of the endpoint's creation; later changes of driftloop.yaml come by release."
        self.instance_type = text("InstanceType", serving.instance_type, once)
        self.instance_count = number("InstanceCount", serving.initial_instance_count, once)
        self.max_instance_count = number("MaxInstanceCount", serving.max_instance_count, once)
        self.target_invocations_per_instance = number(
            "TargetInvocations", serving.target_invocations_per_instance, once
        )
        self.sampling = number("SamplingPercentage", serving.capture_sampling_percentage, once)


class EndpointConstruct(Construct):
    """Model, endpoint config, endpoint and its scaling; all conditional on a first version."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        names: ResourceNames,
        model: str,
        parameters: Parameters,
        images: Images,
        places: Arns,
        role: iam.Role,
        capture: s3.IBucket,
        key: kms.IKey,
        group: sagemaker.CfnModelPackageGroup,
    ) -> None:
        super().__init__(scope, id_)
        self._names, self._model, self._parameters = names, model, parameters
        self._tags = [
            CfnTag(key="driftloop:environment", value=names.environment),
            CfnTag(key="driftloop:model", value=model),
        ]
        self._given, self._initial, self.exists = self._conditions(scope)
        package = self._package(images, places, group)
        served = self._served(package, role)
        config = self._config(served, capture, key)
        self.endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=names.resource(model),
            endpoint_config_name=config.attr_endpoint_config_name,
            tags=self._tags,
        )
        self._if(self.exists, self.endpoint)
        self._scaling()

    def _conditions(self, scope: Construct) -> tuple[CfnCondition, CfnCondition, CfnCondition]:
        def given(id_: str, value: str) -> CfnCondition:
            test = Fn.condition_not(Fn.condition_equals(value, ""))
            return CfnCondition(scope, id_, expression=test)

        package = given("HasFirstModelPackage", self._parameters.package_arn)
        initial = given("HasInitialModel", self._parameters.model_key)
        expression = Fn.condition_or(package, initial)  # type: ignore[arg-type]  # jsii's stub
        either = CfnCondition(scope, "HasEndpoint", expression=expression)
        return package, initial, either

    def _package(
        self, images: Images, places: Arns, group: sagemaker.CfnModelPackageGroup
    ) -> sagemaker.CfnModelPackage:
        """Version 1 of the registry, approved: what initial_model brought."""
        p = self._parameters
        container = sagemaker.CfnModelPackage.ModelPackageContainerDefinitionProperty(
            image=images.uri(p.family, p.image),
            model_data_url=self._uri("Model", p.model_bucket, p.model_key, places),
            environment=ENTRY_POINT,
        )
        package = sagemaker.CfnModelPackage(
            self,
            "FirstPackage",
            model_package_group_name=group.model_package_group_name,
            model_approval_status="Approved",
            inference_specification=sagemaker.CfnModelPackage.InferenceSpecificationProperty(
                containers=[container],
                supported_content_types=[*CSV, *JSON],
                supported_response_mime_types=[*CSV, *JSON],
            ),
            customer_metadata_properties={
                "baseline_uri": self._uri("Baseline", p.baseline_bucket, p.baseline_key, places),
                "reason": "initial_model of driftloop.yaml",
                "decision_id": "none",
                "champion_version": "none",
                "training_data_range": "unknown",
            },
        )
        package.add_resource_dependency(group)
        self._if(self._initial, package)
        return package

    def _served(self, package: sagemaker.CfnModelPackage, role: iam.Role) -> sagemaker.CfnModel:
        arn = Fn.condition_if(
            self._given.logical_id, self._parameters.package_arn, package.attr_model_package_arn
        )
        served = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                model_package_name=arn.to_string()
            ),
            # as every later release: a model's code has no business in the network
            enable_network_isolation=True,
            tags=self._tags,
        )
        served.node.add_dependency(role)
        self._if(self.exists, served)
        return served

    def _config(
        self, served: sagemaker.CfnModel, capture: s3.IBucket, key: kms.IKey
    ) -> sagemaker.CfnEndpointConfig:
        p, kind = self._parameters, sagemaker.CfnEndpointConfig
        config = kind(
            self,
            "Config",
            kms_key_id=key.key_arn,
            production_variants=[
                kind.ProductionVariantProperty(
                    variant_name=VARIANT,
                    model_name=served.attr_model_name,
                    instance_type=p.instance_type,
                    initial_instance_count=p.instance_count,
                    initial_variant_weight=1,
                )
            ],
            data_capture_config=kind.DataCaptureConfigProperty(
                enable_capture=True,
                initial_sampling_percentage=p.sampling,
                destination_s3_uri=f"s3://{capture.bucket_name}/{self._model}/v{p.version}",
                kms_key_id=key.key_arn,
                # two entries: the combined mode has failed at deployment
                capture_options=[
                    kind.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")
                ],
                capture_content_type_header=kind.CaptureContentTypeHeaderProperty(
                    csv_content_types=CSV, json_content_types=JSON
                ),
            ),
            tags=self._tags,
        )
        self._if(self.exists, config)
        return config

    def _scaling(self) -> None:
        p, metric = self._parameters, "SageMakerVariantInvocationsPerInstance"
        target = scaling.CfnScalableTarget(
            self,
            "ScalableTarget",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{self._names.resource(self._model)}/variant/{VARIANT}",
            min_capacity=p.instance_count,
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
        self._if(self.exists, target)
        self._if(self.exists, policy)

    def _uri(self, id_: str, bucket: str, key: str, places: Arns) -> str:
        own = CfnCondition(self, f"{id_}IsAsset", expression=Fn.condition_equals(bucket, ""))
        chosen = Fn.condition_if(own.logical_id, places.assets, bucket).to_string()
        return f"s3://{chosen}/{key}"

    def _if(self, condition: CfnCondition, resource: object) -> None:
        resource.cfn_options.condition = condition  # type: ignore[attr-defined]


_NONE = StoredObject("", "", "")
