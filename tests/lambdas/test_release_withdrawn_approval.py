"""A person sets ModelApprovalStatus back to PendingManualApproval before the update begins."""

import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import ReleaseItem
from tests.lambdas.releases import reconcile, statuses

PENDING = "PendingManualApproval"
LATER = "2026-03-10T14:05:00Z"


@pytest.fixture(params=["event", "reconcile"])
def withdraw(request, approve, serving, sagemaker):
    """Its event is delivered, or is lost so that reconcile finds the status."""

    def set_back(version):
        if request.param == "event":
            approve(version, PENDING, time=LATER)
        else:
            sagemaker.set_approval(version, PENDING)
            reconcile(serving, LATER)

    return set_back


def test_a_withdrawn_approval_is_not_deployed_when_the_endpoint_is_in_service_again(
    approve, withdraw, serving, sagemaker, ledger
):
    sagemaker.scale("Updating")
    approve(2)
    withdraw(2)
    sagemaker.scale("InService")
    reconcile(serving, "2026-03-10T14:40:00Z")
    assert statuses(ledger)[2] == "superseded"
    assert sagemaker.updates == []


def test_a_withdrawn_approval_ends_a_release_whose_update_did_not_begin(
    approve, withdraw, serving, sagemaker, ledger
):
    sagemaker.refusals["create_model"] = "ThrottlingException"
    with pytest.raises(ClientError, match="Throttling"):
        approve(2)
    sagemaker.refusals.clear()
    withdraw(2)
    assert ledger.get(ReleaseItem) is None
    assert statuses(ledger)[2] == "superseded"
    approve(2, time="2026-03-10T15:00:00Z")
    assert statuses(ledger)[2] == "deploying"
    assert len(sagemaker.updates) == 1


def test_an_approval_is_not_withdrawn_once_its_update_began(
    approve, withdraw, sagemaker, ledger, end
):
    approve(2)
    withdraw(2)
    assert statuses(ledger)[2] == "deploying"
    end(promoted=True)
    assert statuses(ledger) == {1: "superseded", 2: "promoted"}


def test_the_withdrawn_approval_of_the_version_that_serves_changes_nothing(
    withdraw, serving, sagemaker, ledger
):
    withdraw(1)
    assert statuses(ledger) == {1: "promoted"}
    assert sagemaker.updates == []
