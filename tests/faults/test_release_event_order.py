"""Events of the model registry are lost or arrive in another order: the newest approval decides."""

import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import CompletedReleaseItem, VersionItem
from lambdas.release.handler import handle
from tests.lambdas.items import time
from tests.lambdas.releases import reconcile, statuses


@pytest.fixture
def change(sagemaker, event):
    """A person sets the approval status of a version; returns the event."""

    def set_status(version, status, at):
        if version not in sagemaker.packages:
            sagemaker.register(version)
        arn = sagemaker.set_approval(version, status)
        sagemaker.packages[version]["LastModifiedTime"] = time(at)
        detail = {
            "ModelPackageArn": arn,
            "ModelPackageVersion": version,
            "ModelApprovalStatus": status,
        }
        return event("package", detail, time=at, id=f"{version}-{at}")

    return set_status


def test_an_approval_that_arrives_after_a_newer_one_was_released_is_superseded(
    serving, change, end, sagemaker, ledger
):
    late = change(2, "Approved", "2026-03-10T14:00:00Z")
    handle(change(3, "Approved", "2026-03-10T14:10:00Z"), None, serving)
    end(promoted=True)
    handle(late, None, serving)
    assert statuses(ledger) == {1: "superseded", 2: "superseded", 3: "promoted"}
    assert len(sagemaker.named("update_endpoint")) == 1


def test_an_approval_that_arrives_during_the_release_of_a_newer_one_is_superseded(
    serving, change, end, sagemaker, ledger
):
    late = change(2, "Approved", "2026-03-10T14:00:00Z")
    handle(change(3, "Approved", "2026-03-10T14:10:00Z"), None, serving)
    handle(late, None, serving)
    assert statuses(ledger) == {1: "promoted", 2: "approved", 3: "deploying"}
    end(promoted=True)
    assert statuses(ledger) == {1: "superseded", 2: "superseded", 3: "promoted"}
    assert len(sagemaker.named("update_endpoint")) == 1


def test_an_approval_whose_event_was_lost_does_not_replace_a_later_one(
    serving, change, end, sagemaker, ledger
):
    change(3, "Approved", "2026-03-10T14:00:00Z")
    handle(change(2, "Approved", "2026-03-10T14:10:00Z"), None, serving)
    end(promoted=True)
    reconcile(serving)
    assert statuses(ledger) == {1: "superseded", 2: "promoted", 3: "superseded"}
    assert len(sagemaker.named("update_endpoint")) == 1


def test_it_is_released_after_a_new_approval(serving, change, end, ledger):
    late = change(2, "Approved", "2026-03-10T14:00:00Z")
    handle(change(3, "Approved", "2026-03-10T14:10:00Z"), None, serving)
    end(promoted=True)
    handle(late, None, serving)
    handle(change(2, "Rejected", "2026-03-10T15:00:00Z"), None, serving)
    handle(change(2, "Approved", "2026-03-10T15:10:00Z"), None, serving)
    assert statuses(ledger)[2] == "deploying"


@pytest.fixture
def superseded(serving, change, end, ledger):
    """Version 2 was approved before version 3, which was released since; returns its event."""
    late = change(2, "Approved", "2026-03-10T14:00:00Z")
    handle(change(3, "Approved", "2026-03-10T14:10:00Z"), None, serving)
    end(promoted=True)
    handle(late, None, serving)
    assert statuses(ledger)[2] == "superseded"
    return late


@pytest.fixture
def refused(serving, change, sagemaker, ledger):
    """The release of version 2 was refused, and what refused it was corrected since."""
    sagemaker.refusals["update_endpoint"] = "ResourceLimitExceeded"
    approval = change(2, "Approved", "2026-03-10T14:00:00Z")
    handle(approval, None, serving)
    sagemaker.refusals.clear()
    assert statuses(ledger)[2] == "release_refused"
    return approval


def _again(change, rejected_at="2026-03-10T15:00:00Z", approved_at="2026-03-10T15:00:02Z"):
    """The commands of the mail: both events are delivered after the second command."""
    return [change(2, "Rejected", rejected_at), change(2, "Approved", approved_at)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0,), (1,)])
