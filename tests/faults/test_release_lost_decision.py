"""An approval is withdrawn, and the event of that is lost or late.

The status in the registry is compared with the approval directly before UpdateEndpoint, at each
attempt: what a person has withdrawn is not deployed.
"""

import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import ChampionItem, DecisionItem, ReleaseItem
from lambdas.gate.handler import handle as gate
from lambdas.release.handler import handle
from tests.lambdas.releases import (
    alarm_names,
    change_setting,
    reconcile,
    scalable_targets,
    statuses,
)

PENDING = "PendingManualApproval"
NEW_STATUS = {"Rejected": "rejected", PENDING: "superseded"}
MOMENTS = ["create_model", "create_endpoint_config", "describe_endpoint_config"]
"""Calls of a release before UpdateEndpoint, in their order."""


@pytest.fixture
def after(sagemaker, monkeypatch):
    """Something happens in the account after SageMaker has answered a call for the first time."""

    def set_event(call, happen):
        plain, left = getattr(sagemaker, call), [happen]

        def answer(**arguments):
            response = plain(**arguments)
            if left:
                left.pop()()
            return response

        monkeypatch.setattr(sagemaker, call, answer)

    return set_event


@pytest.fixture
def look(serving, event):
    """An event that says nothing of the versions is delivered."""

    def deliver(time):
        return handle(event("endpoint", time=time, id=time), None, serving)

    return deliver


def promote(approve, end, *versions):
    for version in versions:
        approve(version, time=f"2026-03-0{version + 2}T14:00:00Z")
        end(promoted=True, time=f"2026-03-0{version + 2}T14:30:00Z")


@pytest.mark.parametrize("status", NEW_STATUS)
@pytest.mark.parametrize("call", MOMENTS)
def test_an_approval_that_is_withdrawn_while_its_release_starts_is_not_deployed(
    approve, after, sagemaker, ledger, people, bus, status, call
):
    sagemaker.register(2)
    after(call, lambda: sagemaker.set_approval(2, status))
    sent = len(people.messages)
    approve(2)
    assert sagemaker.updates == []
    assert statuses(ledger) == {1: "promoted", 2: NEW_STATUS[status]}
    assert ledger.get(ReleaseItem) is None
    assert alarm_names() == []
    assert sagemaker.models.keys() == sagemaker.configs.keys() == {"driftloop-test-late-v1"}
    assert [detail["outcome"] for detail in bus.details("Release Completed")] == ["superseded"]
    assert len(people.messages) == sent

    approve(2, time="2026-03-10T15:00:00Z")
    assert len(sagemaker.updates) == 1


@pytest.mark.parametrize("status", NEW_STATUS)
@pytest.mark.parametrize("call", ["create_model", "create_endpoint_config"])
def test_an_approval_that_is_withdrawn_before_a_retry_is_not_deployed(
    approve, look, sagemaker, ledger, status, call
):
    sagemaker.refusals[call] = "ThrottlingException"
    with pytest.raises(ClientError, match="Throttling"):
        approve(2)
    sagemaker.refusals.clear()
    sagemaker.set_approval(2, status)
    look("2026-03-10T14:02:00Z")
    assert sagemaker.updates == []
    assert ledger.get(ReleaseItem) is None
    assert statuses(ledger)[2] == NEW_STATUS[status]
    assert alarm_names() == []


@pytest.mark.parametrize("status", NEW_STATUS)
def test_a_release_whose_update_may_have_begun_ends_when_it_is_known_that_it_did_not(
    approve, look, serving, sagemaker, ledger, status
):
    """The client may have repeated UpdateEndpoint after a call that had an effect."""
    sagemaker.refusals["update_endpoint"] = "ThrottlingException"
    with pytest.raises(ClientError, match="Throttling"):
        approve(2)
    sagemaker.refusals.clear()
    sagemaker.set_approval(2, status)
    look("2026-03-10T14:02:00Z")
    assert ledger.get(ReleaseItem) is not None
    assert len(alarm_names()) == 2
    reconcile(serving, "2026-03-10T14:40:00Z")
    assert sagemaker.updates == []
    assert ledger.get(ReleaseItem) is None
    assert statuses(ledger)[2] == NEW_STATUS[status]
    assert alarm_names() == []


