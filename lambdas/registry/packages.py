"""The versions of a model package group: the one a person chose, and the ledger's champion."""

from typing import Any

from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import ChampionItem
from driftloop.errors import InputError
from lambdas.aws.clients import AwsClients
from lambdas.aws.context import open_ledger

APPROVED = "Approved"
"""SageMaker creates a Model only from an approved version of a group."""


def find_package(aws: AwsClients, arn: str) -> dict[str, Any] | None:
    """The response of DescribeModelPackage, or None if there is no such model package."""
    try:
        found = aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        # SageMaker has no error code of its own for a model package that does not exist.
        if "does not exist" in error.response["Error"]["Message"].lower():
            return None
        raise
    return dict(found)


def get_version(aws: AwsClients, group: str, arn: str) -> str:
    """The ARN of a version that a person chose for the endpoint.

    Raises:
        InputError: It does not exist, belongs to another group, or is not approved.
    """
    found = find_package(aws, arn)
    if found is None:
        raise InputError(f"InitialModelPackageArn: there is no model package {arn}")
    if found.get("ModelPackageGroupName", "").lower() != group.lower():
        raise InputError(
            f"InitialModelPackageArn: {arn} is no version of the model package group {group}"
        )
    if found.get("ModelApprovalStatus") != APPROVED:
        raise InputError(
            f"InitialModelPackageArn: {arn} has the approval status"
            f" {found.get('ModelApprovalStatus')}; set it to Approved first"
        )
    return str(found["ModelPackageArn"])


def find_champion(aws: AwsClients, group: str, model: str) -> str | None:
    """The ARN of the ledger's champion, if it is still an approved version of the group."""
    champion = open_ledger(aws, model).get(ChampionItem)
    found = find_package(aws, champion.model_package_arn) if champion else None
    if found is None or found.get("ModelApprovalStatus") != APPROVED:
        return None
    same_group = found.get("ModelPackageGroupName", "").lower() == group.lower()
    return str(found["ModelPackageArn"]) if same_group else None
