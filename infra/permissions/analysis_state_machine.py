"""Permissions of the analysis state machine: invoke its functions, run the Distributed Map."""

from collections.abc import Iterable

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from infra.arns import Arns
from infra.constructs.iam_statements import allow, allow_key
from infra.permissions.statements import NO_RESOURCE_LEVEL
from infra.stacks.data import DataStack


def grant_analysis_state_machine(
    role: iam.Role, *, arns: Arns, data: DataStack, functions: Iterable[lambda_.IFunction]
) -> None:
    """Grant what the definition in `infra.constructs.analysis_state_machine` calls."""
    allow(
        role,
        "InvokeFunctions",
        actions=["lambda:InvokeFunction"],
        resources=[function.function_arn for function in functions],
    )
    allow_key(role, data.key, actions=["kms:Decrypt"])  # the manifest
    _allow_distributed_map(role, arns, data)
    _allow_logs(role)
    _allow_tracing(role)


def _allow_distributed_map(role: iam.Role, arns: Arns, data: DataStack) -> None:
    allow(
        role,
        "MapManifest",
        actions=["s3:GetObject"],
        resources=[data.analysis.arn_for_objects("work/*")],
        wildcard_reason="a manifest's key contains the model and the window, below work/",
    )
    allow(role, "MapStart", actions=["states:StartExecution"], resources=[arns.state_machine])
    allow(
        role,
        "MapExecutions",
        actions=["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"],
        resources=[arns.arn("states", f"execution:{arns.names.state_machine}/*")],
        wildcard_reason="Step Functions generates the names of the map's child executions",
    )


def _allow_logs(role: iam.Role) -> None:
    allow(
        role,
        "LogDelivery",
        actions=[
            "logs:CreateLogDelivery",
            "logs:GetLogDelivery",
            "logs:UpdateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:DescribeResourcePolicies",
            "logs:DescribeLogGroups",
        ],
        resources=["*"],
        wildcard_reason=NO_RESOURCE_LEVEL,
    )


def _allow_tracing(role: iam.Role) -> None:
    allow(
        role,
        "Tracing",
        actions=[
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
        ],
        resources=["*"],
        wildcard_reason=NO_RESOURCE_LEVEL,
    )
