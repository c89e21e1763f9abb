"""CloudFormation's calls to SageMaker, and what all resource types share.

A provisioner is ``create(logical_id, properties, stack_name)`` and ``update(physical_id, old, new,
stack_name, logical_id)``, which return the physical id and the attributes, and
``delete(physical_id, properties)``. Each may block, because creating an endpoint waits for its
models: run it in a worker thread.
"""

import secrets
import string
from collections.abc import Callable
from typing import Any

from rehearsal.sagemaker.errors import ServiceError
from rehearsal.sagemaker.protocols import Body
from rehearsal.sagemaker.service import SageMaker

ProvisionedResource = tuple[str, Body]
"""Physical id and attributes."""

Provisioner = dict[str, Callable[..., Any] | bool]
"""The functions by name, and MiniStack's flag that ``update`` takes the logical id."""

CALLER = "cloudformation"
MAX_NAME_LENGTH = 63
"""Characters that SageMaker allows in a name."""

NAME_CHARACTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits
"""Characters of the random part of generated names."""


class CloudFormationCalls:
    """Calls SageMaker. An error reads as CloudFormation reports it."""

    def __init__(self, service: SageMaker) -> None:
        self.service = service

    def __call__(self, api: str, **body: Any) -> Body:
        """Call one API; raises ValueError, which fails the resource."""
        try:
            return self.service.handle(api, body, caller=CALLER)
        except ServiceError as error:
            raise ValueError(f"{api}: {error}") from error

    def delete_if_exists(self, api: str, **body: Any) -> None:
        """Call a Delete API; a resource that does not exist is not an error."""
        try:
            self.service.handle(api, body, caller=CALLER)
        except ServiceError as error:
            if "not find" not in error.message and "not exist" not in error.message:
                raise ValueError(f"{api}: {error}") from error

    def update_tags(self, arn: str, old: Body, new: Body) -> None:
        """Delete and add tags so that the resource has those of its new properties."""
        old_tags = {tag["Key"]: tag["Value"] for tag in old.get("Tags", [])}
        new_tags = {tag["Key"]: tag["Value"] for tag in new.get("Tags", [])}
        removed = sorted(old_tags.keys() - new_tags.keys())
        if removed:
            self("DeleteTags", ResourceArn=arn, TagKeys=removed)
        if new_tags and new_tags != old_tags:
            tags = [{"Key": key, "Value": value} for key, value in new_tags.items()]
            self("AddTags", ResourceArn=arn, Tags=tags)


def generate_name(logical_id: str) -> str:
    """Generate a name as CloudFormation does for SageMaker: logical id and random characters.

    The stack's name is no part of it (aws/aws-cli#4021, go-to-k/cdk-real-drift#1527).
    """
    token = "".join(secrets.choice(NAME_CHARACTERS) for _ in range(12))
    return f"{logical_id[: MAX_NAME_LENGTH - len(token) - 1]}-{token}"


def name_from_arn(arn: str) -> str:
    """Return the last part of an ARN; a name stays as it is."""
    return arn.rpartition("/")[2]
