"""Permissions of `start_analysis`: start the analysis state machine."""

from aws_cdk import aws_iam as iam

from infra.constructs.iam_statements import allow
from infra.permissions.resources import FunctionResources
from infra.permissions.statements import allow_fleet_file


def grant_start_analysis(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/start_analysis`` calls."""
    allow_fleet_file(role, resources)
    allow(
        role,
        "StartAnalysis",
        actions=["states:StartExecution"],
        resources=[resources.arns.state_machine],
    )
