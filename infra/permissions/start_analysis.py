"""Permissions of `start_analysis`: start executions, and find the windows that have none."""

from aws_cdk import aws_iam as iam

from infra.constructs.iam_statements import allow
from infra.permissions.resources import FunctionResources
from infra.permissions.statements import (
    allow_fleet_file,
    allow_ledger,
    allow_notify,
    allow_publish_metrics,
    allow_serving_settings,
)


def grant_start_analysis(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/start_analysis`` calls."""
    allow_fleet_file(role, resources)
    arns = resources.arns
    allow(
        role,
        "StartAnalysis",
        actions=["states:StartExecution"],
        resources=[arns.state_machine],
    )
    allow(
        role,
        "DescribeAnalysis",
        actions=["states:DescribeExecution"],
        resources=[arns.arn("states", f"execution:{arns.names.state_machine}:*")],
        wildcard_reason="the name of an execution contains the model and the window",
    )
    allow_ledger(
        role, resources, actions=["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"]
    )
    allow_serving_settings(role, resources)
    allow_publish_metrics(role)
    allow_notify(role, resources)
