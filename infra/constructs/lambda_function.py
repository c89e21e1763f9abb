"""A Lambda function with a role, a log group and dead letters of its own."""

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


class Function(Construct):
    """``lambdas/<folder>/handler.py:handle``, deployed. Its role may write its logs and letters."""

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
            retention=retention(log_days),
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self._allow_basics(key)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            handler=f"lambdas.{folder}.handler.handle",
            code=lambda_.Code.from_asset(str(package)),
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=memory,
            timeout=Duration.seconds(timeout),
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.TEXT,
            environment=dict(environment),
        )
        self._give_up(dead_letter_queue)
        acknowledge_finding(
            self.function,
            "AwsSolutions-L1",
            "Python 3.13 is the newest runtime that every locked wheel is built for on arm64.",
        )

    def _give_up(self, dead_letter_queue: sqs.IQueue) -> None:
        """An asynchronous call that fails three times becomes a letter, with the event in it."""
        allow(
            self.role,
            "GiveUp",
            actions=["sqs:SendMessage"],
            resources=[dead_letter_queue.queue_arn],
        )
        config = lambda_.CfnEventInvokeConfig(
            self,
            "AsynchronousCalls",
            function_name=self.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=6 * 3600,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=dead_letter_queue.queue_arn
                )
            ),
        )
        config.node.add_dependency(self.role)

    def _allow_basics(self, key: kms.IKey) -> None:
        allow(
            self.role,
            "OwnLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[self.log_group.log_group_arn],
            wildcard_reason="the ARN of a log group ends in :* for its streams, named by Lambda",
        )
        allow_key(self.role, key)


def retention(days: int) -> logs.RetentionDays:
    """CDK's word for a number of days, of those that the configuration allows."""
    words = {
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
    return logs.RetentionDays[words[days]]
