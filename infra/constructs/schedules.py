"""Schedules of one stack: their role may invoke what they call, and send what failed to a queue."""

import json
from collections.abc import Mapping

from aws_cdk import CfnCondition
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.iam_statements import allow, allow_key

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""EventBridge Scheduler puts the time of the schedule in its place, not of the (late) call."""


class Schedules(Construct):
    """Schedules that invoke Lambda functions with the scheduled time in the input."""

    def __init__(
        self, scope: Construct, id_: str, *, dead_letter_queue: sqs.IQueue, key: kms.IKey
    ) -> None:
        super().__init__(scope, id_)
        self._letters = dead_letter_queue
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com")
        )
        allow(
            self.role,
            "GiveUp",
            actions=["sqs:SendMessage"],
            resources=[dead_letter_queue.queue_arn],
        )
        allow_key(self.role, key)

    def add(
        self,
        id_: str,
        *,
        name: str,
        expression: str,
        function_arn: str,
        payload: Mapping[str, str],
        description: str,
        condition: CfnCondition | None = None,
    ) -> scheduler.CfnSchedule:
        """A schedule (in UTC) that calls a function with ``payload`` and ``scheduled_time``."""
        allow(
            self.role, f"Invoke{id_}", actions=["lambda:InvokeFunction"], resources=[function_arn]
        )
        schedule = scheduler.CfnSchedule(
            self,
            id_,
            name=name,
            description=description,
            schedule_expression=expression,
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function_arn,
                role_arn=self.role.role_arn,
                input=json.dumps({**payload, "scheduled_time": SCHEDULED_TIME}),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self._letters.queue_arn
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=3600 * 6, maximum_retry_attempts=20
                ),
            ),
        )
        schedule.node.add_dependency(self.role)
        if condition is not None:
            schedule.cfn_options.condition = condition
        return schedule
