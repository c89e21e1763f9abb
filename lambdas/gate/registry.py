"""Versions that wait for a person in the model's package group."""

from botocore.exceptions import ClientError

from lambdas.gate.room import ModelContext


def pending_versions(context: ModelContext) -> list[int] | None:
    """Their numbers; None where the group does not exist, since the model's stack is not there."""
    paginator = context.aws.client("sagemaker").get_paginator("list_model_packages")
    wanted = {
        "ModelPackageGroupName": context.resource,
        "ModelApprovalStatus": "PendingManualApproval",
    }
    try:
        pages = paginator.paginate(**wanted)
        found = [item for page in pages for item in page["ModelPackageSummaryList"]]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"].lower():
            return None
        raise
    return sorted(item["ModelPackageVersion"] for item in found)
