"""What the custom resource is: the group, and the version that CloudFormation's endpoint serves.

The version is chosen when the endpoint is created. It is the resource's physical id, so every
later update returns the same version, whatever driftloop.yaml says then: the Model and the
EndpointConfig of CloudFormation never change, and releases deploy all later versions.
"""

from dataclasses import dataclass

import msgspec

from driftloop.contract.registry_resource import (
    CustomResourceRequest,
    RegistryAttributes,
    RegistryProperties,
)
from driftloop.contract.resource_names import ResourceNames
from driftloop.errors import InputError
from lambdas.aws.clients import AwsClients
from lambdas.registry.group import create_group
from lambdas.registry.initial_model import register_initial_model
from lambdas.registry.packages import find_champion, get_version


@dataclass(frozen=True, slots=True)
class ProvidedResource:
    """The resource's physical id and attributes: the same request gives the same ones."""

    physical_id: str
    attributes: RegistryAttributes


def resource_names(aws: AwsClients) -> ResourceNames:
    """The names of the function's environment."""
    return ResourceNames(aws.setting("DRIFTLOOP_ENVIRONMENT"))


def provide(aws: AwsClients, request: CustomResourceRequest) -> ProvidedResource:
    """Carry out the request.

    Delete retains everything: the registry is the record of what was approved and released.

    Raises:
        InputError: A property is invalid, or the version can't be served.
    """
    physical_id = request.physical_resource_id or ""
    if request.request_type == "Delete":
        return ProvidedResource(physical_id, RegistryAttributes())
    properties = _decode(request.resource_properties)
    group = resource_names(aws).resource(properties.model)
    create_group(aws, group, properties)
    if _serves(request, properties):
        _require_same_version(properties, physical_id)
        return _provided(physical_id)
    version = _choose_version(aws, group, properties, request.request_id)
    if version is None:
        return ProvidedResource(group, RegistryAttributes())
    return _provided(version)


def _provided(model_package_arn: str) -> ProvidedResource:
    number = model_package_arn.rpartition("/")[2]
    attributes = RegistryAttributes(model_package_arn=model_package_arn, version=number)
    return ProvidedResource(model_package_arn, attributes)


def _serves(request: CustomResourceRequest, properties: RegistryProperties) -> bool:
    """Whether the stack has had, and keeps, an endpoint with the version of the physical id."""
    if request.request_type != "Update":
        return False
    had_endpoint = _decode(request.old_resource_properties).has_endpoint == "true"
    return had_endpoint and properties.has_endpoint == "true"


def _require_same_version(properties: RegistryProperties, serving: str) -> None:
    asked = properties.model_package_arn
    if asked and asked.lower() != serving.lower():
        raise InputError(
            f"the stack has created its endpoint with {serving}, and CloudFormation never changes"
            f" what an endpoint serves. To deploy {asked}, set its approval status to Approved."
            " Deploy this stack again without the parameter InitialModelPackageArn"
        )


def _choose_version(
    aws: AwsClients, group: str, properties: RegistryProperties, request_id: str
) -> str | None:
    """The version that a person chose, else the champion, else that of ``initial_model``."""
    if properties.model_package_arn:
        return get_version(aws, group, properties.model, properties.model_package_arn)
    if properties.initial_model is None:
        if properties.has_endpoint == "true":
            raise InputError(
                f"{properties.model} has no version for its endpoint: set initial_model in"
                " driftloop.yaml, or the parameter InitialModelPackageArn"
            )
        return None
    return find_champion(aws, group, properties.model) or register_initial_model(
        aws, group, properties.model, properties.initial_model, request_id
    )


def _decode(properties: dict[str, object]) -> RegistryProperties:
    try:
        return msgspec.convert(properties, RegistryProperties)
    except msgspec.ValidationError as error:
        raise InputError(f"the properties of the custom resource are invalid: {error}") from error
