"""The gate records which captured files an execution may use."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import DecisionItem, LeaseItem
from driftloop.contract.training_sources import SourceSpan, read_training_sources
from driftloop.window import Window
from lambdas.aws.ledger import Put
from lambdas.gate.handler import handle
from tests.lambdas.fakes import Died
from tests.lambdas.items import champion_item, time, version_item, window_item

# The alarm is of 12:24; labels are final after 2 hours; history reaches back 30 days.
RANGE = Window(time("2026-02-08T12:24:00Z"), time("2026-03-10T10:24:00Z"))


@pytest.fixture
def drifted(aws, ledger):
    """A champion that serves since 1 March and has drifted, and enough final labels."""
    ledger.write(Put(champion_item()), Put(version_item(serving_from=time("2026-03-01T00:00:00Z"))))
    for hour in (10, 11):
        ledger.write(Put(window_item(hour, "drifted")))
    label = {
        "groundTruthData": {"data": "1\n0\n1\n0", "encoding": "CSV"},
        "eventMetadata": {"eventId": "e1"},
        "eventVersion": "0",
    }
    boto3.client("s3").put_object(
        Bucket="truth", Key="late/2026/03/10/08/a.jsonl", Body=json.dumps(label).encode()
    )
    return aws


def recorded(sagemaker):
    """What the gate recorded for the execution that it started."""
    [call] = sagemaker.named("start_pipeline_execution")
    [uri] = [p["Value"] for p in call["PipelineParameters"] if p["Name"] == "TrainingSources"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    content = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return read_training_sources(content, uri=uri, model="late", range_=RANGE)


def span(start, end):
    return SourceSpan(time(start), time(end))


def test_each_version_is_recorded_with_its_baseline_and_the_times_in_which_it_served(
    drifted, ledger, event, sagemaker
):
    earlier = (Window(time("2026-02-01T00:00:00Z"), time("2026-02-09T00:00:00Z")),)
    ledger.write(
        Put(
            version_item(
                2,
                "superseded",
                serving_from=time("2026-02-20T00:00:00Z"),
                serving_until=time("2026-02-21T00:00:00Z"),
                earlier_periods=earlier,
            )
        ),
        Put(version_item(3, "superseded", serving_from=time("2026-03-10T11:00:00Z"))),
        Put(version_item(4, "superseded")),
    )
    handle(event("alarm"), None, drifted)

    sources = recorded(sagemaker)
    assert (sources.endpoint, sources.rolled_back_versions) == ("driftloop-test-late", ())
    assert {each.version: each.spans for each in sources.versions} == {
        1: (span("2026-03-01T00:00:00Z", "2026-03-10T10:24:00Z"),),
        2: (
            span("2026-02-08T12:24:00Z", "2026-02-09T00:00:00Z"),
            span("2026-02-20T00:00:00Z", "2026-02-21T00:00:00Z"),
        ),
    }
    assert sources.versions[0].baseline_uri == version_item().baseline_uri
    assert sources.champion_baseline_uri == version_item().baseline_uri


def test_the_champions_baseline_is_recorded_though_it_serves_after_the_training_range(
    drifted, ledger, event, sagemaker
):
    since = time("2026-03-10T10:30:00Z")
    ledger.write(Put(champion_item(2, promoted_at=since)), Put(version_item(2, serving_from=since)))
    handle(event("request", time="2026-03-10T12:24:00Z"), None, drifted)

    sources = recorded(sagemaker)
    assert [each.version for each in sources.versions] == [1]
    assert sources.champion_baseline_uri == version_item(2).baseline_uri


@pytest.mark.parametrize("status", ["rolled_back", "rejected"])
@pytest.mark.parametrize(("includes", "used"), [(False, [1]), (True, [1, 2])])
def test_versions_that_were_rolled_back_are_used_only_if_the_settings_say_so(
    drifted, ledger, event, sagemaker, fleet_of, status, includes, used
):
    drifted._environ["FLEET_KEY"] = fleet_of(
        retraining={
            "label_delay_hours": 2,
            "min_labels": 3,
            "include_rolled_back_versions": includes,
        }
    )
    start, end = time("2026-03-10T08:00:00Z"), time("2026-03-10T08:40:00Z")
    ledger.write(Put(version_item(2, status, serving_from=start, serving_until=end)))
    handle(event("alarm"), None, drifted)

    sources = recorded(sagemaker)
    assert [each.version for each in sources.versions] == used
    assert sources.rolled_back_versions == (() if includes else (2,))


@pytest.mark.parametrize("status", ["promoted", "superseded"])
@pytest.mark.parametrize("includes", [False, True])
def test_a_period_that_was_rolled_back_stays_unused_if_the_version_is_approved_again(
    drifted, ledger, event, sagemaker, fleet_of, status, includes
):
    drifted._environ["FLEET_KEY"] = fleet_of(
        retraining={
            "label_delay_hours": 2,
            "min_labels": 3,
            "include_rolled_back_versions": includes,
        }
    )
    canary = Window(time("2026-02-20T08:00:00Z"), time("2026-02-20T08:40:00Z"))
    again = Window(time("2026-02-22T08:00:00Z"), time("2026-02-25T08:00:00Z"))
    ledger.write(
        Put(
            version_item(
                2,
                status,
                serving_from=again.start,
                serving_until=again.end,
                earlier_periods=(canary,),
                rolled_back_starts=(canary.start,),
            )
        )
    )
    handle(event("alarm"), None, drifted)

    sources = recorded(sagemaker)
    [second] = [each for each in sources.versions if each.version == 2]
    served = (canary, again) if includes else (again,)
    assert second.spans == tuple(SourceSpan(one.start, one.end) for one in served)
    assert sources.rolled_back_versions == (() if includes else (2,))


def test_a_delivery_after_the_start_failed_keeps_what_was_recorded_first(
    drifted, ledger, event, sagemaker
):
    sagemaker.dies_at = "start_pipeline_execution"
    with pytest.raises(Died):
        handle(event("alarm"), None, drifted)
    ledger.write(Put(version_item(2, serving_from=time("2026-03-10T09:00:00Z"))))
    sagemaker.calls.clear()
    handle(event("alarm"), None, drifted)

    assert [each.version for each in recorded(sagemaker).versions] == [1]


def test_an_initial_training_records_nothing(aws, event, sagemaker):
    handle(event("request"), None, aws)

    [call] = sagemaker.named("start_pipeline_execution")
    parameters = {p["Name"]: p["Value"] for p in call["PipelineParameters"]}
    assert parameters["TrainingSources"] == "none"
    assert boto3.client("s3").list_objects_v2(Bucket="artifacts")["KeyCount"] == 0


def test_a_concurrent_write_is_tried_again_and_does_not_give_the_decision_up(
    drifted, ledger, event, sagemaker, monkeypatch
):
    """Source: Amazon S3 API reference, PutObject: 409 ConditionalRequestConflict, "retry"."""
    from lambdas.aws.storage import Bucket

    conflict: Any = {
        "Error": {"Code": "ConditionalRequestConflict", "Message": "in progress"},
        "ResponseMetadata": {"HTTPStatusCode": 409},
    }

    def refuse(*_):
        raise ClientError(conflict, "PutObject")

    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "put_new", refuse)
        with pytest.raises(ClientError):
            handle(event("alarm"), None, drifted)
    assert ledger.get(LeaseItem) is not None
    handle(event("alarm"), None, drifted)

    assert [item.decision for item in ledger.query(DecisionItem)] == ["start"]
    assert len(sagemaker.runs) == 1
