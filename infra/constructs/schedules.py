"""The EventBridge schedules of one stack, which share a role."""

import json
from collections.abc import Mapping

from aws_cdk import CfnCondition
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.iam_statements import allow, allow_key, service_principal

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""EventBridge Scheduler replaces it by the time that was scheduled, not by the (later) time of the
invocation."""

MAX_RETRIES = 20
"""Retries of an invocation that EventBridge could not deliver."""
MAX_EVENT_AGE_SECONDS = 6 * 3600
"""Age at which EventBridge stops retrying."""


class Schedules(Construct):
    """Schedules that invoke Lambda functions; failed invocations go to the dead-letter queue."""

    def __init__(
        self, scope: Construct, id_: str, *, dead_letter_queue: sqs.IQueue, key: kms.IKey
    ) -> None:
        super().__init__(scope, id_)
        self._dead_letter_queue = dead_letter_queue
        self.role = iam.Role(
            self, "Role", assumed_by=service_principal(self, "scheduler.amazonaws.com")
        )
        allow(
            self.role,
            "SendToDeadLetterQueue",
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
        spread_minutes: int = 0,
    ) -> scheduler.CfnSchedule:
        """Add a schedule (UTC) that invokes a function with ``payload`` and ``scheduled_time``.

        ``spread_minutes``: EventBridge chooses the time of the invocation, up to so many minutes
        after the scheduled time. The payload has the scheduled time in any case.
        """
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
            flexible_time_window=_time_window(spread_minutes),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function_arn,
                role_arn=self.role.role_arn,
                input=json.dumps({**payload, "scheduled_time": SCHEDULED_TIME}),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self._dead_letter_queue.queue_arn
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=MAX_EVENT_AGE_SECONDS,
                    maximum_retry_attempts=MAX_RETRIES,
                ),
            ),
        )
        schedule.node.add_dependency(self.role)
        if condition is not None:
            schedule.cfn_options.condition = condition
        return schedule


def _time_window(minutes: int) -> scheduler.CfnSchedule.FlexibleTimeWindowProperty:
    """Return the time in which EventBridge disperses the invocations of all schedules.

    Source: EventBridge Scheduler User Guide, "Configuring flexible time windows".
    """
    if not minutes:
        return scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF")
    return scheduler.CfnSchedule.FlexibleTimeWindowProperty(
        mode="FLEXIBLE", maximum_window_in_minutes=minutes
    )
