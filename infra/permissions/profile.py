"""Permissions of `profile`: read lists and captured files, write profiles and rejected lines."""

from aws_cdk import aws_iam as iam

from infra.permissions.resources import FunctionResources
from infra.permissions.statements import allow_baselines, allow_objects


def grant_profile(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/profile`` calls; it reads no configuration and no ledger."""
    data = resources.data
    allow_objects(role, "Capture", actions=["s3:GetObject"], bucket=data.capture, keys=["*"])
    allow_objects(
        role,
        "ObjectLists",
        actions=["s3:GetObject"],
        bucket=data.analysis,
        keys=["work/*/objects-*"],
    )
    allow_baselines(role, resources)
    allow_objects(
        role,
        "Output",
        actions=["s3:PutObject"],
        bucket=data.analysis,
        keys=["work/*", "quarantine/*"],
    )
