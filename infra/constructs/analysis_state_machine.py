"""The analysis state machine: plan, profile every batch, detect; notify if a state fails."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.iam_statements import service_principal
from infra.constructs.lambda_function import log_retention

FUNCTIONS = ("plan", "profile", "detect", "notify_failure")
"""The functions that the state machine invokes, by their folders below ``lambdas/``."""
MAX_CONCURRENT_BATCHES = 40
"""Batches that one execution profiles at a time, so that all models share the account's limit of
concurrent Lambda invocations."""
TIMEOUT_HOURS = 2
"""Time limit of one execution; the alarm ``analysis-executions-timed-out`` reports exceeding it."""


class AnalysisStateMachine(Construct):
    """The state machine, its log group and its role; the stack grants the role its permissions."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        functions: Mapping[str, lambda_.IFunction],
        key: kms.IKey,
        log_days: int,
    ) -> None:
        super().__init__(scope, id_)
        self.role = iam.Role(
            self, "Role", assumed_by=service_principal(self, "states.amazonaws.com")
        )
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/vendedlogs/states/{name}",
            retention=log_retention(log_days),
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.state_machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_string(json.dumps(state_machine_definition())),
            definition_substitutions={
                **self._integrations(),
                **{f"{name}Function": functions[name].function_arn for name in FUNCTIONS},
            },
            role=self.role.without_policy_updates(),
            timeout=Duration.hours(TIMEOUT_HOURS),
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL),
        )
        self.state_machine.node.add_dependency(self.role)

    def _integrations(self) -> dict[str, str]:
        """Return the ARNs of the service integrations, which differ by partition."""
        prefix = f"arn:{Stack.of(self).partition}:states:::"
        return {"lambdaInvoke": f"{prefix}lambda:invoke", "s3GetObject": f"{prefix}s3:getObject"}


def state_machine_definition() -> dict[str, Any]:
    """Return the definition in Amazon States Language.

    CloudFormation replaces ``${planFunction}`` and the like with the functions' ARNs, and
    ``${lambdaInvoke}`` and ``${s3GetObject}`` with the ARNs of Step Functions' integrations.
    """
    plan = {
        **_invoke("plan", {"Payload.$": "$$.Execution.Input"}),
        "ResultSelector": {"output.$": "$.Payload"},
        "ResultPath": "$.plan",
        "Next": "Profile",
    }
    detect = {
        **_invoke(
            "detect",
            {
                "Payload": {
                    "input.$": "$$.Execution.Input",
                    "plan.$": "$.plan.output",
                    "started_at.$": "$$.Execution.StartTime",
                }
            },
        ),
        "ResultPath": None,
        "End": True,
    }
    notify_failure = {
        **_invoke(
            "notify_failure",
            {
                "Payload": {
                    "input.$": "$$.Execution.Input",
                    "error.$": "$.error",
                    "failed_at.$": "$$.State.EnteredTime",
                }
            },
        ),
        "ResultPath": None,
        "Next": "Failed",
    }
    del notify_failure["Catch"]
    failed = {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}
    return {
        "Comment": "One window of one model: plan, profile each batch, detect drift.",
        "StartAt": "Plan",
        "States": {
            "Plan": plan,
            "Profile": _distributed_map(),
            "Detect": detect,
            "NotifyFailure": notify_failure,
            "Failed": failed,
        },
    }


def _distributed_map() -> dict[str, Any]:
    profile = {**_invoke("profile", {"Payload.$": "$"}), "ResultSelector": {}, "End": True}
    del profile["Catch"]
    return {
        "Type": "Map",
        "Label": "Profile",
        "ItemReader": {
            "Resource": "${s3GetObject}",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {
                "Bucket.$": "$.plan.output.manifest.bucket",
                "Key.$": "$.plan.output.manifest.key",
            },
        },
        "ItemProcessor": {
            # Standard child executions: retries can exceed the 5 minutes of an express execution.
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "ProfileBatch",
            "States": {"ProfileBatch": profile},
        },
        "MaxConcurrency": MAX_CONCURRENT_BATCHES,
        "ResultPath": None,
        "Catch": _catch(),
        "Next": "Detect",
    }


def _invoke(function: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "${lambdaInvoke}",
        "Parameters": {"FunctionName": f"${{{function}Function}}", **parameters},
        "Retry": _retry(),
        "Catch": _catch(),
    }


def _retry() -> list[dict[str, Any]]:
    """Retry errors of the Lambda service, and what the handlers say passes by itself.

    ``TransientError`` is a request to AWS that failed for a moment, ``IncompleteError`` a batch
    whose profile is not stored yet. Any other error of the code or of its input would occur again.
    The delays double up to a minute: without jitter, they add up to about three minutes, since S3
    asks for a lower rate for as long as it scales (S3 user guide, "Best practices design patterns:
    optimizing Amazon S3 performance").
    """
    transient = [
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Lambda.Unknown",
        "States.Timeout",
        "IncompleteError",
        "TransientError",
    ]
    return [
        {
            "ErrorEquals": transient,
            "IntervalSeconds": 2,
            "MaxAttempts": 7,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL",
        }
    ]


def _catch() -> list[dict[str, Any]]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "NotifyFailure"}]