def test_a_withdrawn_approval_leaves_autoscaling_as_it_was(approve, look, sagemaker, ledger):
    """A change of the instance type deregisters the scalable target before UpdateEndpoint."""
    change_setting(instance_type="ml.g5.xlarge")
    sagemaker.refusals["update_endpoint"] = "ThrottlingException"
    with pytest.raises(ClientError, match="Throttling"):
        approve(2)
    sagemaker.refusals.clear()
    sagemaker.set_approval(2, "Rejected")
    look("2026-03-10T14:02:00Z")
    assert ledger.get(ReleaseItem) is not None  # no release of the settings follows yet
    assert scalable_targets() == [(2, 4)]


@pytest.mark.parametrize("call", MOMENTS)
def test_a_version_that_is_deleted_is_not_released_and_people_are_notified_once(
    approve, after, serving, sagemaker, ledger, people, bus, call
):
    sagemaker.register(2)
    after(call, lambda: sagemaker.packages.pop(2))
    approve(2)
    for hour in (15, 16, 17):
        reconcile(serving, f"2026-03-10T{hour}:40:00Z")
    assert sagemaker.updates == []
    assert statuses(ledger) == {1: "promoted", 2: "release_refused"}
    assert ledger.get(ReleaseItem) is None
    assert alarm_names() == []
    assert [detail["outcome"] for detail in bus.details("Release Completed")] == ["refused"]
    [message] = [body for subject, body in people.messages if "not released" in subject]
    assert "ModelPackage arn" in message
    assert "does not exist" in message


def test_a_version_whose_status_may_not_be_read_is_not_released_and_people_are_notified_once(
    approve, after, serving, sagemaker, ledger, people
):
    sagemaker.register(2)
    denied = {"describe_model_package": "AccessDeniedException"}
    after("create_endpoint_config", lambda: sagemaker.refusals.update(denied))
    approve(2)
    sagemaker.refusals.clear()
    for hour in (15, 16, 17):
        reconcile(serving, f"2026-03-10T{hour}:40:00Z")
    assert sagemaker.updates == []
    assert statuses(ledger) == {1: "promoted", 2: "release_refused"}
    assert len([subject for subject in people.subjects if "not released" in subject]) == 1


def test_an_approval_whose_version_is_deleted_before_its_event_arrives_is_no_failure(
    approve, serving, sagemaker, event, ledger, people
):
    arn = sagemaker.register(2, "Approved")
    sagemaker.packages.pop(2)
    detail = {
        "ModelPackageArn": arn,
        "ModelPackageVersion": 2,
        "ModelApprovalStatus": "Approved",
        "UpdatedModelPackageFields": ["ModelApprovalStatus"],
    }
    sent = len(people.messages)
    handle(event("package", detail, time="2026-03-10T14:00:00Z"), None, serving)
    assert statuses(ledger) == {1: "promoted"}
    assert len(people.messages) == sent


