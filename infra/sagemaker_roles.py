"""The two roles that SageMaker assumes for a model: one for its endpoint, one for its pipeline."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.arns import Arns, role_path
from infra.assets import StoredObject, keys_by_bucket
from infra.constructs.iam_statements import KEY_ACTIONS, allow, allow_key, service_principal
from infra.permissions.statements import (
    FLEET_WIDE,
    KEY_PREFIX,
    NO_RESOURCE_LEVEL,
    allow_encrypted_volumes,
    allow_list_bucket,
    allow_objects,
    allow_publish_metrics,
)
from infra.stacks.data import DataStack

IMAGE_ACCOUNT = "SageMaker's images are in an AWS account that differs from region to region"
JOB_LOG_GROUPS = ("/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs")
"""Log groups that SageMaker creates for the jobs of the whole account and region.

No stack can own them: they may exist before the first deployment, and other jobs write to them.
docs/security.md has the commands that encrypt them and let them expire.
"""
SAGEMAKER_NAMESPACES = "/aws/sagemaker/*"
"""CloudWatch namespaces of the instance metrics that SageMaker publishes."""


def endpoint_role(scope: Construct, *, arns: Arns, data: DataStack, model: str) -> iam.Role:
    """Create a role that reads models, writes the model's capture, its logs and its metrics."""
    role = _sagemaker_role(scope, "EndpointRole", arns=arns, kind="endpoint", model=model)
    allow_objects(
        role,
        "Models",
        actions=["s3:GetObject"],
        bucket=data.artifacts,
        keys=[f"runs/{model}/*"],
    )
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
    scope: Construct,
    *,
    arns: Arns,
    data: DataStack,
    model: str,
    inputs: Sequence[StoredObject],
    input_keys: Sequence[str],
) -> iam.Role:
    """Create a role that runs the model's jobs.

    Args:
        scope: The stack of the model.
        arns: ARNs of the stack's account and region.
        data: Provides the buckets and the key.
        model: Name of the model in driftloop.yaml.
        inputs: Objects outside the environment's buckets that the jobs read.
        input_keys: ARNs of the KMS keys that encrypt ``inputs``, if they are the user's own.
    """
    role = _sagemaker_role(scope, "PipelineRole", arns=arns, kind="pipeline", model=model)
    _allow_jobs(role, arns)
    _allow_registration(role, arns, model)
    _allow_describe_challenger(role, arns)
    _allow_pass_own_role(role, arns, model)
    _allow_pipeline_data(role, data, model)
    _allow_inputs(role, arns, inputs)
    if input_keys:
        allow(role, "InputKeys", actions=["kms:Decrypt"], resources=input_keys)
    # API reference, OutputDataConfig.KmsKeyId: the execution role must include kms:Encrypt.
    allow_key(role, data.key, actions=[*KEY_ACTIONS, "kms:Encrypt"])
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
        resources=[arns.arn("logs", f"log-group:{group}*") for group in JOB_LOG_GROUPS],
        wildcard_reason="the ARN of a log stream follows that of its group; SageMaker names it",
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
    """Allow registering versions, without tags: a version in a group can't have any.

    Sources: SuperCowPowers/workbench#90, aws-controllers-k8s/sagemaker-controller#54.
    """
    group = arns.names.resource(model)
    allow(
        role,
        "Register",
        actions=[
            "sagemaker:CreateModelPackage",
            "sagemaker:DescribeModelPackage",
            "sagemaker:DescribeModelPackageGroup",
        ],
        resources=[
            arns.arn("sagemaker", f"model-package-group/{group}"),
            arns.arn("sagemaker", f"model-package/{group}/*"),
        ],
        wildcard_reason="the model registry numbers the versions of the model's group",
    )


def _allow_describe_challenger(role: iam.Role, arns: Arns) -> None:
    """A Lambda step is invoked with the pipeline's role.

    AmazonSageMakerPipelinesIntegrations has lambda:InvokeFunction for the same purpose.
    """
    allow(
        role,
        "DescribeChallenger",
        actions=["lambda:InvokeFunction"],
        resources=[arns.function("describe_challenger")],
    )


def _allow_pass_own_role(role: iam.Role, arns: Arns, model: str) -> None:
    """Allow the jobs to have the pipeline's role; its fixed name avoids a circular reference."""
    allow(
        role,
        "PassItself",
        actions=["iam:PassRole"],
        resources=[arns.role("pipeline", model)],
        conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )


def _allow_pipeline_data(role: iam.Role, data: DataStack, model: str) -> None:
    for sid, bucket in (("Captured", data.capture), ("Labels", data.ground_truth)):
        allow_objects(role, sid, actions=["s3:GetObject"], bucket=bucket, keys=[f"{model}/*"])
        allow_list_bucket(role, f"List{sid}", bucket_arn=bucket.bucket_arn, prefixes=[f"{model}/*"])
    own_keys = [f"runs/{model}/*", f"golden/{model}/*"]
    allow(
        role,
        "Artifacts",
        actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
        resources=[data.artifacts.arn_for_objects(key) for key in own_keys],
        wildcard_reason=KEY_PREFIX,
    )
    # The gate's record of the captured files: the jobs may not change it.
    allow_objects(
        role,
        "TrainingSources",
        actions=["s3:GetObject"],
        bucket=data.artifacts,
        keys=[f"training-sources/{model}/*"],
    )
    allow_list_bucket(
        role, "ListArtifacts", bucket_arn=data.artifacts.bucket_arn, prefixes=own_keys
    )


def _allow_inputs(role: iam.Role, arns: Arns, inputs: Sequence[StoredObject]) -> None:
    """Allow reading each object, and listing its key: SageMaker lists an input's prefix first.

    Source: SageMaker Developer Guide, "How to use SageMaker AI execution roles".
    """
    for bucket, keys in keys_by_bucket(inputs, arns.assets_bucket_name).items():
        sid = "Assets" if bucket == arns.assets_bucket_name else "TrainingData"
        allow(role, sid, actions=["s3:GetObject"], resources=arns.objects(bucket, *keys))
        allow_list_bucket(role, f"List{sid}", bucket_arn=arns.bucket(bucket), prefixes=keys)


def _sagemaker_role(scope: Construct, id_: str, *, arns: Arns, kind: str, model: str) -> iam.Role:
    return iam.Role(
        scope,
        id_,
        path=role_path(arns.names, kind),
        role_name=arns.names.role(model, kind, arns.stack.region),
        assumed_by=service_principal(scope, "sagemaker.amazonaws.com"),
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
