"""Permissions of `notify_failure`: publish that an analysis failed."""

from aws_cdk import aws_iam as iam

from infra.permissions.resources import FunctionResources
from infra.permissions.statements import allow_notify, allow_publish_metrics


def grant_notify_failure(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/notify_failure`` calls."""
    allow_publish_metrics(role)
    allow_notify(role, resources)
