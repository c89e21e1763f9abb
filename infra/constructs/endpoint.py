"""The endpoint: CloudFormation creates and deletes it, and never updates it.

`release` updates the endpoint, so CloudFormation must not. Every property that driftloop.yaml can
change is a CfnParameter: its default applies to the first deployment, and `cdk deploy` keeps the
previous value in later deployments. What the endpoint serves is an attribute of the model's custom
resource, which returns the same version in every update. The resources are then the same in every
deployment, CloudFormation finds nothing to update, and the champion keeps serving. A tag of
driftloop.yaml would be an update too: `release` sets the tags with the next endpoint config.

Model and EndpointConfig have names of their own, for two reasons. The names begin with the
environment's prefix, so the permissions of `release` include them; names that CloudFormation
generates begin with the logical id (aws/aws-cli#4021). And CloudFormation refuses to replace a
resource with a name: a change of a property that is no parameter (role, key, bucket) fails the
deployment and is rolled back, instead of a return of the endpoint to its first version. A
change of such a property in this file has to take this into account.

`release` never deletes this Model and this EndpointConfig: it deletes only what it has created
itself. They are deleted with the stack.
"""

from aws_cdk import Aws, CfnCondition, CfnTag, Fn
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from driftloop.content_types import CSV_CONTENT_TYPES, JSON_CONTENT_TYPES
from driftloop.contract.resource_names import VARIANT, ResourceNames
from infra.constructs.endpoint_parameters import FLEET_KEY, EndpointParameters
from infra.constructs.registry import RegistryConstruct

UNTAGGED_TYPES = [
    "AWS::SageMaker::Model",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Endpoint",
    "AWS::ApplicationAutoScaling::ScalableTarget",
]
"""Resource types that get no tags of driftloop.yaml: a changed tag would be an update."""


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
        registry: RegistryConstruct,
        role: iam.Role,
        capture: s3.IBucket,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_)
        self._names, self._model, self._parameters = names, model, parameters
        self._registry, self.exists = registry, parameters.has_endpoint
        self._name = names.initial_release(model, registry.version)
        self._tags = [
            CfnTag(key="driftloop:environment", value=names.environment),
            CfnTag(key="driftloop:model", value=model),
        ]
        model_resource = self._model_resource(role)
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

    @property
    def name(self) -> str:
        """The endpoint's name, as a reference to the endpoint where there is one.

        A resource that uses it is created after the endpoint and deleted before it. `release` acts
        on a model while its serving parameter exists, which is such a resource: it does nothing
        while the stack is being created or deleted. ``DependsOn`` can't be conditional.
        """
        return Fn.condition_if(
            self.exists.logical_id,
            self.endpoint.attr_endpoint_name,
            self._names.resource(self._model),
        ).to_string()

    def _model_resource(self, role: iam.Role) -> sagemaker.CfnModel:
        model = sagemaker.CfnModel(
            self,
            "Model",
            model_name=self._name,
            execution_role_arn=role.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                model_package_name=self._registry.model_package_arn
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
            endpoint_config_name=self._name,
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
                destination_s3_uri=(
                    f"s3://{capture.bucket_name}/{self._model}/v{self._registry.version}"
                ),
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

    def _set_condition(self, condition: CfnCondition, resource: object) -> None:
        resource.cfn_options.condition = condition  # type: ignore[attr-defined]
