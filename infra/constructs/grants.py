"""Permissions, one statement at a time: no wildcard without its reason beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import IConstruct

USE_KEY = ("kms:Decrypt", "kms:GenerateDataKey")


def allow(
    role: iam.Role,
    sid: str,
    *,
    to: Sequence[str],
    on: Sequence[str],
    when: Mapping[str, Any] | None = None,
    because: str | None = None,
) -> None:
    """Let ``role`` do ``to`` on ``on``; a ``*`` in either needs ``because``, else ValueError."""
    wildcard = any("*" in text for text in (*to, *on))
    if wildcard and because is None:
        raise ValueError(f"{sid}: a wildcard in {to} on {on} needs a reason: say `because`")
    role.add_to_principal_policy(
        iam.PolicyStatement(sid=sid, actions=[*to], resources=[*on], conditions=when)
    )
    if because is not None:
        accept(role, "AwsSolutions-IAM5", f"{sid}: {because}")


def allow_key(role: iam.Role, key: kms.IKey, *, to: Sequence[str] = USE_KEY) -> None:
    """Let ``role`` read and write what is encrypted with the fleet's key."""
    allow(role, "FleetKey", to=to, on=[key.key_arn])


def accept(construct: IConstruct, finding: str, reason: str) -> None:
    """Acknowledge a finding of cdk-nag on ``construct`` and below it, with its reason."""
    Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))
