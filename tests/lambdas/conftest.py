"""A small fleet in moto's AWS, with fakes for what moto lacks or hides."""

import json
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from driftloop.config import validate_config
from driftloop.contract.fleet import AlarmEntry, Fleet
from lambdas.aws.clients import AwsClients
from lambdas.aws.ledger import Ledger, Put
from lambdas.release.handler import handle
from tests.lambdas.captures import write_baseline
from tests.lambdas.fakes import Outbox, SageMaker, Topic
from tests.lambdas.items import champion_item, time, version_item

MODEL = {
    "problem_type": "binary_classification",
    "features": {"temp": "numeric", "carrier": "categorical"},
    "target": "late",
    "family": "sklearn",
    "training_data": "flights.csv",
    "retraining": {"min_labels": 3, "label_delay_hours": 2, "cooldown_hours": 4},
    "serving": {"initial_instance_count": 2},
}
SERVING = {
    "endpoint": "driftloop-test-late",
    "role_arn": "arn:aws:iam::123456789012:role/endpoint",
    "kms_key_arn": "arn:aws:kms:eu-central-1:123456789012:key/k",
    "capture_bucket": "capture",
    "capture_sampling_percentage": 100,
    "instance_type": "ml.m5.large",
    "initial_instance_count": 2,
    "max_instance_count": 4,
    "target_invocations_per_instance": 1000,
    "canary_percentage": 50,
    "bake_minutes": 10,
    "latency_p99_threshold_ms": 1000.0,
    "error_threshold_per_minute": 5,
    "variant": "AllTraffic",
    "tags": {"driftloop:model": "late"},
}
BUCKETS = ("fleet", "capture", "truth", "analysis", "artifacts")
ENVIRON = {
    "DRIFTLOOP_ENVIRONMENT": "test",
    "FLEET_BUCKET": "fleet",
    "CAPTURE_BUCKET": "capture",
    "GROUND_TRUTH_BUCKET": "truth",
    "ANALYSIS_BUCKET": "analysis",
    "ARTIFACTS_BUCKET": "artifacts",
    "LEDGER_TABLE": "ledger",
    "TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:people",
    "GATE_FUNCTION": "gate",
    "RELEASE_FUNCTION": "release",
}


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

    def write(**settings):
        config = validate_config({"environment": "test", "models": {"late": {**MODEL, **settings}}})
        kinds = {
            "drift": True,
            "prediction-drift": True,
            "data-quality": True,
            "endpoint-latency-p99": False,
        }
        alarms = {
            f"driftloop-test-late-{kind}": AlarmEntry("late", kind, asks)
            for kind, asks in kinds.items()
        }
        text = Fleet(config, alarms).to_json()
        key = f"fleet-{abs(hash(text))}.json"
        boto3.client("s3").put_object(Bucket="fleet", Key=key, Body=text.encode())
        return key

    return write


@pytest.fixture
def aws(credentials, fleet_of):
    s3 = boto3.client("s3")
    for bucket in BUCKETS:
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
    boto3.client("dynamodb").create_table(
        TableName="ledger",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    boto3.client("ssm").put_parameter(
        Name="/driftloop/test/late/serving", Value=json.dumps(SERVING), Type="String"
    )
    environ = {**ENVIRON, "FLEET_KEY": fleet_of()}
    return AwsClients(environ, sagemaker=SageMaker(), events=Outbox(), sns=Topic())


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

    def load(name, detail=None, **envelope):
        text = (Path(__file__).parent / "events" / f"{name}.json").read_text()
        loaded = {**json.loads(text), **envelope}
        loaded["detail"] = {**loaded["detail"], **(detail or {})}
        return loaded

    return load


@pytest.fixture
def serving(aws, sagemaker, event):
    """Version 1 serves and has been adopted."""
    sagemaker.register(1, "Approved")
    sagemaker.serve(1)
    handle(event("endpoint", time="2026-03-02T00:00:00Z"), None, aws)
    return aws


@pytest.fixture
def approve(serving, sagemaker, event):
    """A person sets the approval status of a version, and its event is delivered."""

    def set_status(
        version, approval="Approved", times=1, time="2026-03-10T14:00:00Z", *, by_pipeline=True
    ):
        if version in sagemaker.packages:
            arn = sagemaker.set_approval(version, approval)
        else:
            arn = sagemaker.register(version, approval, by_pipeline=by_pipeline)
        detail = {
            "ModelPackageArn": arn,
            "ModelPackageVersion": version,
            "ModelApprovalStatus": approval,
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
