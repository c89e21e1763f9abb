"""The model package group: created if it is absent, and never deleted."""

import msgspec
from botocore.exceptions import ClientError

from driftloop.contract.registry_resource import RegistryProperties
from lambdas.aws.clients import AwsClients
from lambdas.aws.errors import message_contains


def create_group(aws: AwsClients, group: str, properties: RegistryProperties) -> None:
    """Create the group, or give an existing one the tags of driftloop.yaml."""
    sagemaker = aws.client("sagemaker")
    tags = [msgspec.to_builtins(tag) for tag in properties.tags]
    try:
        sagemaker.create_model_package_group(
            ModelPackageGroupName=group,
            ModelPackageGroupDescription=f"Versions of {properties.model}, approved by people.",
            Tags=tags,
        )
    except ClientError as error:
        if not message_contains(error, "already exist"):
            raise
        arn = sagemaker.describe_model_package_group(ModelPackageGroupName=group)
        sagemaker.add_tags(ResourceArn=arn["ModelPackageGroupArn"], Tags=tags)
