"""List the resources that `cdk destroy --all` retains; delete them with ``--delete``.

Run it as `python -m docs.delete_environment ENVIRONMENT`. It selects resources by the environment's
tag or name prefix and touches no others. The KMS key is scheduled for deletion: the deletion can be
canceled for 30 days.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import boto3

from driftloop.contract.resource_names import ResourceNames

TAG = "driftloop:environment"
KEY_DELETION_DAYS = 30
"""Days until KMS deletes the key; 30 is the longest waiting period that KMS allows."""

RetainedResource = tuple[str, Callable[[], object]]
"""A description, and the function that deletes the resource."""


def retained_resources(environment: str) -> Iterator[RetainedResource]:
    """Yield the retained resources in an order that allows deletion; the key comes last."""
    prefix = f"{ResourceNames(environment).prefix}-"
    yield from _sagemaker(boto3.client("sagemaker"), prefix)
    yield from _rollback_alarms(prefix)
    arns = list(_tagged(environment))
    yield from (_bucket(arn) for arn in arns if ":s3:::" in arn)
    yield from (_table(arn) for arn in arns if ":dynamodb:" in arn)
    yield from (resource for arn in arns if ":kms:" in arn for resource in _key(arn))


def main(arguments: list[str]) -> None:
    """Parse the arguments, then list or delete the retained resources."""
    parser = argparse.ArgumentParser(prog="python -m docs.delete_environment", description=__doc__)
    parser.add_argument(
        "environment", help="`environment` of driftloop.yaml; `main` is its default"
    )
    parser.add_argument(
        "--delete", action="store_true", help="delete the listed resources permanently"
    )
    options = parser.parse_args(arguments)
    for name, delete in retained_resources(options.environment):
        sys.stdout.write(f"{'deleting' if options.delete else 'retained'}: {name}\n")
        if options.delete:
            delete()


def _tagged(environment: str) -> Iterator[str]:
    pages = boto3.client("resourcegroupstaggingapi").get_paginator("get_resources")
    for page in pages.paginate(TagFilters=[{"Key": TAG, "Values": [environment]}]):
        yield from (item["ResourceARN"] for item in page["ResourceTagMappingList"])


def _bucket(arn: str) -> RetainedResource:
    bucket = boto3.resource("s3").Bucket(arn.rpartition(":")[2])

    def delete() -> None:
        bucket.object_versions.delete()
        bucket.delete()

    return f"bucket {bucket.name}", delete


def _table(arn: str) -> RetainedResource:
    name = arn.rpartition("/")[2]
    return f"table {name}", lambda: boto3.client("dynamodb").delete_table(TableName=name)


def _key(arn: str) -> Iterator[RetainedResource]:
    kms = boto3.client("kms")
    key = kms.describe_key(KeyId=arn)["KeyMetadata"]
    if key["KeyState"] != "PendingDeletion":
        yield (
            f"key {arn} (deleted in {KEY_DELETION_DAYS} days)",
            lambda: kms.schedule_key_deletion(
                KeyId=key["KeyId"], PendingWindowInDays=KEY_DELETION_DAYS
            ),
        )


def _sagemaker(client: Any, prefix: str) -> Iterator[RetainedResource]:
    """Yield registry versions and groups, and the models and endpoint configs made by releases."""
    for group in _list_names(client, "list_model_package_groups", "ModelPackageGroup", prefix):
        packages = client.get_paginator("list_model_packages")
        for page in packages.paginate(ModelPackageGroupName=group):
            for package in page["ModelPackageSummaryList"]:
                arn = package["ModelPackageArn"]
                yield (
                    f"model package {arn}",
                    _call(client.delete_model_package, ModelPackageName=arn),
                )
        yield (
            f"model package group {group}",
            _call(client.delete_model_package_group, ModelPackageGroupName=group),
        )
    for name in _list_names(client, "list_endpoint_configs", "EndpointConfig", prefix):
        yield (
            f"endpoint config {name}",
            _call(client.delete_endpoint_config, EndpointConfigName=name),
        )
    for name in _list_names(client, "list_models", "Model", prefix):
        yield f"model {name}", _call(client.delete_model, ModelName=name)


def _rollback_alarms(prefix: str) -> Iterator[RetainedResource]:
    """Yield the alarms of releases that were in progress when their model's stack was deleted."""
    client = boto3.client("cloudwatch")
    pages = client.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
    names = [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]]
    for name in names:
        yield f"alarm {name}", partial(client.delete_alarms, AlarmNames=[name])


def _list_names(client: Any, operation: str, kind: str, prefix: str) -> list[str]:
    plural = {"ModelPackageGroup": "ModelPackageGroupSummaryList"}.get(kind, f"{kind}s")
    pages = client.get_paginator(operation).paginate(NameContains=prefix)
    names = [item[f"{kind}Name"] for page in pages for item in page[plural]]
    return [name for name in names if name.startswith(prefix)]


def _call(function: Callable[..., object], **arguments: str) -> Callable[[], object]:
    return lambda: function(**arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
