"""Permissions, one statement at a time: no wildcard without its reason beside it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import Acknowledgment, Reference, Stack, Tokenization, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import IConstruct

USE_KEY = ("kms:Decrypt", "kms:GenerateDataKey")
_TOKEN = re.compile(r"(\$\{Token\[[^\]]+\]\})")


def allow(
    role: iam.Role,
    sid: str,
    *,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Mapping[str, Any] | None = None,
    wildcard_reason: str | None = None,
) -> None:
    """Let ``role`` do ``to`` on ``on``; a ``*`` in either needs ``because``, else ValueError."""
    wild = [f"Action::{text}" for text in actions if "*" in text]
    wild += [f"Resource::{_spelt(role, text)}" for text in resources if "*" in text]
    if wild and wildcard_reason is None:
        raise ValueError(
            f"{sid}: a wildcard in {actions} on {resources} needs a reason: say `because`"
        )
    role.add_to_principal_policy(
        iam.PolicyStatement(
            sid=sid, actions=[*actions], resources=[*resources], conditions=conditions
        )
    )
    for finding in wild:
        acknowledge_finding(role, f"AwsSolutions-IAM5[{finding}]", f"{sid}: {wildcard_reason}")


def allow_key(role: iam.Role, key: kms.IKey, *, actions: Sequence[str] = USE_KEY) -> None:
    """Let ``role`` read and write what is encrypted with the fleet's key."""
    allow(role, "FleetKey", actions=actions, resources=[key.key_arn])


def acknowledge_finding(construct: IConstruct, finding: str, reason: str) -> None:
    """Acknowledge a finding of cdk-nag on ``construct`` and below it, with its reason."""
    Validations.of(construct).acknowledge(
        Acknowledgment(id=f"AwsSolutions::{finding}", reason=reason)
    )


def _spelt(scope: IConstruct, text: str) -> str:
    """An ARN as cdk-nag spells it in its findings: tokens by their CloudFormation names."""
    return "".join(
        _token(scope, part) if _TOKEN.fullmatch(part) else part for part in _TOKEN.split(text)
    )


def _token(scope: IConstruct, text: str) -> str:
    stack = Stack.of(scope)
    token = Tokenization.reverse_string(text).first_token
    if Reference.is_reference(token):
        home = Stack.of(cast(Reference, token).target)
        if home.node.path != stack.node.path:
            imported = stack.resolve(home.export_value(text))
            return str(imported["Fn::ImportValue"])
    resolved = stack.resolve(text)
    if "Ref" in resolved:
        return f"<{resolved['Ref']}>"
    return f"<{'.'.join(resolved['Fn::GetAtt'])}>"