@pytest.mark.parametrize("event_arrives", [True, False])
@pytest.mark.parametrize("waits_for", ["endpoint", "update"])
def test_a_version_that_is_deleted_while_it_waits_prevents_no_retraining(
    approve, serving, sagemaker, event, ledger, people, waits_for, event_arrives
):
    """It would wait without an end: nobody can reject it any more."""
    if waits_for == "endpoint":
        sagemaker.endpoint = None
    else:
        sagemaker.scale("Updating")
    approve(2)
    assert statuses(ledger)[2] in {"awaiting_endpoint", "approved"}
    arn = sagemaker.packages.pop(2)["ModelPackageArn"]
    detail = {
        "ModelPackageArn": arn,
        "ModelPackageVersion": 2,
        "ModelApprovalStatus": "Approved",
        "UpdatedModelPackageFields": [],
    }
    deleted = event("package", detail, time="2026-03-10T14:05:00Z", id="deleted")
    for hour in (14, 15, 16):
        if event_arrives:
            handle(deleted, None, serving)
        reconcile(serving, f"2026-03-10T{hour}:40:00Z")
    assert statuses(ledger)[2] == "release_refused"
    mails = [body for subject, body in people.messages if "version 2 of late was not" in subject]
    assert len(mails) == 1
    assert f"The model package {arn} does not exist any more." in mails[0]
    gate(event("request"), None, serving)
    [decision] = ledger.query(DecisionItem)
    # Without an endpoint the champion itself waits for one.
    assert "version 2" not in decision.message


def test_a_rollback_does_not_deploy_a_version_that_was_rejected(
    approve, end, sagemaker, ledger, people
):
    promote(approve, end, 2, 3)
    sagemaker.set_approval(2, "Rejected")
    approve(3, "Rejected")
    assert statuses(ledger) == {1: "deploying", 2: "rejected", 3: "rejected"}
    assert len(sagemaker.updates) == 3
    assert not [subject for subject in people.subjects if "not released" in subject]


def test_a_rollback_does_not_deploy_a_version_that_waits_for_approval_again(
    approve, end, serving, sagemaker, ledger, people
):
    promote(approve, end, 2, 3)
    sagemaker.set_approval(2, PENDING)
    approve(3, "Rejected")
    assert statuses(ledger) == {1: "deploying", 2: "release_refused", 3: "rejected"}
    [message] = [body for subject, body in people.messages if "not released" in subject]
    assert "Its approval status is PendingManualApproval." in message
    assert "To deploy this version, approve it" in message
    assert "--model-approval-status Rejected" not in message

    end(promoted=True, time="2026-03-10T14:30:00Z")
    sagemaker.set_approval(2, "Approved")  # its event is lost, too
    reconcile(serving, "2026-03-10T14:40:00Z")
    assert statuses(ledger) == {1: "promoted", 2: "deploying", 3: "rejected"}


def test_changed_settings_do_not_come_before_the_rollback_of_a_rejected_version(
    approve, end, serving, sagemaker, event, ledger
):
    promote(approve, end, 2)
    sagemaker.set_approval(2, "Rejected")
    change_setting(capture_sampling_percentage=10)
    handle(event("parameter", time="2026-03-10T12:00:00Z", id="settings"), None, serving)
    assert statuses(ledger) == {1: "deploying", 2: "rejected"}
    release = ledger.get(ReleaseItem)
    assert (release.version, release.purpose) == (1, "rollback")
    assert len(sagemaker.updates) == 2
    assert ledger.get(ChampionItem).failed_settings_digest is None


@pytest.mark.parametrize("status", ["Rejected", PENDING])
def test_the_only_version_gets_changed_settings_whatever_its_approval_status(
    serving, sagemaker, event, ledger, status
):
    sagemaker.set_approval(1, status)
    change_setting(capture_sampling_percentage=10)
    handle(event("parameter", time="2026-03-10T12:00:00Z", id="settings"), None, serving)
    release = ledger.get(ReleaseItem)
    assert (release.version, release.purpose) == (1, "serving_settings")
    assert len(sagemaker.updates) == 1
    assert statuses(ledger) == {1: "rejected" if status == "Rejected" else "promoted"}


def test_the_late_event_of_a_rejection_changes_nothing_any_more(
    approve, after, sagemaker, ledger, bus
):
    sagemaker.register(2)
    after("create_model", lambda: sagemaker.set_approval(2, "Rejected"))
    approve(2)
    approve(2, "Rejected", time="2026-03-10T14:00:05Z", times=2)
    assert statuses(ledger) == {1: "promoted", 2: "rejected"}
    assert len(bus.details("Release Completed")) == 1
    assert sagemaker.updates == []