@pytest.mark.parametrize("ended", ["superseded", "refused"])
def test_a_rejection_and_an_approval_that_are_handled_together_release_it_again(
    ended, order, request, serving, change, sagemaker, ledger
):
    request.getfixturevalue(ended)
    released = len(sagemaker.updates)
    events = _again(change)
    for index in order:
        handle(events[index], None, serving)
    assert statuses(ledger)[2] == "deploying"
    assert len(sagemaker.updates) == released + 1


def test_both_in_one_second_release_it_again(refused, serving, change, ledger):
    at = "2026-03-10T15:00:00Z"
    for event in _again(change, at, at):
        handle(event, None, serving)
    assert statuses(ledger)[2] == "deploying"


def test_a_later_approval_counts_if_the_event_of_the_rejection_was_lost(
    superseded, serving, change, end, ledger
):
    change(2, "Rejected", "2026-03-10T14:05:00Z")
    handle(change(2, "Approved", "2026-03-10T15:45:00Z"), None, serving)
    end(promoted=True, time="2026-03-10T16:15:00Z")
    assert statuses(ledger) == {1: "superseded", 2: "promoted", 3: "superseded"}


def test_a_later_approval_counts_if_an_earlier_one_is_handled_after_it_was_given(
    serving, change, end, ledger
):
    early = change(2, "Approved", "2026-03-10T14:00:00Z")
    change(2, "Rejected", "2026-03-10T14:05:00Z")
    handle(change(3, "Approved", "2026-03-10T14:10:00Z"), None, serving)
    end(promoted=True)
    last = change(2, "Approved", "2026-03-10T15:45:00Z")
    handle(early, None, serving)
    assert statuses(ledger)[2] == "superseded"
    handle(last, None, serving)
    assert statuses(ledger)[2] == "deploying"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_one_new_approval_is_refused_once(order, refused, serving, change, sagemaker, ledger):
    sagemaker.refusals["update_endpoint"] = "ResourceLimitExceeded"
    events = _again(change)
    for index in (*order, *order):
        handle(events[index], None, serving)
    assert statuses(ledger)[2] == "release_refused"
    assert len(sagemaker.named("update_endpoint")) == 2


def test_the_registration_and_the_approval_that_are_handled_together_are_refused_once(
    serving, change, sagemaker, ledger
):
    sagemaker.refusals["update_endpoint"] = "ResourceLimitExceeded"
    registration = change(2, "PendingManualApproval", "2026-03-10T13:04:00Z")
    approval = change(2, "Approved", "2026-03-10T14:00:00Z")
    handle(registration, None, serving)
    handle(approval, None, serving)
    assert statuses(ledger)[2] == "release_refused"
    assert len(sagemaker.named("update_endpoint")) == 1


@pytest.mark.parametrize("ended", ["superseded", "refused"])
def test_the_same_approval_event_starts_nothing_again(ended, request, serving, sagemaker, ledger):
    event = request.getfixturevalue(ended)
    before = statuses(ledger), len(sagemaker.updates)
    handle(event, None, serving)
    # SageMaker may send several events for each change of state (developer guide, Events that
    # Amazon SageMaker AI sends to Amazon EventBridge).
    handle({**event, "id": "second", "time": "2026-03-10T14:00:03Z"}, None, serving)
    assert (statuses(ledger), len(sagemaker.updates)) == before


@pytest.mark.parametrize("ended", ["superseded", "refused"])
def test_a_change_of_other_members_starts_nothing(
    ended, request, serving, sagemaker, event, ledger
):
    before = request.getfixturevalue(ended)
    started = len(sagemaker.updates)
    sagemaker.packages[2]["LastModifiedTime"] = time("2026-03-10T15:00:00Z")
    detail = {**before["detail"], "UpdatedModelPackageFields": ["CustomerMetadataProperties"]}
    handle(event("package", detail, time="2026-03-10T15:00:00Z", id="metadata"), None, serving)
    for hour in (16, 17):
        reconcile(serving, f"2026-03-10T{hour}:00:00Z")
    assert statuses(ledger)[2] == {"refused": "release_refused"}.get(ended, ended)
    assert len(sagemaker.updates) == started


