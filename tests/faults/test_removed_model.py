"""A model is removed from driftloop.yaml while a release of it is in progress.

What is left over is named in the log; nothing fails, and nothing is lost if the model comes back.
"""

import json

import boto3
import pytest

from driftloop.contract.ledger_items import ReleaseItem
from lambdas.release.handler import handle
from tests.lambdas.releases import alarm_names, reconcile, statuses


@pytest.fixture
def removed(approve, serving, sagemaker):
    """Version 2 is on its way, the model is removed, and then the update ends."""
    approve(2)
    key = serving.setting("FLEET_KEY")
    s3 = boto3.client("s3")
    fleet = json.loads(s3.get_object(Bucket="fleet", Key=key)["Body"].read())
    fleet["config"]["models"] = {"former": fleet["config"]["models"].pop("late")}
    fleet["alarms"] = {}
    body = json.dumps(fleet).encode()
    s3.put_object(Bucket="fleet", Key="fleet-without-late.json", Body=body)
    serving._environ["FLEET_KEY"] = "fleet-without-late.json"
    sagemaker.settle(promoted=True)
    return key


def test_the_end_of_its_release_changes_nothing_and_the_log_names_what_to_delete(
    removed, serving, event, ledger, people, bus, caplog
):
    name = ledger.get(ReleaseItem).endpoint_config_name
    sent = len(people.messages)
    ended = event("endpoint", time="2026-03-10T15:30:00Z", id="end")
    assert handle(ended, None, serving) == {"model": None, "actions": []}
    reconcile(serving)
    assert alarm_names() == [f"{name}-5xx", f"{name}-latency"]
    assert statuses(ledger)[2] == "deploying"
    assert (len(people.messages), bus.details("Release Completed")) == (sent, [])
    first, second = caplog.messages[-2:]
    assert "delete its alarms, whose names begin with the endpoint's" in first
    assert "delete-stack --stack-name driftloop-test-model-late" in second


def test_a_model_that_comes_back_ends_its_release(removed, serving, event, ledger, people, bus):
    handle(event("endpoint", time="2026-03-10T15:30:00Z", id="end"), None, serving)
    serving._environ["FLEET_KEY"] = removed
    for hour in (16, 17, 18):
        reconcile(serving, f"2026-03-10T{hour}:40:00Z")
    assert statuses(ledger) == {1: "superseded", 2: "promoted"}
    assert ledger.get(ReleaseItem) is None
    assert alarm_names() == []
    assert [detail["outcome"] for detail in bus.details("Release Completed")] == ["promoted"]
    assert people.subjects.count("driftloop: version 2 of late serves all requests") == 1
