"""Two environments of one account share a bus: whose gate an own event reaches, played by moto."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from driftloop.config import validate_config
from driftloop.contract.events import RetrainingRequested
from infra.alarms.table import make_fleet
from infra.constructs.event_rules import event_rules

ENVIRONMENTS = ("main", "stage")
RULE = "DriftloopEvent"


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch, config: Any) -> Iterator[dict[str, str]]:
    """URLs of a queue in the place of each environment's gate."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield {name: _add_gate_rule(name, config) for name in ENVIRONMENTS}


def _add_gate_rule(environment: str, config: Any) -> str:
    """Create the environment's rule for own events, with a new queue as its target."""
    fleet = make_fleet(validate_config({**config, "environment": environment}))
    [rule] = [one for one in event_rules(fleet, pipeline_arn_prefix="arn") if one.id == RULE]
    sqs, events = boto3.client("sqs"), boto3.client("events")
    url: str = sqs.create_queue(QueueName=environment)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {
        "source": [rule.source],
        "detail-type": [*rule.detail_types],
        "detail": rule.detail,
    }
    events.put_rule(Name=environment, EventPattern=json.dumps(pattern))
    target = {"Id": "gate", "Arn": attributes["QueueArn"]}
    events.put_targets(Rule=environment, Targets=[target])
    return url


def send(detail: str) -> None:
    entry = {
        "Source": "driftloop",
        "DetailType": RetrainingRequested.DETAIL_TYPE,
        "Detail": detail,
    }
    boto3.client("events").put_events(Entries=[entry])


def received(queues: dict[str, str]) -> dict[str, int]:
    sqs = boto3.client("sqs")
    return {
        name: len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []))
        for name, url in queues.items()
    }


def test_a_request_reaches_the_gate_of_its_own_environment_alone(queues: dict[str, str]) -> None:
    send(RetrainingRequested(environment="stage", model="credit").to_json())
    assert received(queues) == {"main": 0, "stage": 1}


def test_a_request_without_an_environment_reaches_no_gate(queues: dict[str, str]) -> None:
    send(json.dumps({"model": "credit"}))
    assert received(queues) == {"main": 0, "stage": 0}
