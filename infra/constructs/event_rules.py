"""EventBridge rules of the shared stack: which events ask which function."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from driftloop.contract import events as contract
from driftloop.contract.fleet import Fleet
from driftloop.contract.resource_names import EVENT_SOURCE, ResourceNames

PATTERN_CHARACTERS = 1500
"""Characters of alarm names in one rule: a pattern may have 2,048 in all."""


@dataclass(frozen=True, slots=True)
class EventRule:
    """Events of one kind, by source, detail-type and what their detail must show."""

    id: str
    asks: str
    source: str
    kinds: tuple[str, ...]
    detail: dict[str, Any] = field(default_factory=dict)


def rules(fleet: Fleet, *, pipelines: str) -> list[EventRule]:
    """The table of rules; ``pipelines`` is the prefix of the environment's pipeline ARNs."""
    names = ResourceNames(fleet.config.environment)
    ours = [{"prefix": f"{names.prefix}-"}]
    return [
        *_alarm_rules(name for name, entry in fleet.alarms.items() if entry.invokes_gate),
        EventRule(
            "Asked",
            "gate",
            EVENT_SOURCE,
            (contract.ANALYSIS_COMPLETED, contract.RETRAINING_REQUESTED),
        ),
        EventRule(
            "PipelineEnded",
            "gate",
            "aws.sagemaker",
            ("SageMaker Model Building Pipeline Execution Status Change",),
            {
                "pipelineArn": [{"prefix": pipelines}],
                "currentPipelineExecutionStatus": ["Succeeded", "Failed", "Stopped"],
            },
        ),
        EventRule(
            "PackageChanged",
            "release",
            "aws.sagemaker",
            ("SageMaker Model Package State Change",),
            {"ModelPackageGroupName": ours},
        ),
        EventRule(
            "EndpointChanged",
            "release",
            "aws.sagemaker",
            ("SageMaker Endpoint State Change", "SageMaker Endpoint Deployment State Change"),
            {"EndpointName": ours},
        ),
        EventRule(
            "SettingsChanged",
            "release",
            "aws.ssm",
            ("Parameter Store Change",),
            {
                "name": [{"prefix": f"/driftloop/{names.environment}/"}],
                "operation": ["Update"],
            },
        ),
    ]


def make_rule(
    scope: Construct, rule: EventRule, *, function: lambda_.IFunction, dead_letter_queue: sqs.IQueue
) -> events.Rule:
    """Create ``rule``; an event that can't be delivered ends in ``dead_letter_queue``."""
    target = targets.LambdaFunction(
        function,
        dead_letter_queue=dead_letter_queue,
        retry_attempts=20,
        max_event_age=Duration.hours(6),
    )
    pattern = events.EventPattern(
        source=[rule.source], detail_type=[*rule.kinds], detail=rule.detail or None
    )
    return events.Rule(scope, rule.id, event_pattern=pattern, targets=[target])


def _alarm_rules(names: Iterable[str]) -> Iterator[EventRule]:
    for number, chunk in enumerate(_chunks(names), start=1):
        yield EventRule(
            f"AlarmWentOff{number}",
            "gate",
            "aws.cloudwatch",
            ("CloudWatch Alarm State Change",),
            {"alarmName": chunk, "state": {"value": ["ALARM"]}},
        )


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for name in names:
        if chunk and sum(len(item) + 3 for item in (*chunk, name)) > PATTERN_CHARACTERS:
            yield chunk
            chunk = []
        chunk.append(name)
    if chunk:
        yield chunk
