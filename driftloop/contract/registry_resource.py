"""The custom resource of a model's stack, which the function `registry` provides.

Sources: CloudFormation's User Guide, "Request and response reference for custom resources":
CloudFormation sends every property as text, and accepts a response of at most 4096 bytes.
"""

from typing import Any, Literal

import msgspec

RESOURCE_TYPE = "Custom::DriftloopRegistry"
"""The resource's type in templates."""


class CustomResourceRequest(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """CloudFormation invokes registry with it; ``ResponseURL`` takes one answer."""

    request_type: Literal["Create", "Update", "Delete"]
    request_id: str
    response_url: str = msgspec.field(name="ResponseURL")
    stack_id: str
    logical_resource_id: str
    physical_resource_id: str | None = None
    resource_properties: dict[str, Any]
    old_resource_properties: dict[str, Any] = {}


class Tag(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A tag, as SageMaker takes it."""

    key: str
    value: str


class InitialModelProperties(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """``initial_model`` and ``initial_baseline`` as S3 URIs, and how the model is served."""

    model_uri: str
    baseline_uri: str
    image: str
    environment: dict[str, str]
    content_types: tuple[str, ...]


class RegistryProperties(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The resource's properties in the template of a model's stack.

    ``has_endpoint`` is ``true`` if the stack has an endpoint. ``model_package_arn`` is the version
    that a person chose for it, or empty. ``initial_model`` is absent without the setting.
    """

    model: str
    tags: tuple[Tag, ...] = ()
    has_endpoint: Literal["true", "false"]
    model_package_arn: str = ""
    initial_model: InitialModelProperties | None = None


class RegistryAttributes(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What ``Fn::GetAtt`` returns; both are empty while there is no version for the endpoint."""

    model_package_arn: str = ""
    version: str = ""
