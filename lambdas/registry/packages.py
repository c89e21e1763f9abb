"""The versions of a model package group: the one a person chose, and the ledger's champion."""

from typing import Any

from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import ChampionItem
from driftloop.errors import InputError
from lambdas.aws.clients import AwsClients
from lambdas.aws.context import open_ledger
from lambdas.aws.errors import message_contains

APPROVED = "Approved"
"""SageMaker creates a Model only from an approved version of a group."""


def find_package(aws: AwsClients, arn: str) -> dict[str, Any] | None:
    """The response of DescribeModelPackage, or None if there is no such model package."""
    try:
        found = aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        if message_contains(error, "does not exist"):
            return None
        raise
    return dict(found)


def get_version(aws: AwsClients, group: str, model: str, arn: str) -> str:
    """The ARN of a version that a person chose for the endpoint.

    Raises:
        InputError: The endpoint can't serve it; the message says why.
    """
    found = find_package(aws, arn)
    if found is None:
        raise InputError(f"InitialModelPackageArn: there is no model package {arn}")
    problem = _problem(aws, group, model, found)
    if problem is not None:
        raise InputError(f"InitialModelPackageArn: {arn} {problem}")
    return str(found["ModelPackageArn"])


def find_champion(aws: AwsClients, group: str, model: str) -> str | None:
    """The ARN of the ledger's champion, if the endpoint can still serve it."""
    champion = open_ledger(aws, model).get(ChampionItem)
    found = find_package(aws, champion.model_package_arn) if champion else None
    if found is None or _problem(aws, group, model, found) is not None:
        return None
    return str(found["ModelPackageArn"])


def _problem(aws: AwsClients, group: str, model: str, found: dict[str, Any]) -> str | None:
    """Why the endpoint can't serve a model package; None if it can."""
    if found.get("ModelPackageGroupName", "").lower() != group.lower():
        return f"is no version of the model package group {group}"
    if found.get("ModelApprovalStatus") != APPROVED:
        return f"has the approval status {found.get('ModelApprovalStatus')}; set it to Approved"
    url = found["InferenceSpecification"]["Containers"][0].get("ModelDataUrl", "")
    readable = f"s3://{aws.setting('ARTIFACTS_BUCKET')}/runs/{model}/"
    if not url.startswith(readable):
        return (
            f"has its archive at {url}, and the endpoint reads archives below {readable} only. An"
            " earlier data stack of this environment may have owned that bucket. Train or register"
            " another version"
        )
    return None
