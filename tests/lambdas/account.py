"""The buckets, the ledger and the parameter of the handlers' tests, in moto's AWS."""

import json
from pathlib import Path

import boto3

from driftloop.config import validate_config
from driftloop.contract.fleet import AlarmEntry, Fleet
from lambdas.aws.clients import AwsClients
from tests.lambdas.fakes import Outbox, SageMaker, Topic

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
    "START_ANALYSIS_FUNCTION": "start_analysis",
}


def write_fleet(**settings):
    """Write a fleet file whose model has the given settings; return its key."""
    config = validate_config({"environment": "test", "models": {"late": {**MODEL, **settings}}})
    kinds = {
        "drift": True,
        "prediction-drift": True,
        "data-quality": True,
        "drift-from-training": True,
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


def create_account():
    """Create what the stacks deploy; return the clients of a function."""
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
    environ = {**ENVIRON, "FLEET_KEY": write_fleet()}
    return AwsClients(environ, sagemaker=SageMaker(), events=Outbox(), sns=Topic())


def load_event(name, detail=None, **envelope):
    """A copy of a stored event, with changes to its detail and to its envelope."""
    text = (Path(__file__).parent / "events" / f"{name}.json").read_text()
    loaded = {**json.loads(text), **envelope}
    loaded["detail"] = {**loaded["detail"], **(detail or {})}
    return loaded
