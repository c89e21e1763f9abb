"""IAM statements: every wildcard needs a written reason."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import Acknowledgment, Reference, Stack, Tokenization, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import IConstruct

KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
"""Actions that reading and writing encrypted data needs."""
_TOKEN = re.compile(r"(\$\{Token\[[^\]]+\]\})")


def service_principal(scope: IConstruct, service: str) -> iam.PrincipalBase:
    """Return a service that may assume a role only for resources of this account.

    AWS documents the condition for Step Functions, EventBridge Scheduler and SageMaker (endpoints,
    pipelines, processing and training jobs), in each guide under "cross-service confused deputy
    prevention". For execution roles of Lambda functions it documents none: "Defining Lambda
    function permissions with an execution role".
    """
    same_account = {"aws:SourceAccount": Stack.of(scope).account}
    return iam.ServicePrincipal(service, conditions={"StringEquals": same_account})


def allow(
    role: iam.Role,
    sid: str,
    *,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Mapping[str, Any] | None = None,
    wildcard_reason: str | None = None,
) -> None:
    """Allow ``role`` to perform actions on resources.

    Args:
        role: Gets the statement in its default policy.
        sid: The statement's identifier: letters and digits.
        actions: IAM actions.
        resources: ARNs; a ``*`` in an ARN or an action is a wildcard.
        conditions: IAM conditions.
        wildcard_reason: Why the wildcards are needed; cdk-nag's findings are acknowledged with it.
    Raises:
        ValueError: There is a wildcard without a reason.
    """
    findings = [f"Action::{text}" for text in actions if "*" in text]
    findings += [f"Resource::{_nag_spelling(role, text)}" for text in resources if "*" in text]
    if findings and wildcard_reason is None:
        raise ValueError(
            f"{sid}: a wildcard in {actions} on {resources} needs a reason: pass `wildcard_reason`"
        )
    role.add_to_principal_policy(
        iam.PolicyStatement(
            sid=sid, actions=[*actions], resources=[*resources], conditions=conditions
        )
    )
    for finding in findings:
        acknowledge_finding(role, f"AwsSolutions-IAM5[{finding}]", f"{sid}: {wildcard_reason}")


def allow_key(role: iam.Role, key: kms.IKey, *, actions: Sequence[str] = KEY_ACTIONS) -> None:
    """Allow ``role`` to read and write data that is encrypted with the environment's key."""
    allow(role, "FleetKey", actions=actions, resources=[key.key_arn])


def acknowledge_finding(construct: IConstruct, finding: str, reason: str) -> None:
    """Acknowledge a finding of cdk-nag on ``construct`` and its children, with the reason."""
    Validations.of(construct).acknowledge(
        Acknowledgment(id=f"AwsSolutions::{finding}", reason=reason)
    )


def _nag_spelling(scope: IConstruct, text: str) -> str:
    """Return an ARN as cdk-nag spells it in findings: tokens by their CloudFormation names."""
    return "".join(
        _token_name(scope, part) if _TOKEN.fullmatch(part) else part for part in _TOKEN.split(text)
    )


def _token_name(scope: IConstruct, text: str) -> str:
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
