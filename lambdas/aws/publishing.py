"""Publishes events and CloudWatch metrics, and sends notifications."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from driftloop.contract.cloudwatch_metrics import CloudWatchMetric, dimensions
from driftloop.contract.events import PublishedEventDetail
from driftloop.contract.resource_names import EVENT_SOURCE, METRIC_NAMESPACE
from driftloop.untrusted_text import single_line, visible
from lambdas.aws.clients import AwsClients
from lambdas.aws.errors import message_contains
from lambdas.aws.transient_errors import TRANSIENT_CODES, TransientError

logger = logging.getLogger(__name__)

_MAX_SUBJECT_LENGTH = 100
_MAX_PART_LENGTH = 4_000


def publish_event(aws: AwsClients, event: PublishedEventDetail, as_of: datetime) -> None:
    """Put an event on the default bus.

    Raises:
        TransientError: The bus does not accept it at the moment.
        RuntimeError: The bus does not accept it.
    """
    entry = {
        "Source": EVENT_SOURCE,
        "DetailType": event.DETAIL_TYPE,
        "Detail": event.to_json(),
        "Time": as_of,
    }
    response = aws.client("events").put_events(Entries=[entry])
    if response.get("FailedEntryCount"):
        codes = {one["ErrorCode"] for one in response["Entries"] if "ErrorCode" in one}
        passes = bool(codes) and codes <= TRANSIENT_CODES
        raise (TransientError if passes else RuntimeError)(
            f"EventBridge did not accept {event.DETAIL_TYPE!r}: {response['Entries']}"
        )


def put_metrics(
    aws: AwsClients,
    model: str,
    values: Mapping[CloudWatchMetric, float],
    stamp: datetime | None = None,
) -> None:
    """Publish metrics of a model with the timestamp ``stamp``; None is the time of the call.

    CloudWatch keeps no datapoint that is older than two weeks: those of an old window are left out.
    """
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
    try:
        aws.client("cloudwatch").put_metric_data(Namespace=METRIC_NAMESPACE, MetricData=data)
    except ClientError as error:
        if not _is_too_old(error):
            raise
        logger.warning("%s: CloudWatch takes no metrics of %s any more", model, stamp)


def _is_too_old(error: ClientError) -> bool:
    """Whether CloudWatch refuses a timestamp of more than two weeks ago.

    Sources: CloudWatch API reference, PutMetricData; cloud-custodian/cloud-custodian#2559 (the
    error).
    """
    is_value = error.response["Error"]["Code"] in {
        "InvalidParameterValue",
        "InvalidParameterValueException",
    }
    return is_value and message_contains(error, "two weeks")


def notify(
    aws: AwsClients, subject: str, *, deduplication_id: str, what: str, why: str, next_step: str
) -> None:
    """Send a notification: what happened, why, and what to do next.

    ``what`` and ``why`` become one line each, so that no word in them can look like another part of
    the message. What others wrote must be quoted in them: see ``driftloop.untrusted_text``. The ID
    is in the message for people, and in an attribute for subscribed programs.
    """
    what, why = single_line(what, _MAX_PART_LENGTH), single_line(why, _MAX_PART_LENGTH)
    body = (
        f"What happened: {what}\n\nWhy: {why}\n\nWhat to do next: {visible(next_step)}\n\n"
        f"Deduplication ID: {deduplication_id} (a repetition of this message has the same)\n"
    )
    attributes = {"deduplication_id": {"DataType": "String", "StringValue": deduplication_id}}
    # A subject of SNS is one line of at most 100 printable ASCII characters.
    title = " ".join(subject.encode("ascii", "replace").decode().split())[:_MAX_SUBJECT_LENGTH]
    aws.client("sns").publish(
        TopicArn=aws.setting("TOPIC_ARN"),
        Subject=title,
        Message=body,
        MessageAttributes=attributes,
    )
