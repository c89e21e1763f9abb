"""The data stack: the key, the buckets and the ledger; all are retained on delete."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from driftloop.config.sections import RetentionSettings
from driftloop.contract.resource_names import ResourceNames
from infra.constructs.iam_statements import acknowledge_finding
from infra.constructs.kms_key import FleetKey

WORK_DAYS = 14
"""Days until the files of an analysis execution expire: as long as an execution can be redriven."""
NONCURRENT_VERSION_DAYS = 90
"""Days until a replaced object version expires in a versioned bucket."""
ACCESS_LOG_DAYS = 90
"""Days until access logs expire."""


class DataStack(Stack):
    """Resources that outlive all other stacks."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        names: ResourceNames,
        retention: RetentionSettings,
        **stack: Any,
    ) -> None:
        super().__init__(scope, id_, **stack)
        self.key: kms.Key = FleetKey(self, "Key", prefix=names.prefix).key
        self._access_logs = self._access_log_bucket()
        days = retention.capture_days
        self.capture = self._bucket("Capture", [_expire(days)])
        self.ground_truth = self._bucket("GroundTruth", [_expire(days)], versioned=True)
        self.analysis = self._bucket(
            "Analysis",
            [
                _expire(WORK_DAYS, "work/"),
                _expire(days, "quarantine/"),
                _expire(retention.analysis_days, "profiles/"),
                _expire(retention.analysis_days, "reports/"),
            ],
        )
        self.artifacts = self._bucket("Artifacts", [], versioned=True)
        self.ledger = self._ledger()

    def _access_log_bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "AccessLogs",
            # S3 delivers access logs only to buckets with its own encryption key.
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[_expire(ACCESS_LOG_DAYS), _cleanup()],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        acknowledge_finding(bucket, "AwsSolutions-S1", "This bucket contains the access logs.")
        return bucket

    def _bucket(
        self, id_: str, rules: Sequence[s3.LifecycleRule], *, versioned: bool = False
    ) -> s3.Bucket:
        return s3.Bucket(
            self,
            id_,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=self._access_logs,
            server_access_logs_prefix=f"{id_.lower()}/",
            versioned=versioned,
            lifecycle_rules=[*rules, _cleanup(versioned=versioned)],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )

    def _ledger(self) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            "Ledger",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )


def _expire(days: int, prefix: str | None = None) -> s3.LifecycleRule:
    return s3.LifecycleRule(prefix=prefix, expiration=Duration.days(days))


def _cleanup(*, versioned: bool = False) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        abort_incomplete_multipart_upload_after=Duration.days(7),
        noncurrent_version_expiration=Duration.days(NONCURRENT_VERSION_DAYS) if versioned else None,
    )
