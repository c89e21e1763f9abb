"""Permissions of `describe_challenger`: read the reports and the archive of an execution."""

from aws_cdk import aws_iam as iam

from driftloop.contract.pipeline_reports import CURATION_FILE, EVALUATION_FILE
from infra.permissions.resources import FunctionResources
from infra.permissions.statements import allow_objects


def grant_describe_challenger(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/describe_challenger`` calls."""
    allow_objects(
        role,
        "ChallengerFiles",
        actions=["s3:GetObject"],
        bucket=resources.data.artifacts,
        keys=[
            f"runs/*/evaluate/evaluation/{EVALUATION_FILE}",
            f"runs/*/curate/curation/{CURATION_FILE}",
            "runs/*/model/*/output/model.tar.gz",
        ],
    )
