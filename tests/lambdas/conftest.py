"""A small fleet in moto's AWS, with fakes for what moto lacks or hides."""

import pytest
from moto import mock_aws

from lambdas.aws.ledger import Ledger, Put
from lambdas.release.handler import handle
from tests.lambdas.account import create_account, load_event, write_fleet
from tests.lambdas.captures import write_baseline
from tests.lambdas.items import champion_item, time, version_item


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def fleet_of():
    """Writes a fleet file whose model has the given settings; returns its key."""
    return write_fleet


@pytest.fixture
def aws(credentials):
    return create_account()


@pytest.fixture
def sagemaker(aws):
    return aws.client("sagemaker")


@pytest.fixture
def bus(aws):
    return aws.client("events")


@pytest.fixture
def people(aws):
    return aws.client("sns")


@pytest.fixture
def ledger(aws):
    return Ledger(aws.client("dynamodb"), "ledger", "late")


@pytest.fixture
def live(aws, ledger):
    """Version 1 is the champion since the first of March."""
    since = time("2026-03-01T00:00:00Z")
    version = version_item(baseline_uri=write_baseline(), serving_from=since)
    ledger.write(Put(champion_item(promoted_at=since)), Put(version))
    return aws


@pytest.fixture
def event():
    """A copy of a stored event, with changes to its detail and to its envelope."""
    return load_event


@pytest.fixture
def serving(aws, sagemaker, event):
    """Version 1 serves and has been adopted."""
    sagemaker.register(1, "Approved")
    sagemaker.serve(1)
    handle(event("endpoint", time="2026-03-02T00:00:00Z"), None, aws)
    return aws


@pytest.fixture
def approve(serving, sagemaker, event):
    """A person sets the approval status (or ``member``) of a version; its event is delivered."""

    def set_status(
        version,
        approval="Approved",
        times=1,
        time="2026-03-10T14:00:00Z",
        *,
        by_pipeline=True,
        member="ModelApprovalStatus",
    ):
        if version in sagemaker.packages:
            arn = sagemaker.set_approval(version, approval)
        else:
            arn = sagemaker.register(version, approval, by_pipeline=by_pipeline)
        detail = {
            "ModelPackageArn": arn,
            "ModelPackageVersion": version,
            "ModelApprovalStatus": approval,
            "UpdatedModelPackageFields": [member],
        }
        change = event("package", detail, time=time, id=f"{version}-{approval}-{time}")
        return [handle(change, None, serving) for _ in range(times)]

    return set_status


@pytest.fixture
def end(serving, sagemaker, event):
    """The update in progress ends, and its event is delivered (or lost)."""

    def settle(promoted, times=1, lost=False, time="2026-03-10T14:30:00Z"):
        sagemaker.settle(promoted=promoted)
        if not lost:
            for _ in range(times):
                handle(event("endpoint", time=time, id=f"end-{time}"), None, serving)

    return settle
