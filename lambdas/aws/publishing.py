"""What the functions tell the world: events on the bus, metrics, messages to people."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from driftloop.contract.cloudwatch_metrics import CloudWatchMetric, dimensions
from driftloop.contract.resource_names import EVENT_SOURCE, METRIC_NAMESPACE
from lambdas.aws.clients import AwsClients

_MAX_SUBJECT_LENGTH = 100


def put_event(aws: AwsClients, detail_type: str, detail: Mapping[str, Any], now: datetime) -> None:
    """One event of driftloop's on the default bus; raises RuntimeError where the bus refuses it."""
    entry = {
        "Source": EVENT_SOURCE,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, sort_keys=True),
        "Time": now,
    }
    answer = aws.client("events").put_events(Entries=[entry])
    if answer.get("FailedEntryCount"):
        raise RuntimeError(f"the bus refused {detail_type!r}: {answer['Entries']}")


def put_metrics(
    aws: AwsClients,
    model: str,
    values: Mapping[CloudWatchMetric, float],
    stamp: datetime | None = None,
) -> None:
    """Publish metrics of a model, at ``stamp`` or (None) at the time of publication."""
    own = dimensions(aws.setting("DRIFTLOOP_ENVIRONMENT"), model)
    common: dict[str, Any] = {
        "Dimensions": [{"Name": key, "Value": value} for key, value in own.items()]
    }
    if stamp is not None:
        common["Timestamp"] = stamp
    data = [
        {**common, "MetricName": metric.name, "Unit": metric.unit, "Value": float(value)}
        for metric, value in values.items()
    ]
    aws.client("cloudwatch").put_metric_data(Namespace=METRIC_NAMESPACE, MetricData=data)


def notify(aws: AwsClients, subject: str, *, what: str, why: str, next_step: str) -> None:
    """A message to people: what happened, why, and what to do next."""
    body = f"What happened: {what}\n\nWhy: {why}\n\nWhat to do next: {next_step}\n"
    # SNS takes printable ASCII in one line, of at most 100 characters.
    title = " ".join(subject.encode("ascii", "replace").decode().split())[:_MAX_SUBJECT_LENGTH]
    aws.client("sns").publish(TopicArn=aws.setting("TOPIC_ARN"), Subject=title, Message=body)
