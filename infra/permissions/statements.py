"""Policy statements that several functions need."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from driftloop.contract.resource_names import EVENT_SOURCE, METRIC_NAMESPACE
from infra.constructs.iam_statements import allow
from infra.permissions.resources import FunctionResources

FLEET_WIDE = "the function serves all models; their resource names share the environment's prefix"
KEY_PREFIX = "the keys below this prefix are created at run time; driftloop defines the prefix"
NO_RESOURCE_LEVEL = "the action does not support resource-level permissions"

DECISION_ACTIONS = (
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
)
"""Ledger actions of the functions that record decisions: gate and release."""


def allow_fleet_file(role: iam.Role, resources: FunctionResources) -> None:
    """Allow reading fleet.json, the configuration of all models."""
    file = resources.fleet_file
    allow(
        role,
        "FleetFile",
        actions=["s3:GetObject"],
        resources=[file.bucket.arn_for_objects(file.s3_object_key)],
    )


def allow_ledger(role: iam.Role, resources: FunctionResources, *, actions: Sequence[str]) -> None:
    """Allow actions on the ledger."""
    allow(role, "Ledger", actions=actions, resources=[resources.data.ledger.table_arn])


def allow_list_bucket(
    role: iam.Role, sid: str, *, bucket_arn: str, prefixes: Sequence[str] = ()
) -> None:
    """Allow listing the keys of a bucket: all of them, or those that match ``prefixes``."""
    allow(
        role,
        sid,
        actions=["s3:ListBucket"],
        resources=[bucket_arn],
        conditions={"StringLike": {"s3:prefix": list(prefixes)}} if prefixes else None,
    )


def allow_objects(
    role: iam.Role, sid: str, *, actions: Sequence[str], bucket: s3.IBucket, keys: Sequence[str]
) -> None:
    """Allow actions on the objects whose keys match a pattern of ``keys``."""
    arns = [bucket.arn_for_objects(key) for key in keys]
    allow(role, sid, actions=actions, resources=arns, wildcard_reason=KEY_PREFIX)


def allow_baselines(role: iam.Role, resources: FunctionResources) -> None:
    """Allow reading the baselines of all versions, those of initial models included."""
    allow_objects(
        role,
        "Baselines",
        actions=["s3:GetObject"],
        bucket=resources.data.artifacts,
        keys=["runs/*"],
    )


def allow_model_registry(
    role: iam.Role, resources: FunctionResources, *, actions: Sequence[str]
) -> None:
    """Allow actions on the model package groups of all models and their versions."""
    arns = resources.arns
    allow(
        role,
        "ModelRegistry",
        actions=actions,
        resources=[
            arns.fleet_pattern("sagemaker", "model-package"),
            arns.fleet_pattern("sagemaker", "model-package-group"),
        ],
        wildcard_reason=FLEET_WIDE,
    )


def allow_describe_alarms(role: iam.Role, resources: FunctionResources) -> None:
    """Allow reading the state of the environment's alarms."""
    allow(
        role,
        "DescribeAlarms",
        actions=["cloudwatch:DescribeAlarms"],
        resources=[resources.arns.fleet_pattern("cloudwatch", "alarm", ":")],
        wildcard_reason=FLEET_WIDE,
    )


def allow_publish_metrics(role: iam.Role, *, namespace: str = METRIC_NAMESPACE) -> None:
    """Allow publishing CloudWatch metrics in a namespace; ``namespace`` may end in ``*``."""
    operator = "StringLike" if namespace.endswith("*") else "StringEquals"
    allow(
        role,
        "Metrics",
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={operator: {"cloudwatch:namespace": namespace}},
        wildcard_reason=f"{NO_RESOURCE_LEVEL}; the condition restricts the namespace",
    )


def allow_put_events(role: iam.Role, resources: FunctionResources) -> None:
    """Allow events of driftloop's own source on the default event bus."""
    allow(
        role,
        "EventBus",
        actions=["events:PutEvents"],
        resources=[resources.arns.default_event_bus],
        conditions={"StringEquals": {"events:source": EVENT_SOURCE}},
    )


def allow_notify(role: iam.Role, resources: FunctionResources) -> None:
    """Allow publishing to the notification topic."""
    allow(role, "Notify", actions=["sns:Publish"], resources=[resources.topic.topic_arn])


def allow_serving_settings(role: iam.Role, resources: FunctionResources) -> None:
    """Allow reading the serving parameters, which the stacks of the models make."""
    arns = resources.arns
    allow(
        role,
        "ServingSettings",
        actions=["ssm:GetParameter"],
        resources=[arns.arn("ssm", f"parameter/driftloop/{arns.names.environment}/*")],
        wildcard_reason=FLEET_WIDE,
    )


def allow_encrypted_volumes(role: iam.Role, *, key: kms.IKey) -> None:
    """Allow SageMaker to encrypt the volumes of instances with the environment's key.

    Two statements: the condition key exists for operations on grants only, and a request without
    it does not match (AWS KMS Developer Guide, "AWS KMS condition keys").
    """
    allow(
        role,
        "EncryptVolumes",
        actions=["kms:CreateGrant"],
        resources=[key.key_arn],
        conditions={"Bool": {"kms:GrantIsForAWSResource": True}},
    )
    allow(role, "DescribeKey", actions=["kms:DescribeKey"], resources=[key.key_arn])
