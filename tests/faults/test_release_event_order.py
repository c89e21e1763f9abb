"""Events of the model registry are lost or arrive in another order: the newest approval decides."""

import pytest

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
