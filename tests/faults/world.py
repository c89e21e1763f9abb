"""The account of one run of a scenario, and what a person would find in it afterwards."""

import copy
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
import urllib3
from moto.cloudwatch.models import MetricDatum, cloudwatch_backends
from moto.moto_api._internal.models import moto_api_backend

from lambdas.aws import fleet
from lambdas.aws.clients import AwsClients
from tests.lambdas.account import BUCKETS, create_account
from tests.lambdas.fakes import STATE_MACHINE, Functions, StateMachine
from tests.lambdas.releases import alarm_names, scalable_targets

SCENARIO_MONTH = (2026, 3)
"""Year and month in which the scenarios take place."""
Handler = Callable[[dict[str, Any], object, AwsClients], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One event and its handler.

    Attributes:
        handler: Reads the event.
        event: The event, or what makes it when its turn comes.
        before: What happens in the account before the event, such as the end of an update.
        is_answer_used: Whether something else is made from what the handler returns.
    """

    handler: Handler
    event: dict[str, Any] | Callable[["World"], dict[str, Any]]
    before: Callable[["World"], object] = lambda _: None
    is_answer_used: bool = False


@dataclass(frozen=True, slots=True)
class Remains:
    """What a run left over, without what a repetition may add to.

    Attributes:
        ledger: All items.
        objects: ETag by bucket and key.
        sagemaker: Endpoint, Models, EndpointConfigs, versions, executions.
        actions: How often what costs money was requested.
        alarms: Names.
        scalable_targets: Capacities.
        invoked: Executions of the state machine, and invocations of functions.
        notifications: Subjects and deduplication IDs that people got.
        events: Detail-type and detail of driftloop's own events.
        metrics: Name, time and value of published data.
        answers: What the handlers returned last to those who use it.
        replies: The last reply to each request of CloudFormation; each delivery sends one.
    """

    ledger: dict[str, Any]
    objects: dict[str, str]
    sagemaker: dict[str, Any]
    actions: dict[str, int]
    alarms: list[str]
    scalable_targets: list[Any]
    invoked: frozenset[str]
    notifications: frozenset[str]
    events: frozenset[str]
    metrics: frozenset[str]
    answers: list[Any]
    replies: dict[str, Any]


class Replies:
    """The pre-signed URLs of CloudFormation's requests, as if they were an AWS service."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def request(self, _method: str, _url: str, *, body: bytes, **_options: Any) -> Any:
        """Take a reply."""
        self.sent.append(json.loads(body))
        return urllib3.HTTPResponse(status=200)


@dataclass(slots=True)
class World:
    """A new account.

    Attributes:
        aws: The clients of its functions.
        results: What each step returned.
        answers: The same of the steps whose answer is used.
    """

    aws: AwsClients
    results: list[Any] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    @classmethod
    def create(cls) -> "World":
        """Remove everything from moto's account and deploy again."""
        moto_api_backend.reset()
        # A container reads its fleet file once: so each run has the same calls.
        fleet._READ.clear()
        aws = create_account()
        aws._clients |= {"stepfunctions": StateMachine(), "lambda": Functions()}
        aws._clients["cloudformation"] = Replies()
        aws._environ["ANALYSIS_STATE_MACHINE_ARN"] = STATE_MACHINE
        return cls(aws)

    @property
    def sagemaker(self) -> Any:
        """The fake of SageMaker."""
        return self.aws.client("sagemaker")

    def deliver(self, step: Step, clients: AwsClients | None = None) -> Any:
        """Invoke the handler with the step's event."""
        event = step.event if isinstance(step.event, dict) else step.event(self)
        return step.handler(copy.deepcopy(event), None, clients or self.aws)

    def play(self, step: Step) -> None:
        """What happens before the event, and the event, without a fault."""
        step.before(self)
        self.finish(step)

    def finish(self, step: Step, clients: AwsClients | None = None) -> None:
        """Deliver the event for the last time."""
        result = self.deliver(step, clients)
        self.results.append(result)
        if step.is_answer_used:
            self.answers.append(result)

    def published(self) -> Counter[str]:
        """How often each notification, event and metric was sent; a repetition has the same ID."""
        people = self.aws.client("sns")
        sent = [
            f"notification {subject} {deduplication_id}"
            for subject, deduplication_id in zip(
                people.subjects, people.deduplication_ids, strict=True
            )
        ]
        sent += [
            f"event {entry['DetailType']} {entry['Detail']}"
            for entry in self.aws.client("events").entries
        ]
        backend = cloudwatch_backends["123456789012"]["eu-central-1"]
        sent += [
            f"metric {datum.name} {_stated_time(datum)} {datum.value}"
            for datum in backend.metric_data
            if isinstance(datum, MetricDatum)
        ]
        return Counter(sent)

    def remains(self) -> Remains:
        """What the run left over."""
        sagemaker = self.sagemaker
        published = frozenset(self.published())
        return Remains(
            ledger=_ledger_items(),
            objects=_objects(),
            sagemaker={
                "endpoint": sagemaker.endpoint and sagemaker.endpoint["EndpointConfigName"],
                "models": sorted(sagemaker.models),
                "endpoint configs": sorted(sagemaker.configs),
                "versions": {
                    version: package["ModelApprovalStatus"]
                    for version, package in sagemaker.packages.items()
                },
                "executions": sorted(sagemaker.runs),
            },
            actions={
                "updates": len(sagemaker.updates),
                "executions": len(sagemaker.runs),
                "versions": len(sagemaker.packages),
            },
            alarms=alarm_names(),
            scalable_targets=scalable_targets(),
            invoked=frozenset(self.aws.client("stepfunctions").started)
            | frozenset(map(str, self.aws.client("lambda").calls)),
            notifications=frozenset(item for item in published if item.startswith("notification")),
            events=frozenset(item for item in published if item.startswith("event")),
            metrics=frozenset(item for item in published if item.startswith("metric")),
            answers=self.answers,
            replies={reply["RequestId"]: reply for reply in self.aws.client("cloudformation").sent},
        )


def _stated_time(datum: MetricDatum) -> str:
    """The time of the data of a scenario; the clock is not compared."""
    month = (datum.timestamp.year, datum.timestamp.month)
    return f"{datum.timestamp:%H:%M}" if month == SCENARIO_MONTH else ""


def _ledger_items() -> dict[str, Any]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName="ledger")
    return {
        f"{item['pk']['S']} {item['sk']['S']}": item for page in pages for item in page["Items"]
    }


def _objects() -> dict[str, str]:
    s3 = boto3.client("s3")
    return {
        f"{bucket}/{item['Key']}": item["ETag"]
        for bucket in BUCKETS
        for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    }
