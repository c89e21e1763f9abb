"""The parameters of a model's template: what `release` changes later, CloudFormation must not."""

from aws_cdk import CfnCondition, CfnParameter, Fn
from constructs import Construct

from driftloop.config.sections import EndpointSettings
from driftloop.instance_types import has_local_storage

FLEET_KEY, HARDWARE = "key", "hardware"
"""What encrypts the volumes of the instances: the environment's key, or local storage itself."""


class EndpointParameters:
    """The template's parameters; a later deployment keeps their previous values.

    There is an endpoint if the stack was created with ``initial_model``, or after a person has
    given the ARN of the first approved version. Both are parameters, so that an endpoint stays
    when ``initial_model`` is removed from driftloop.yaml.
    """

    def __init__(
        self, scope: Construct, *, serving: EndpointSettings, has_initial_model: bool
    ) -> None:
        self._scope = scope
        self.model_package_arn = self._text(
            "InitialModelPackageArn",
            "",
            "Model package ARN of the first version: set it once, to create the endpoint after the"
            " version was approved.",
        )
        initial_model = CfnParameter(
            scope,
            "HasInitialModel",
            type="String",
            default="true" if has_initial_model else "false",
            allowed_values=["true", "false"],
            description="Whether driftloop.yaml had initial_model when the stack was created.",
        ).value_as_string
        created = "Set when the endpoint is created; later changes are deployed by `release`."
        self.instance_type = self._text("InstanceType", serving.instance_type, created)
        # A parameter of its own: CloudFormation can't look up a part of the instance type's name.
        self.volume_encryption = self._text(
            "VolumeEncryption",
            HARDWARE if has_local_storage(serving.instance_type) else FLEET_KEY,
            created,
        )
        self.initial_instance_count = self._number(
            "InitialInstanceCount", serving.initial_instance_count, created
        )
        self.max_instance_count = self._number(
            "MaxInstanceCount", serving.max_instance_count, created
        )
        self.target_invocations_per_instance = self._number(
            "TargetInvocationsPerInstance", serving.target_invocations_per_instance, created
        )
        self.capture_sampling_percentage = self._number(
            "CaptureSamplingPercentage", serving.capture_sampling_percentage, created
        )
        has_arn = Fn.condition_not(Fn.condition_equals(self.model_package_arn, ""))
        has_model = Fn.condition_equals(initial_model, "true")
        self.has_endpoint = CfnCondition(
            scope,
            "HasEndpoint",
            expression=Fn.condition_or(has_arn, has_model),
        )

    def _text(self, id_: str, default: str, description: str) -> str:
        return CfnParameter(
            self._scope, id_, type="String", default=default, description=description
        ).value_as_string

    def _number(self, id_: str, default: int, description: str) -> int:
        parameter = CfnParameter(
            self._scope, id_, type="Number", default=default, description=description
        )
        return parameter.value_as_number  # type: ignore[return-value]