def test_a_rejected_version_that_is_approved_while_it_is_deployed_is_deployed_once(
    serving, change, end, sagemaker, ledger
):
    handle(change(2, "Approved", "2026-03-10T14:00:00Z"), None, serving)
    for event in _again(change, "2026-03-10T14:05:00Z", "2026-03-10T14:05:02Z"):
        handle(event, None, serving)
    end(promoted=True)
    assert statuses(ledger)[2] == "promoted"
    assert ledger.get(VersionItem, 2).decided_at == time("2026-03-10T14:05:02Z")
    assert len(sagemaker.updates) == 1
    assert ledger.query(CompletedReleaseItem) == []


def test_the_serving_version_that_is_approved_again_during_another_release_serves_in_the_end(
    serving, change, end, sagemaker, ledger, bus
):
    handle(change(2, "Approved", "2026-03-10T14:00:00Z"), None, serving)
    handle(change(1, "Rejected", "2026-03-10T14:01:00Z"), None, serving)
    handle(change(3, "Approved", "2026-03-10T14:05:00Z"), None, serving)
    handle(change(1, "Approved", "2026-03-10T14:10:00Z"), None, serving)
    end(promoted=True)
    assert statuses(ledger) == {1: "deploying", 2: "promoted", 3: "superseded"}
    end(promoted=True, time="2026-03-10T15:00:00Z")
    assert statuses(ledger) == {1: "promoted", 2: "superseded", 3: "superseded"}
    assert len(sagemaker.updates) == 2
    outcomes = [(one["version"], one["outcome"]) for one in bus.details("Release Completed")]
    assert outcomes == [(2, "promoted"), (1, "promoted")]


@pytest.fixture
def rolling_back(serving, change, end, ledger):
    """Version 2 serves and was rejected, so version 1 is on its way back."""
    handle(change(2, "Approved", "2026-03-10T14:00:00Z"), None, serving)
    end(promoted=True)
    handle(change(2, "Rejected", "2026-03-10T15:00:00Z"), None, serving)
    assert statuses(ledger) == {1: "deploying", 2: "rejected"}
    return serving


def test_a_rollback_is_final_until_a_new_approval(rolling_back, change, end, ledger):
    again = change(2, "Approved", "2026-03-10T15:10:00Z")
    handle(again, None, rolling_back)
    end(promoted=True, time="2026-03-10T15:30:00Z")
    assert statuses(ledger) == {1: "promoted", 2: "deploying"}
    end(promoted=True, time="2026-03-10T16:00:00Z")
    assert statuses(ledger) == {1: "superseded", 2: "promoted"}


def test_a_rollback_is_final_without_a_new_approval(rolling_back, end, ledger, sagemaker):
    end(promoted=True, time="2026-03-10T15:30:00Z")
    for hour in (16, 17):
        reconcile(rolling_back, f"2026-03-10T{hour}:40:00Z")
    assert statuses(ledger) == {1: "promoted", 2: "rejected"}
    assert len(sagemaker.updates) == 2


def test_a_rollback_that_has_not_begun_ends_with_a_new_approval_of_the_serving_version(
    serving, change, end, sagemaker, ledger
):
    handle(change(2, "Approved", "2026-03-10T14:00:00Z"), None, serving)
    end(promoted=True)
    period = ledger.get(VersionItem, 1).serving_periods
    sagemaker.refusals["create_model"] = "ThrottlingException"
    with pytest.raises(ClientError, match="Throttling"):
        handle(change(2, "Rejected", "2026-03-10T15:00:00Z"), None, serving)
    sagemaker.refusals.clear()
    handle(change(2, "Approved", "2026-03-10T15:10:00Z"), None, serving)
    assert statuses(ledger) == {1: "superseded", 2: "promoted"}
    assert ledger.get(VersionItem, 1).serving_periods == period
    assert len(sagemaker.updates) == 1


def test_a_new_endpoint_with_a_newer_version_than_the_champion_that_lost_its_own_is_adopted(
    serving, change, sagemaker, ledger
):
    """The champion waits for an endpoint, a newer version is approved and deployed instead."""
    sagemaker.endpoint = None
    reconcile(serving, "2026-03-10T12:40:00Z")
    handle(change(2, "Approved", "2026-03-10T14:00:00Z"), None, serving)
    assert statuses(ledger) == {1: "awaiting_endpoint", 2: "awaiting_endpoint"}
    sagemaker.clock = time("2026-03-10T15:00:00Z")
    sagemaker.serve(2)
    reconcile(serving, "2026-03-10T15:40:00Z")
    assert statuses(ledger) == {1: "superseded", 2: "promoted"}
