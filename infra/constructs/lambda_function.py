"""A Lambda function with its own role and log group."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.iam_statements import acknowledge_finding, allow, allow_key
from infra.lambda_packages import package_hash

MAX_RETRIES = 2
"""Retries of an asynchronous invocation: the most that Lambda allows."""
MAX_EVENT_AGE_SECONDS = 6 * 3600
"""Age at which Lambda stops retrying: the most that Lambda allows."""


class LambdaFunction(Construct):
    """The function of ``lambdas/<folder>/handler.py``; its role can write logs and dead letters."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        folder: str,
        name: str,
        package: Path,
        environment: Mapping[str, str],
        key: kms.IKey,
        dead_letter_queue: sqs.IQueue,
        log_days: int,
        memory: int = 512,
        timeout: int = 60,
    ) -> None:
        super().__init__(scope, id_)
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{name}",
            retention=log_retention(log_days),
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self._allow_logs()
        allow_key(self.role, key)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            handler=f"lambdas.{folder}.handler.handle",
            code=lambda_.Code.from_asset(str(package), asset_hash=package_hash(package)),
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=memory,
            timeout=Duration.seconds(timeout),
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.TEXT,
            environment=dict(environment),
        )
        self._send_failures(dead_letter_queue)
        acknowledge_finding(
            self.function,
            "AwsSolutions-L1",
            "Python 3.13 is the newest runtime that every locked wheel is built for on arm64.",
        )

    def _send_failures(self, dead_letter_queue: sqs.IQueue) -> None:
        """Send an asynchronous invocation that failed three times to the queue, with its event."""
        allow(
            self.role,
            "SendToDeadLetterQueue",
            actions=["sqs:SendMessage"],
            resources=[dead_letter_queue.queue_arn],
        )
        config = lambda_.CfnEventInvokeConfig(
            self,
            "AsynchronousInvocations",
            function_name=self.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=MAX_RETRIES,
            maximum_event_age_in_seconds=MAX_EVENT_AGE_SECONDS,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=dead_letter_queue.queue_arn
                )
            ),
        )
        config.node.add_dependency(self.role)

    def _allow_logs(self) -> None:
        allow(
            self.role,
            "OwnLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[self.log_group.log_group_arn],
            wildcard_reason="the ARN of a log group ends in :* for its streams, named by Lambda",
        )


def log_retention(days: int) -> logs.RetentionDays:
    """Return CDK's value for a number of days that the configuration allows."""
    names = {
        1: "ONE_DAY",
        3: "THREE_DAYS",
        5: "FIVE_DAYS",
        7: "ONE_WEEK",
        14: "TWO_WEEKS",
        30: "ONE_MONTH",
        60: "TWO_MONTHS",
        90: "THREE_MONTHS",
        120: "FOUR_MONTHS",
        150: "FIVE_MONTHS",
        180: "SIX_MONTHS",
        365: "ONE_YEAR",
    }
    return logs.RetentionDays[names[days]]
