"""EventBridge rules of the shared stack: which events invoke which function."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from driftloop.contract import events as contract
from driftloop.contract.fleet import Fleet
from driftloop.contract.resource_names import EVENT_SOURCE, ResourceNames

MAX_ALARM_NAME_CHARACTERS = 1500
"""Characters of alarm names in one rule: EventBridge allows 2,048 for the whole pattern."""
MAX_RETRIES = 20
"""Retries of an event that EventBridge could not deliver."""
MAX_EVENT_AGE_HOURS = 6
"""Age at which EventBridge stops retrying and sends the event to the dead-letter queue."""
INGESTED_EVENT_TEMPLATE = (
    '{"ingestion_time": <aws.events.event.ingestion-time>, "event": <aws.events.event.json>}'
)
"""Input of the gate: the event, and when EventBridge received it.

The sender of PutEvents chooses the event's ``time``; the ingestion time is EventBridge's own and
can't be overwritten. Source: EventBridge user guide, "Input transformation", predefined variables.
"""


@dataclass(frozen=True, slots=True)
class EventRule:
    """Events of one source that invoke a function: detail-types and a filter of the detail."""

    id: str
    invokes: str
    source: str
    detail_types: tuple[str, ...]
    detail: dict[str, Any] = field(default_factory=dict)


def event_rules(fleet: Fleet, *, pipeline_arn_prefix: str) -> list[EventRule]:
    """Return the rules; ``pipeline_arn_prefix`` is common to the environment's pipelines."""
    names = ResourceNames(fleet.config.environment)
    own_names = [{"prefix": f"{names.prefix}-"}]
    return [
        *_alarm_rules(name for name, entry in fleet.alarms.items() if entry.invokes_gate),
        EventRule(
            "DriftloopEvent",
            "gate",
            EVENT_SOURCE,
            (contract.AnalysisCompleted.DETAIL_TYPE, contract.RetrainingRequested.DETAIL_TYPE),
            # Other environments of the account publish to the same bus.
            {"environment": [names.environment]},
        ),
        EventRule(
            "PipelineExecutionEnded",
            "gate",
            "aws.sagemaker",
            ("SageMaker Model Building Pipeline Execution Status Change",),
            {
                "pipelineArn": [{"prefix": pipeline_arn_prefix}],
                "currentPipelineExecutionStatus": ["Succeeded", "Failed", "Stopped"],
            },
        ),
        EventRule(
            "ModelPackageChanged",
            "release",
            "aws.sagemaker",
            ("SageMaker Model Package State Change",),
            {"ModelPackageGroupName": own_names},
        ),
        EventRule(
            "EndpointChanged",
            "release",
            "aws.sagemaker",
            ("SageMaker Endpoint State Change", "SageMaker Endpoint Deployment State Change"),
            {"EndpointName": own_names},
        ),
        EventRule(
            "ServingSettingsChanged",
            "release",
            "aws.ssm",
            ("Parameter Store Change",),
            {
                "name": [{"prefix": f"/driftloop/{names.environment}/"}],
                # The parameter is created after the endpoint, whose own events came too early.
                "operation": ["Create", "Update"],
            },
        ),
    ]


def make_event_rule(
    scope: Construct, rule: EventRule, *, function: lambda_.IFunction, dead_letter_queue: sqs.IQueue
) -> events.Rule:
    """Create ``rule``; an event that can't be delivered is sent to ``dead_letter_queue``.

    The CDK's RuleTargetInput has no predefined variables, so the input of the gate is set on the
    CloudFormation resource.
    """
    target = targets.LambdaFunction(
        function,
        dead_letter_queue=dead_letter_queue,
        retry_attempts=MAX_RETRIES,
        max_event_age=Duration.hours(MAX_EVENT_AGE_HOURS),
    )
    pattern = events.EventPattern(
        source=[rule.source], detail_type=[*rule.detail_types], detail=rule.detail or None
    )
    created = events.Rule(scope, rule.id, event_pattern=pattern, targets=[target])
    if rule.invokes == "gate":
        resource = cast(events.CfnRule, created.node.default_child)
        resource.add_property_override(
            "Targets.0.InputTransformer", {"InputTemplate": INGESTED_EVENT_TEMPLATE}
        )
    return created


def _alarm_rules(alarm_names: Iterable[str]) -> Iterator[EventRule]:
    for number, chunk in enumerate(_chunks(alarm_names), start=1):
        yield EventRule(
            f"AlarmStateChanged{number}",
            "gate",
            "aws.cloudwatch",
            ("CloudWatch Alarm State Change",),
            {"alarmName": chunk, "state": {"value": ["ALARM"]}},
        )


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    """Split names into lists that fit into one pattern, with quotes and a comma for each name."""
    chunk: list[str] = []
    for name in names:
        if chunk and sum(len(item) + 3 for item in (*chunk, name)) > MAX_ALARM_NAME_CHARACTERS:
            yield chunk
            chunk = []
        chunk.append(name)
    if chunk:
        yield chunk
