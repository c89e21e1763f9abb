"""The sender of an event chooses its ``time``: that must not choose how many trainings start.

Source: EventBridge API reference, PutEventsRequestEntry: ``Time`` is the caller's, and the time of
the call only where it is absent.
"""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from driftloop.contract.ledger_items import DecisionItem
from driftloop.window import format_time
from lambdas.aws.ledger import Put
from lambdas.gate.handler import handle
from tests.lambdas.items import champion_item, version_item

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
RETRAINING = {
    "min_labels": 100,
    "label_delay_hours": 24,
    "cooldown_hours": 24,
    "max_runs_per_30_days": 2,
}


@pytest.fixture
def ready(aws, ledger, fleet_of):
    """A champion, 50 labels a day for 90 days, and two retrainings in 30 days at most."""
    aws._environ["FLEET_KEY"] = fleet_of(retraining=RETRAINING)
    ledger.write(Put(champion_item()), Put(version_item()))
    for days in range(90):
        day = NOW - timedelta(days=days)
        lines = [
            json.dumps(
                {
                    "groundTruthData": {"data": "\n".join(["1"] * 50), "encoding": "CSV"},
                    "eventMetadata": {"eventId": f"{days}"},
                    "eventVersion": "0",
                }
            )
        ]
        key = f"late/{day:%Y/%m/%d/%H}/a.jsonl"
        boto3.client("s3").put_object(Bucket="truth", Key=key, Body="\n".join(lines).encode())
    return aws


def ask(aws, sagemaker, event, times, ingested):
    """Send a request with each of ``times``; each execution that starts fails at once."""
    for number, (time, received) in enumerate(zip(times, ingested, strict=True)):
        request = event("request", time=format_time(time), id=f"request-{number}")
        payload = {"ingestion_time": format_time(received), "event": request}
        response = handle(payload, None, aws)
        if response["decision"] == "start":
            sagemaker.end_run("Failed")
            ended = event(
                "pipeline", {"currentPipelineExecutionStatus": "Failed"}, time=format_time(time)
            )
            arn = list(sagemaker.runs.values())[-1]["arn"]
            ended["detail"]["pipelineExecutionArn"] = arn
            handle({"ingestion_time": format_time(received), "event": ended}, None, aws)


@pytest.mark.parametrize("step", [-12, 12, 24 * 31])
def test_forty_requests_with_times_of_their_own_start_no_more_than_two(
    ready, sagemaker, event, ledger, step
):
    times = [NOW + timedelta(hours=step * number) for number in range(40)]
    ask(ready, sagemaker, event, times, [NOW + timedelta(minutes=n) for n in range(40)])

    assert len(sagemaker.runs) == 2
    assert ledger.query(DecisionItem)[-1].reason == "run_limit_reached"


def test_the_training_data_does_not_depend_on_the_time_that_the_sender_gives(
    ready, sagemaker, event
):
    ask(ready, sagemaker, event, [NOW - timedelta(days=20)], [NOW])

    [call] = sagemaker.named("start_pipeline_execution")
    parameters = {item["Name"]: item["Value"] for item in call["PipelineParameters"]}
    assert parameters["TrainingDataEnd"] == "2026-03-30T12:00:00Z"


def test_events_that_are_delivered_late_and_in_reverse_order_start_no_more_than_two(
    ready, sagemaker, event
):
    times = [NOW - timedelta(hours=12 * number) for number in range(40)]
    ask(ready, sagemaker, event, times, times)

    assert len(sagemaker.runs) == 2
