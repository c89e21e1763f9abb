"""What `cdk destroy --all` leaves of an environment, listed, and with ``--delete`` deleted.

Run as `python -m docs.take_down ENVIRONMENT`. Only what carries the environment's tag or name is
touched. The key is not deleted at once: KMS waits 30 days, in which it can be taken back.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3

from driftloop.contract.resource_names import ResourceNames

TAG = "driftloop:environment"
WAIT_DAYS = 30

Leftover = tuple[str, Callable[[], object]]
"""What it is, and what deletes it."""


def leftovers(environment: str) -> Iterator[Leftover]:
    """Everything that is left, in the order in which it can be deleted: the key comes last."""
    prefix = f"{ResourceNames(environment).prefix}-"
    yield from _sagemaker(boto3.client("sagemaker"), prefix)
    arns = list(_tagged(environment))
    yield from (_bucket(arn) for arn in arns if arn.startswith("arn:aws:s3:"))
    yield from (_table(arn) for arn in arns if ":dynamodb:" in arn)
    yield from (found for arn in arns if ":kms:" in arn for found in _key(arn))


def main(arguments: list[str]) -> None:
    """List, or delete."""
    parser = argparse.ArgumentParser(prog="python -m docs.take_down", description=__doc__)
    parser.add_argument("environment", help="as in driftloop.yaml; main by default there")
    parser.add_argument("--delete", action="store_true", help="delete what is listed, for good")
    options = parser.parse_args(arguments)
    for name, delete in leftovers(options.environment):
        sys.stdout.write(f"{'deleting' if options.delete else 'left'}: {name}\n")
        if options.delete:
            delete()


def _tagged(environment: str) -> Iterator[str]:
    pages = boto3.client("resourcegroupstaggingapi").get_paginator("get_resources")
    for page in pages.paginate(TagFilters=[{"Key": TAG, "Values": [environment]}]):
        yield from (item["ResourceARN"] for item in page["ResourceTagMappingList"])


def _bucket(arn: str) -> Leftover:
    bucket = boto3.resource("s3").Bucket(arn.rpartition(":")[2])

    def delete() -> None:
        bucket.object_versions.delete()
        bucket.delete()

    return f"bucket {bucket.name}", delete


def _table(arn: str) -> Leftover:
    name = arn.rpartition("/")[2]
    return f"table {name}", lambda: boto3.client("dynamodb").delete_table(TableName=name)


def _key(arn: str) -> Iterator[Leftover]:
    kms = boto3.client("kms")
    key = kms.describe_key(KeyId=arn)["KeyMetadata"]
    if key["KeyState"] != "PendingDeletion":
        yield (
            f"key {arn} (deleted in {WAIT_DAYS} days)",
            lambda: kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=WAIT_DAYS),
        )


def _sagemaker(client: Any, prefix: str) -> Iterator[Leftover]:
    """Versions and groups of the registry, and what releases made outside of any stack."""
    for group in _named(client, "list_model_package_groups", "ModelPackageGroup", prefix):
        packages = client.get_paginator("list_model_packages")
        for page in packages.paginate(ModelPackageGroupName=group):
            for package in page["ModelPackageSummaryList"]:
                arn = package["ModelPackageArn"]
                yield f"version {arn}", _call(client.delete_model_package, ModelPackageName=arn)
        yield (
            f"registry {group}",
            _call(client.delete_model_package_group, ModelPackageGroupName=group),
        )
    for name in _named(client, "list_endpoint_configs", "EndpointConfig", prefix):
        yield (
            f"endpoint config {name}",
            _call(client.delete_endpoint_config, EndpointConfigName=name),
        )
    for name in _named(client, "list_models", "Model", prefix):
        yield f"model {name}", _call(client.delete_model, ModelName=name)


def _named(client: Any, operation: str, kind: str, prefix: str) -> list[str]:
    plural = {"ModelPackageGroup": "ModelPackageGroupSummaryList"}.get(kind, f"{kind}s")
    pages = client.get_paginator(operation).paginate(NameContains=prefix)
    names = [item[f"{kind}Name"] for page in pages for item in page[plural]]
    return [name for name in names if name.startswith(prefix)]


def _call(function: Callable[..., object], **arguments: str) -> Callable[[], object]:
    return lambda: function(**arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
