"""Permissions of `reconcile`: invoke three functions for every model."""

from aws_cdk import aws_iam as iam

from infra.constructs.iam_statements import allow
from infra.permissions.resources import FunctionResources
from infra.permissions.statements import allow_fleet_file


def grant_reconcile(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/reconcile`` calls."""
    allow_fleet_file(role, resources)
    arns = resources.arns
    allow(
        role,
        "InvokeFunctions",
        actions=["lambda:InvokeFunction"],
        resources=[arns.function(name) for name in ("gate", "release", "start_analysis")],
    )
