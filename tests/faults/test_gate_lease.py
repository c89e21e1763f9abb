"""The gate's lease always has an end: a refused start, a lost or an endless execution."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import DecisionItem, ExecutionItem, LeaseItem
from lambdas.aws.ledger import Put
from lambdas.gate.handler import handle
from tests.lambdas.fakes import Died
from tests.lambdas.items import champion_item, version_item, window_item

ALARM_TIME = "2026-03-10T12:24:00Z"
REFUSALS = [
    ("ValidationException", "Provided pipeline parameters are invalid: ExcludedWindows"),
    ("AccessDeniedException", "not authorized to perform: sagemaker:StartPipelineExecution"),
    ("ResourceNotFound", "Pipeline driftloop-test-late does not exist."),
    ("ResourceLimitExceeded", "The account-level service limit has been reached."),
]
"""Source: SageMaker API reference, StartPipelineExecution and Common Errors; all have HTTP 400."""


@pytest.fixture
def ready(aws, ledger):
    """A champion that has drifted, and enough labels that are final."""
    ledger.write(Put(champion_item()), Put(version_item()))
    for hour in (10, 11):
        ledger.write(Put(window_item(hour, "drifted")))
    lines = [
        json.dumps(
            {
                "groundTruthData": {"data": "1\n0", "encoding": "CSV"},
                "eventMetadata": {"eventId": name},
                "eventVersion": "0",
            }
        )
        for name in ("e1", "e2")
    ]
    key = "late/2026/03/10/08/a.jsonl"
    boto3.client("s3").put_object(Bucket="truth", Key=key, Body="\n".join(lines).encode())
    return aws


class StartFault:
    """StartPipelineExecution fails with an error, until ``stop``."""

    def __init__(self, sagemaker):
        self._sagemaker = sagemaker

    def __call__(self, code, message="failed by the test", status=400):
        def start(**_arguments):
            raise failure(code, message, "StartPipelineExecution", status)

        self._sagemaker.start_pipeline_execution = start

    def stop(self):
        del self._sagemaker.start_pipeline_execution


def failure(code, message, operation, status=400):
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)


@pytest.fixture
def start_fails(sagemaker):
    return StartFault(sagemaker)


def reconcile(time):
    return {"source": "driftloop.schedule", "model": "late", "scheduled_time": time}


def metric_values(name):
    found = boto3.client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": "m",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "driftloop",
                        "MetricName": name,
                        "Dimensions": [
                            {"Name": "Environment", "Value": "test"},
                            {"Name": "Model", "Value": "late"},
                        ],
                    },
                    "Period": 86_400,
                    "Stat": "Maximum",
                },
            }
        ],
        StartTime="2026-01-01T00:00:00Z",
        EndTime="2040-01-01T00:00:00Z",
    )
    return found["MetricDataResults"][0]["Values"]


@pytest.mark.parametrize(("code", "message"), REFUSALS)
def test_a_refused_start_closes_the_decision_and_people_are_notified_once(
    ready, event, sagemaker, ledger, people, bus, start_fails, code, message
):
    start_fails(code, message)
    asked = [event("alarm"), event("alarm"), event("request"), event("request", id="again")]
    responses = [handle(one, None, ready) for one in asked]

    assert [response["decision"] for response in responses] == ["start_failed"] * 4
    assert ledger.get(LeaseItem) is None
    assert people.subjects == ["driftloop: the retraining of late could not be started"]
    assert message in people.messages[0][1]
    decisions = [detail["decision"] for detail in bus.details("Retraining Decided")]
    assert decisions == ["start_failed"] * 3
    assert metric_values("RetrainingFailed")


def test_the_next_request_after_a_refused_start_is_decided_with_its_own_training_data(
    ready, event, sagemaker, ledger, start_fails
):
    start_fails("ValidationException")
    handle(event("alarm"), None, ready)
    start_fails.stop()
    response = handle(event("request", time="2026-04-01T12:00:00Z"), None, ready)

    assert response["decision"] == "start"
    [call] = sagemaker.named("start_pipeline_execution")
    parameters = {item["Name"]: item["Value"] for item in call["PipelineParameters"]}
    assert parameters["TrainingDataEnd"] == "2026-04-01T10:00:00Z"


def test_a_refused_start_does_not_count_for_the_limits(
    ready, event, sagemaker, ledger, start_fails
):
    start_fails("ValidationException")
    handle(event("alarm"), None, ready)
    start_fails.stop()
    later = {"state": {"value": "ALARM", "timestamp": "2026-03-10T12:30:00Z"}}
    response = handle(event("alarm", later, time="2026-03-10T12:31:00Z"), None, ready)

    assert response["decision"] == "start"
    assert ledger.query(DecisionItem)[-1].evidence["runs_in_30_days"] == 0


@pytest.mark.parametrize(
    ("code", "status"), [("ThrottlingException", 400), ("InternalFailure", 500)]
)
def test_an_error_that_passes_is_tried_again_until_the_decision_is_too_old(
    ready, event, sagemaker, ledger, people, start_fails, code, status
):
    start_fails(code, status=status)
    for attempt in (event("alarm"), reconcile("2026-03-10T13:40:00Z")):
        with pytest.raises(ClientError):
            handle(attempt, None, ready)
    assert ledger.get(LeaseItem) is not None
    assert people.messages == []

    handle(reconcile("2026-03-10T14:40:00Z"), None, ready)
    assert ledger.get(LeaseItem) is None
    assert people.subjects == ["driftloop: the retraining of late could not be started"]
    [decision] = ledger.query(DecisionItem)
    assert decision.decision == "start_failed"


def test_a_decision_whose_function_died_before_the_start_is_not_carried_out_weeks_later(
    ready, event, sagemaker, ledger
):
    sagemaker.dies_at = "start_pipeline_execution"
    with pytest.raises(Died):
        handle(event("alarm"), None, ready)
    response = handle(event("request", time="2026-04-20T12:00:00Z"), None, ready)

    assert response["reason"] in {"manual", "insufficient_labels"}
    ends = [
        item["Value"]
        for call in sagemaker.named("start_pipeline_execution")
        for item in call["PipelineParameters"]
        if item["Name"] == "TrainingDataEnd"
    ]
    assert "2026-03-10T10:24:00Z" not in ends
    assert ledger.query(DecisionItem)[0].decision == "start_failed"


@pytest.mark.parametrize("asks", ["request", "reconcile"])
def test_an_execution_that_no_longer_exists_has_ended_as_lost(
    ready, event, sagemaker, ledger, people, monkeypatch, asks
):
    handle(event("alarm"), None, ready)

    describe = sagemaker.describe_pipeline_execution

    def gone(**arguments):
        if not arguments["PipelineExecutionArn"].endswith("run-1"):
            return describe(**arguments)
        # The code is from the service's model: DescribePipelineExecution, errors.
        message = "Pipeline execution does not exist."
        raise failure("ResourceNotFound", message, "DescribePipelineExecution")

    monkeypatch.setattr(sagemaker, "describe_pipeline_execution", gone)
    time = "2026-03-12T12:00:00Z"
    for _ in range(2):
        handle(reconcile(time) if asks == "reconcile" else event("request", time=time), None, ready)

    assert ledger.get(ExecutionItem, "run-1").outcome == "lost"
    assert people.subjects.count("driftloop: a retraining of late is lost") == 1
    lease = ledger.get(LeaseItem)
    assert lease is None or lease.execution_arn.endswith("run-2")
    assert len(sagemaker.runs) == (1 if asks == "reconcile" else 2)


def test_an_execution_beyond_the_limits_of_its_steps_raises_the_metric_and_is_notified_once(
    ready, event, sagemaker, ledger, people
):
    """Defaults: four jobs of 60 minutes, three attempts each, and the waits between them."""
    handle(event("alarm"), None, ready)
    handle(reconcile("2026-03-11T12:40:00Z"), None, ready)
    assert metric_values("RetrainingOverdue") == []

    for time in ("2026-03-12T12:40:00Z", "2026-03-12T13:40:00Z", "2026-06-10T12:40:00Z"):
        handle(reconcile(time), None, ready)
    assert set(metric_values("RetrainingOverdue")) == {1.0}
    subject = "driftloop: the retraining of late does not end"
    assert people.subjects.count(subject) == 1
    [body] = [body for title, body in people.messages if title == subject]
    arn = ledger.get(LeaseItem).execution_arn
    assert f"aws sagemaker stop-pipeline-execution --pipeline-execution-arn {arn}" in body

    sagemaker.end_run("Stopped")
    handle(reconcile("2026-06-10T13:40:00Z"), None, ready)
    assert ledger.get(LeaseItem) is None


def test_a_start_whose_deliveries_all_failed_is_published_when_reconcile_carries_it_out(
    ready, event, sagemaker, ledger, people, bus, start_fails
):
    start_fails("ThrottlingException")
    with pytest.raises(ClientError):
        handle(event("alarm"), None, ready)
    start_fails.stop()
    for time in ("2026-03-10T12:40:00Z", "2026-03-10T13:40:00Z"):
        handle(reconcile(time), None, ready)

    [detail] = bus.details("Retraining Decided")
    assert (detail["decision"], detail["execution_arn"][-5:]) == ("start", "run-1")
    assert people.subjects == ["driftloop: retraining of late started (drift)"]
    assert ledger.query(DecisionItem)[0].notified


@pytest.mark.parametrize(
    ("code", "at"),
    [
        ("ThrottlingException", "2026-03-10T15:40:00Z"),  # until the decision is too old
        ("ResourceLimitExceeded", "2026-03-10T12:40:00Z"),
    ],
)
def test_an_execution_whose_start_had_no_answer_is_not_given_up(
    ready, event, sagemaker, ledger, people, start_fails, code, at
):
    """Otherwise the next request would start a second one while it runs."""
    ready.client("sagemaker").start_pipeline_execution(
        PipelineName="driftloop-test-late",
        PipelineExecutionDisplayName="another-one",
        PipelineParameters=[],
        ClientRequestToken="t" * 32,
    )
    sagemaker.dies_at = "after start_pipeline_execution"
    with pytest.raises(Died):
        handle(event("alarm"), None, ready)
    start_fails(code)
    handle(reconcile(at), None, ready)
    start_fails.stop()

    [decision] = ledger.query(DecisionItem)
    assert (decision.decision, decision.execution_arn) == (
        "start",
        ledger.get(LeaseItem).execution_arn,
    )
    assert decision.execution_arn.endswith("run-2")
    assert people.subjects == ["driftloop: retraining of late started (drift)"]
    second = handle(event("request"), None, ready)
    assert (second["decision"], second["reason"]) == ("refuse", "execution_in_progress")
    assert len(sagemaker.runs) == 2
