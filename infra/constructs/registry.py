"""The model package group and the first version of a model: a custom resource.

CloudFormation can't create a group that exists, and a group with versions is retained when its
stack is deleted. So the function `registry` creates the group if it is absent, registers
``initial_model`` once, and reuses what an earlier stack of the same model has left: the
champion of the ledger, or an earlier registration of the same files.

The resource is retained on delete: deleting the stack does not invoke the function, so it also
succeeds after the shared stack is gone.

CloudFormation invokes the function with the permissions of the person who deploys, or of the role
that CloudFormation assumes (CDK's bootstrap creates one). The function needs no resource
policy for it.
Source: AWS Lambda Developer Guide, "Using AWS Lambda with AWS CloudFormation".
"""

import json
from collections.abc import Mapping

import msgspec
from aws_cdk import CustomResource, Duration, Fn, RemovalPolicy
from constructs import Construct

from driftloop.content_types import CONTENT_TYPES
from driftloop.contract.registry_resource import (
    RESOURCE_TYPE,
    InitialModelProperties,
    RegistryAttributes,
)
from infra.arns import Arns
from infra.assets import InitialModel
from infra.constructs.container_images import ContainerImages, image_repository
from infra.constructs.endpoint_parameters import EndpointParameters
from pipelines.families.container_environment import SERVING_ENVIRONMENT

FUNCTION = "registry"
SERVICE_TIMEOUT_SECONDS = 2100
"""CloudFormation's wait for an answer: three attempts of the function, and Lambda's pauses."""


class RegistryConstruct(Construct):
    """The custom resource, and the attributes that it returns."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        arns: Arns,
        model: str,
        family: str,
        tags: Mapping[str, str],
        parameters: EndpointParameters,
        initial: InitialModel | None,
        images: ContainerImages,
    ) -> None:
        super().__init__(scope, id_)
        # The function is in another stack. Its ARN is built from its name, because an export can't
        # be removed while a stack imports it.
        function = arns.function(FUNCTION)
        has_endpoint = Fn.condition_if(parameters.has_endpoint.logical_id, "true", "false")
        self._resource = CustomResource(
            self,
            "Resource",
            service_token=function,
            service_timeout=Duration.seconds(SERVICE_TIMEOUT_SECONDS),
            resource_type=RESOURCE_TYPE,
            removal_policy=RemovalPolicy.RETAIN,
            properties={
                "Model": model,
                "Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
                "HasEndpoint": has_endpoint,
                "ModelPackageArn": parameters.model_package_arn,
                **_initial_properties(initial, images, family),
            },
        )
        self.model_package_arn = self._attribute("model_package_arn")
        self.version = self._attribute("version")

    def _attribute(self, field: str) -> str:
        names = {f.name: f.encode_name for f in msgspec.structs.fields(RegistryAttributes)}
        return self._resource.get_att_string(names[field])


def _initial_properties(
    initial: InitialModel | None, images: ContainerImages, family: str
) -> dict[str, object]:
    if initial is None:
        return {}
    properties = InitialModelProperties(
        model_uri=initial.model.uri,
        baseline_uri=initial.baseline.uri,
        image=images.uri(family=family, repository=image_repository(family)),
        environment=dict(SERVING_ENVIRONMENT),
        content_types=CONTENT_TYPES,
    )
    # Through JSON, because jsii takes no tuples.
    return {"InitialModel": json.loads(msgspec.json.encode(properties))}
