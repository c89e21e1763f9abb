"""The analysis state machine: plan -> profile every batch -> judge, and say so where it fails."""

import json
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.iam_statements import allow, allow_key
from infra.constructs.lambda_function import retention

PARALLEL_BATCHES = 40
"""Batches profiled at once in one execution; the rest waits, so that a fleet shares the account."""


class Analysis(Construct):
    """The state machine and its role; ``functions`` are plan, profile, judge and fail."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        functions: dict[str, lambda_.Function],
        bucket: s3.IBucket,
        key: kms.IKey,
        log_days: int,
    ) -> None:
        super().__init__(scope, id_)
        self.arn = f"arn:{Stack.of(self).partition}:states:{_place(self)}:stateMachine:{name}"
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        self._grants(name, functions, bucket, key)
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/vendedlogs/states/{name}",
            retention=retention(log_days),
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_string(json.dumps(definition())),
            definition_substitutions={
                f"{part}Function": function.function_arn for part, function in functions.items()
            },
            role=self.role.without_policy_updates(),
            timeout=Duration.hours(2),
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL),
        )
        self.machine.node.add_dependency(self.role)

    def _grants(
        self, name: str, functions: dict[str, lambda_.Function], bucket: s3.IBucket, key: kms.IKey
    ) -> None:
        allow(
            self.role,
            "Steps",
            actions=["lambda:InvokeFunction"],
            resources=[function.function_arn for function in functions.values()],
        )
        allow(
            self.role,
            "MapManifest",
            actions=["s3:GetObject"],
            resources=[f"{bucket.bucket_arn}/work/*"],
            wildcard_reason="a manifest's key holds its model and window; only work/ is readable",
        )
        allow_key(self.role, key)
        allow(self.role, "MapStart", actions=["states:StartExecution"], resources=[self.arn])
        partition = Stack.of(self).partition
        allow(
            self.role,
            "MapFollow",
            actions=["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"],
            resources=[f"arn:{partition}:states:{_place(self)}:execution:{name}/*"],
            wildcard_reason="Step Functions names the map's child executions itself",
        )
        allow(
            self.role,
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
            wildcard_reason="the log delivery API knows no resources",
        )
        allow(
            self.role,
            "Tracing",
            actions=[
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ],
            resources=["*"],
            wildcard_reason="X-Ray's writing calls know no resources",
        )


def definition() -> dict[str, Any]:
    """The machine in Amazon States Language; ``${planFunction}`` and so on are filled in later."""
    window = {"Payload.$": "$$.Execution.Input"}
    plan = {
        **_call("plan", window),
        "ResultSelector": {"output.$": "$.Payload"},
        "ResultPath": "$.plan",
        "Next": "Profile",
    }
    judged = {"Payload": {"input.$": "$$.Execution.Input", "plan.$": "$.plan.output"}}
    judge = {
        **_call("detect", judged),
        "ResultPath": None,
        "End": True,
    }
    told = {"Payload": {"input.$": "$$.Execution.Input", "error.$": "$.error"}}
    fail = {**_call("notify_failure", told), "ResultPath": None, "Next": "Failed"}
    del fail["Catch"]
    failed = {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}
    return {
        "Comment": "One window of one model: plan, profile each batch, judge.",
        "StartAt": "Plan",
        "States": {
            "Plan": plan,
            "Profile": _map(),
            "Judge": judge,
            "Tell": fail,
            "Failed": failed,
        },
    }


def _map() -> dict[str, Any]:
    profile = {**_call("profile", {"Payload.$": "$"}), "ResultSelector": {}, "End": True}
    del profile["Catch"]
    return {
        "Type": "Map",
        "Label": "Profile",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {
                "Bucket.$": "$.plan.output.manifest.bucket",
                "Key.$": "$.plan.output.manifest.key",
            },
        },
        "ItemProcessor": {
            # standard children: their retries may last longer than an express execution's 5 minutes
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "ProfileBatch",
            "States": {"ProfileBatch": profile},
        },
        "MaxConcurrency": PARALLEL_BATCHES,
        "ResultPath": None,
        "Catch": _catch(),
        "Next": "Judge",
    }


def _call(part: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": f"${{{part}Function}}", **parameters},
        "Retry": _retry(),
        "Catch": _catch(),
    }


def _retry() -> list[dict[str, Any]]:
    """Lambda's own trouble passes; a fault of the code or of the input does not."""
    transient = [
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Lambda.Unknown",
        "States.Timeout",
        "IncompleteError",
    ]
    return [
        {
            "ErrorEquals": transient,
            "IntervalSeconds": 2,
            "MaxAttempts": 5,
            "BackoffRate": 2,
            "JitterStrategy": "FULL",
        }
    ]


def _catch() -> list[dict[str, Any]]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Tell"}]


def _place(scope: Construct) -> str:
    stack = Stack.of(scope)
    return f"{stack.region}:{stack.account}"
