"""Permissions of `plan`: list captured files and write the manifest of an analysis."""

from aws_cdk import aws_iam as iam

from infra.permissions.resources import FunctionResources
from infra.permissions.statements import (
    allow_fleet_file,
    allow_ledger,
    allow_list_bucket,
    allow_objects,
)


def grant_plan(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/plan`` calls."""
    data = resources.data
    allow_fleet_file(role, resources)
    allow_list_bucket(role, "ListCapture", bucket_arn=data.capture.bucket_arn)
    allow_objects(
        role,
        "Work",
        actions=["s3:GetObject", "s3:PutObject"],
        bucket=data.analysis,
        keys=["work/*"],
    )
    allow_list_bucket(role, "ListWork", bucket_arn=data.analysis.bucket_arn)
    allow_ledger(
        role, resources, actions=["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"]
    )
