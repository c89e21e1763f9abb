"""`docs.delete_environment` deletes all resources of one environment, and no others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest
from moto import mock_aws

from docs.delete_environment import TAG, main

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def make_bucket(name: str, environment: str) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": TAG, "Value": environment}]})
    for body in (b"old", b"new"):
        s3.put_object(Bucket=name, Key="object", Body=body)


def buckets() -> list[str]:
    return [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]


def make_key(environment: str) -> str:
    tags = [{"TagKey": TAG, "TagValue": environment}]
    return str(boto3.client("kms").create_key(Tags=tags)["KeyMetadata"]["KeyId"])


def test_without_the_delete_flag_resources_are_listed_and_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_bucket("one", "main")
    main(["main"])
    assert capsys.readouterr().out == "retained: bucket one\n"
    assert buckets() == ["one"]


def test_a_bucket_is_deleted_with_all_object_versions_and_other_environments_are_kept() -> None:
    make_bucket("one", "main")
    make_bucket("two", "other")
    main(["main", "--delete"])
    assert buckets() == ["two"]


def test_the_key_is_scheduled_for_deletion_and_a_second_run_lists_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = make_key("main")
    main(["main", "--delete"])
    state = boto3.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    assert state == "PendingDeletion"
    capsys.readouterr()
    main(["main", "--delete"])
    assert capsys.readouterr().out == ""


def test_models_of_releases_are_deleted_and_those_of_a_similar_environment_are_kept() -> None:
    sagemaker = boto3.client("sagemaker")
    role = "arn:aws:iam::123456789012:role/r"
    for name in ("driftloop-main-churn-v1-abc123", "driftloop-main2-churn-v1-abc123", "mine"):
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=role)
    main(["main", "--delete"])
    left = {model["ModelName"] for model in sagemaker.list_models()["Models"]}
    assert left == {"driftloop-main2-churn-v1-abc123", "mine"}


def test_rollback_alarms_of_a_release_that_was_in_progress_are_deleted() -> None:
    cloudwatch = boto3.client("cloudwatch")
    for name in ("driftloop-main-churn-v2-abc123-5xx", "driftloop-main2-churn-v2-abc123-5xx"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    main(["main", "--delete"])
    left = [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]]
    assert left == ["driftloop-main2-churn-v2-abc123-5xx"]


def test_the_example_policy_of_removal_allows_every_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # names of actions that differ from those of operations: service authorization reference
    actions = {
        "s3:DeleteObjects": "s3:DeleteObjectVersion",
        "s3:ListObjectVersions": "s3:ListBucketVersions",
        "tagging:GetResources": "tag:GetResources",
        "monitoring:DescribeAlarms": "cloudwatch:DescribeAlarms",
        "monitoring:DeleteAlarms": "cloudwatch:DeleteAlarms",
    }
    make_bucket("one", "main")
    make_key("main")
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="driftloop-main-churn")
    sagemaker.create_model(
        ModelName="driftloop-main-churn-v1", ExecutionRoleArn="arn:aws:iam::123456789012:role/r"
    )
    boto3.client("dynamodb").create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": TAG, "Value": "main"}],
    )
    requested = set()
    original = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def record(client: Any, operation: str, parameters: Any) -> Any:
        prefix = client.meta.service_model.endpoint_prefix.removeprefix("api.")
        requested.add(f"{prefix}:{operation}")
        if operation == "DeleteModelPackageGroup":  # moto lacks it
            return {}
        return original(client, operation, parameters)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", record)
    main(["main", "--delete"])
    policy = json.loads((ROOT / "docs/policies/removal.json").read_text(encoding="utf-8"))
    allowed = {
        action
        for statement in policy["Statement"]
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    }
    required = {actions.get(request, request) for request in requested}
    assert {"sagemaker:DeleteModel", "dynamodb:DeleteTable", "s3:DeleteBucket"} <= required
    assert required - allowed == set()
