"""Permissions of `registry`: create groups, copy and register initial models."""

from aws_cdk import aws_iam as iam

from infra.assets import keys_by_bucket
from infra.constructs.iam_statements import allow
from infra.permissions.resources import FunctionResources
from infra.permissions.statements import (
    FLEET_WIDE,
    allow_ledger,
    allow_list_bucket,
    allow_objects,
)

INITIAL_FILES = "runs/*/initial/*"
"""Keys of the copies in the artifacts bucket."""


def grant_registry(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/registry`` calls."""
    _allow_model_registry(role, resources)
    allow_ledger(role, resources, actions=["dynamodb:GetItem"])
    _allow_copies(role, resources)
    _allow_sources(role, resources)


def _allow_model_registry(role: iam.Role, resources: FunctionResources) -> None:
    arns = resources.arns
    groups = arns.fleet_pattern("sagemaker", "model-package-group")
    allow(
        role,
        "ModelPackageGroups",
        actions=[
            "sagemaker:CreateModelPackageGroup",
            "sagemaker:DescribeModelPackageGroup",
            "sagemaker:AddTags",
        ],
        resources=[groups],
        wildcard_reason=FLEET_WIDE,
    )
    allow(
        role,
        "ModelPackages",
        actions=[
            "sagemaker:CreateModelPackage",
            "sagemaker:DescribeModelPackage",
            "sagemaker:ListModelPackages",
        ],
        resources=[arns.fleet_pattern("sagemaker", "model-package"), groups],
        wildcard_reason=FLEET_WIDE,
    )


def _allow_copies(role: iam.Role, resources: FunctionResources) -> None:
    """S3 copies in parts: an upload that fails is aborted."""
    bucket = resources.data.artifacts
    allow_objects(
        role,
        "InitialModels",
        actions=["s3:PutObject", "s3:AbortMultipartUpload"],
        bucket=bucket,
        keys=[INITIAL_FILES],
    )
    allow_list_bucket(
        role, "ListInitialModels", bucket_arn=bucket.bucket_arn, prefixes=[INITIAL_FILES]
    )


def _allow_sources(role: iam.Role, resources: FunctionResources) -> None:
    """Read the files of `initial_model` where driftloop.yaml, or the asset bucket, has them."""
    arns, files = resources.arns, resources.initial_files
    by_bucket = keys_by_bucket(files.objects, arns.assets_bucket_name)
    for number, (bucket, names) in enumerate(by_bucket.items()):
        allow(
            role,
            f"Source{number}",
            actions=["s3:GetObject"],
            resources=arns.objects(bucket, *names),
        )
        allow(
            role,
            f"ListSource{number}",
            actions=["s3:ListBucket"],
            resources=[arns.bucket(bucket)],
            conditions={"StringEquals": {"s3:prefix": names}},
        )
    if files.key_arns:
        allow(role, "SourceKeys", actions=["kms:Decrypt"], resources=files.key_arns)
