"""A version whose baseline can't be used is found before its release, which is refused."""

import boto3
import pytest
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import ReleaseItem
from lambdas.release.handler import handle
from tests.faults.s3 import refusing_s3
from tests.lambdas.captures import baseline_key, write_baseline
from tests.lambdas.releases import alarm_names, reconcile, statuses


@pytest.fixture
def damage(sagemaker):
    """Version 2 is registered, and its baseline is garbage."""
    sagemaker.register(2)
    boto3.client("s3").put_object(Bucket="artifacts", Key=baseline_key(2), Body=b"garbage")


def test_the_release_of_a_version_without_a_usable_baseline_is_refused_with_the_reason(
    damage, approve, serving, sagemaker, ledger, people, bus
):
    approve(2, times=3)
    reconcile(serving)
    assert statuses(ledger) == {1: "promoted", 2: "release_refused"}
    assert sagemaker.named("create_model") == []
    assert sagemaker.named("update_endpoint") == []
    assert ledger.get(ReleaseItem) is None
    assert alarm_names() == []
    [body] = [body for subject, body in people.messages if "not released" in subject]
    assert baseline_key(2) in body
    assert "not a driftloop baseline file" in body
    [completed] = bus.details("Release Completed")
    assert completed["outcome"] == "refused"


def test_after_the_repair_and_a_new_approval_it_is_released(damage, approve, ledger):
    approve(2)
    write_baseline(2)
    approve(2, "Rejected", time="2026-03-10T15:00:00Z")
    approve(2, time="2026-03-10T15:10:00Z")
    assert statuses(ledger)[2] == "deploying"


def test_an_error_that_passes_refuses_nothing(approve, serving, event, sagemaker, ledger):
    arn = sagemaker.register(2, "Approved")
    throttled = refusing_s3(serving, baseline_key(2), "SlowDown", 503)
    detail = {
        "ModelPackageArn": arn,
        "ModelPackageVersion": 2,
        "ModelApprovalStatus": "Approved",
    }
    with pytest.raises(ClientError, match="SlowDown"):
        handle(event("package", detail, time="2026-03-10T14:00:00Z"), None, throttled)
    assert statuses(ledger)[2] == "deploying"
    reconcile(serving)
    assert len(sagemaker.named("update_endpoint")) == 1


def test_a_rollback_needs_no_baseline(approve, end, sagemaker, ledger):
    """A person rejected the version that serves: that it leaves is worth more."""
    approve(2)
    end(promoted=True)
    boto3.client("s3").delete_object(Bucket="artifacts", Key=baseline_key(1))
    approve(2, "Rejected", time="2026-03-10T15:00:00Z")
    end(promoted=True, time="2026-03-10T15:30:00Z")
    assert statuses(ledger) == {1: "promoted", 2: "rejected"}
