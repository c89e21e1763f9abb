"""The two roles that SageMaker assumes for a model: one for its endpoint, one for its pipeline."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.arns import Arns, role_path
from infra.constructs.iam_statements import allow, allow_key
from infra.permissions.statements import (
    ASSET_KEY,
    FLEET_WIDE,
    KEY_PREFIX,
    NO_RESOURCE_LEVEL,
    allow_encrypted_volumes,
    allow_objects,
    allow_publish_metrics,
)
from infra.stacks.data import DataStack

IMAGE_ACCOUNT = "SageMaker's images are in an AWS account that differs from region to region"
SAGEMAKER_NAMESPACES = "/aws/sagemaker/*"
"""CloudWatch namespaces of the instance metrics that SageMaker publishes."""


def endpoint_role(scope: Construct, *, arns: Arns, data: DataStack, model: str) -> iam.Role:
    """Create a role that reads models, writes the model's capture, its logs and its metrics."""
    role = _sagemaker_role(scope, "EndpointRole", arns=arns, kind="endpoint")
    allow_objects(
        role,
        "Models",
        actions=["s3:GetObject"],
        bucket=data.artifacts,
        keys=[f"runs/{model}/*"],
    )
    _allow_assets(role, arns)
    allow_objects(
        role, "Capture", actions=["s3:PutObject"], bucket=data.capture, keys=[f"{model}/*"]
    )
    allow_key(role, data.key)
    allow_encrypted_volumes(role, key=data.key)
    _allow_images(role, arns)
    log_group = f"log-group:/aws/sagemaker/Endpoints/{arns.names.resource(model)}"
    allow(
        role,
        "Logs",
        actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
        resources=[f"{arns.arn('logs', log_group)}:*"],
        wildcard_reason="SageMaker generates the names of the log streams",
    )
    allow_publish_metrics(role, namespace=SAGEMAKER_NAMESPACES)
    allow(
        role,
        "RollbackAlarms",
        actions=["cloudwatch:DescribeAlarms"],
        resources=[arns.fleet_pattern("cloudwatch", "alarm", ":")],
        wildcard_reason=FLEET_WIDE,
    )
    return role


def pipeline_role(
    scope: Construct, *, arns: Arns, data: DataStack, model: str, training_data_arns: Sequence[str]
) -> iam.Role:
    """Create a role that runs the model's jobs.

    Args:
        scope: The stack of the model.
        arns: ARNs of the stack's account and region.
        data: Provides the buckets and the key.
        model: Name of the model in driftloop.yaml.
        training_data_arns: Objects outside the environment's buckets that the pipeline reads.
    """
    role = _sagemaker_role(scope, "PipelineRole", arns=arns, kind="pipeline")
    _allow_jobs(role, arns)
    _allow_registration(role, arns, model)
    _allow_pass_own_role(role, arns)
    _allow_pipeline_data(role, arns, data, model)
    if training_data_arns:
        allow(role, "TrainingData", actions=["s3:GetObject"], resources=training_data_arns)
    allow_key(role, data.key)
    allow_encrypted_volumes(role, key=data.key)
    _allow_images(role, arns)
    allow(
        role,
        "Logs",
        actions=[
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "logs:DescribeLogStreams",
        ],
        resources=[arns.arn("logs", "log-group:/aws/sagemaker/*")],
        wildcard_reason="SageMaker generates the names of the log groups and streams of jobs",
    )
    allow_publish_metrics(role, namespace=SAGEMAKER_NAMESPACES)
    return role


def _allow_jobs(role: iam.Role, arns: Arns) -> None:
    allow(
        role,
        "Jobs",
        actions=[
            f"sagemaker:{verb}{kind}"
            for verb in ("Create", "Describe", "Stop")
            for kind in ("ProcessingJob", "TrainingJob")
        ]
        + ["sagemaker:AddTags"],
        resources=[
            arns.arn("sagemaker", f"{kind}/*") for kind in ("processing-job", "training-job")
        ],
        wildcard_reason="SageMaker generates the names of a pipeline's jobs",
    )


def _allow_registration(role: iam.Role, arns: Arns, model: str) -> None:
    group = arns.names.resource(model)
    allow(
        role,
        "Register",
        actions=[
            "sagemaker:CreateModelPackage",
            "sagemaker:DescribeModelPackage",
            "sagemaker:DescribeModelPackageGroup",
            "sagemaker:AddTags",
        ],
        resources=[
            arns.arn("sagemaker", f"model-package-group/{group}"),
            arns.arn("sagemaker", f"model-package/{group}/*"),
        ],
        wildcard_reason="the model registry numbers the versions of the model's group",
    )


def _allow_pass_own_role(role: iam.Role, arns: Arns) -> None:
    allow(
        role,
        "PassItself",
        actions=["iam:PassRole"],
        resources=[arns.role_pattern("pipeline")],
        conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        wildcard_reason="the ARN of the role itself would be a circular reference",
    )


def _allow_pipeline_data(role: iam.Role, arns: Arns, data: DataStack, model: str) -> None:
    for sid, bucket in (("Captured", data.capture), ("Labels", data.ground_truth)):
        allow_objects(role, sid, actions=["s3:GetObject"], bucket=bucket, keys=[f"{model}/*"])
        _allow_list(role, f"List{sid}", bucket=bucket, prefixes=[f"{model}/*"])
    own_keys = [f"runs/{model}/*", f"golden/{model}/*"]
    allow(
        role,
        "Artifacts",
        actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
        resources=[data.artifacts.arn_for_objects(key) for key in own_keys],
        wildcard_reason=KEY_PREFIX,
    )
    _allow_list(role, "ListArtifacts", bucket=data.artifacts, prefixes=own_keys)
    _allow_assets(role, arns)


def _allow_list(role: iam.Role, sid: str, *, bucket: s3.IBucket, prefixes: Sequence[str]) -> None:
    allow(
        role,
        sid,
        actions=["s3:ListBucket"],
        resources=[bucket.bucket_arn],
        conditions={"StringLike": {"s3:prefix": list(prefixes)}},
    )


def _sagemaker_role(scope: Construct, id_: str, *, arns: Arns, kind: str) -> iam.Role:
    return iam.Role(
        scope,
        id_,
        path=role_path(arns.names, kind),
        assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
    )


def _allow_assets(role: iam.Role, arns: Arns) -> None:
    allow(
        role,
        "Assets",
        actions=["s3:GetObject"],
        resources=arns.objects(arns.assets_bucket_name, "*"),
        wildcard_reason=ASSET_KEY,
    )
    allow(
        role,
        "ListAssets",
        actions=["s3:ListBucket"],
        resources=[f"arn:{arns.stack.partition}:s3:::{arns.assets_bucket_name}"],
    )


def _allow_images(role: iam.Role, arns: Arns) -> None:
    stack = arns.stack
    allow(
        role,
        "ImageLogin",
        actions=["ecr:GetAuthorizationToken"],
        resources=["*"],
        wildcard_reason=NO_RESOURCE_LEVEL,
    )
    allow(
        role,
        "Images",
        actions=[
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
        ],
        resources=[f"arn:{stack.partition}:ecr:{stack.region}:*:repository/sagemaker-*"],
        wildcard_reason=IMAGE_ACCOUNT,
    )
