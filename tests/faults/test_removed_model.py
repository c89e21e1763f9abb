"""A model is removed from driftloop.yaml while a release of it is in progress.

What is left over is named in the log, and in a mail once a week while the model's stack is
deployed. Nothing fails, and nothing is lost if the model comes back.
"""

import json

import boto3
import pytest

from driftloop.contract.ledger_items import LeaseItem, ReleaseItem, RemovedModelItem
from driftloop.window import HOUR, format_time
from lambdas.aws.ledger import Ledger, Put
from lambdas.release.handler import handle
from lambdas.start_analysis.handler import handle as start_analysis
from tests.lambdas.fakes import STATE_MACHINE, StateMachine
from tests.lambdas.items import time, version_item
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


SUBJECT = "driftloop: the removed model late still runs"


@pytest.fixture
def machine(serving):
    machine = StateMachine()
    serving._clients["stepfunctions"] = machine
    serving._environ["ANALYSIS_STATE_MACHINE_ARN"] = STATE_MACHINE
    return machine


def schedule(aws, at, model="late"):
    """The schedule of the model's stack, which is still deployed."""
    at = at if isinstance(at, str) else format_time(at)
    return start_analysis({"model": model, "scheduled_time": at}, None, aws)


def test_people_are_notified_once_a_week_of_what_is_left_while_the_stack_is_deployed(
    removed, serving, machine, ledger, people
):
    release = ledger.get(ReleaseItem)
    lease = LeaseItem(
        decision_id="d1",
        started_at=time("2026-03-10T12:00:00Z"),
        client_request_token="t" * 32,
        parameters={},
        execution_arn="arn:aws:sagemaker:eu-central-1:123456789012:pipeline/p/execution/run-1",
    )
    ledger.write(Put(lease), Put(version_item(3, "approved")))
    for hour in range(0, 9 * 24, 6):
        assert schedule(serving, time("2026-03-11T00:20:00Z") + HOUR * hour)["execution"] is None
    assert machine.started == {}
    mails = [body for subject, body in people.messages if subject == SUBJECT]
    assert len(mails) == 2
    assert lease.execution_arn in mails[0]
    alarms = f"whose rollback alarms begin with {release.endpoint_config_name}"
    assert f"the release of version 2, {alarms}" in mails[0]
    assert "version 3, which is approved and waits for its release" in mails[0]
    assert "aws cloudformation delete-stack --stack-name driftloop-test-model-late" in mails[0]
    sent = [
        one
        for one, what in zip(people.deduplication_ids, people.subjects, strict=True)
        if what == SUBJECT
    ]
    assert len(set(sent)) == 2


def test_a_notification_that_was_not_recorded_is_repeated_with_its_id(
    removed, serving, machine, people, monkeypatch
):
    def fails(*_):
        raise RuntimeError("the ledger does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "write", fails)
        with pytest.raises(RuntimeError, match="does not answer"):
            schedule(serving, "2026-03-11T00:20:00Z")
    for _ in range(2):
        schedule(serving, "2026-03-11T01:20:00Z")
    assert people.subjects.count(SUBJECT) == 2
    first, second = people.messages[-2:]
    assert first == second


def test_nobody_is_notified_after_the_stack_was_deleted_or_of_a_name_that_is_no_models(
    removed, serving, machine, people, ledger
):
    schedule(serving, "2026-03-11T00:20:00Z", model="mistyped")
    boto3.client("ssm").delete_parameter(Name="/driftloop/test/late/serving")
    schedule(serving, "2026-03-11T00:20:00Z")
    assert SUBJECT not in people.subjects
    assert ledger.get(RemovedModelItem) is None
