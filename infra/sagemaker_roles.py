"""The two roles that SageMaker takes on for a model: of its endpoint, and of its pipeline."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.arns import Arns, role_path
from infra.constructs.iam_statements import allow, allow_key
from infra.lambda_permissions import FLEET_WIDE, NO_RESOURCE, PREFIX
from infra.stacks.data import DataStack

IMAGES = "SageMaker's images lie in an account of AWS's own, another one in each region"


def endpoint_role(scope: Construct, places: Arns, data: DataStack, model: str) -> iam.Role:
    """Reads models, writes captured requests of this model, its own logs and metrics."""
    role = _role(scope, "EndpointRole", places, "endpoint")
    allow(
        role,
        "Models",
        actions=["s3:GetObject"],
        resources=[data.artifacts.arn_for_objects(f"runs/{model}/*")],
        wildcard_reason=PREFIX,
    )
    _read_assets(role, places)
    allow(
        role,
        "Capture",
        actions=["s3:PutObject"],
        resources=[data.capture.arn_for_objects(f"{model}/*")],
        wildcard_reason=PREFIX,
    )
    allow_key(role, data.key)
    _volumes(role, data)
    _images(role, places)
    group = places.arn("logs", f"log-group:/aws/sagemaker/Endpoints/{places.names.resource(model)}")
    allow(
        role,
        "Logs",
        actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
        resources=[f"{group}:*"],
        wildcard_reason="SageMaker names the streams of the group itself",
    )
    _metrics(role)
    allow(
        role,
        "RollbackAlarms",
        actions=["cloudwatch:DescribeAlarms"],
        resources=[places.fleet("cloudwatch", "alarm", ":")],
        wildcard_reason=FLEET_WIDE,
    )
    return role


def pipeline_role(
    scope: Construct, places: Arns, data: DataStack, model: str, training_data: list[str]
) -> iam.Role:
    """Runs this model's jobs; ``training_data`` are ARNs of objects outside the fleet's buckets."""
    role = _role(scope, "PipelineRole", places, "pipeline")
    _jobs(role, places, model)
    _pipeline_data(role, places, data, model, training_data)
    allow_key(role, data.key)
    _volumes(role, data)
    _images(role, places)
    logs = places.arn("logs", "log-group:/aws/sagemaker/*")
    allow(
        role,
        "Logs",
        actions=[
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "logs:DescribeLogStreams",
        ],
        resources=[logs],
        wildcard_reason="SageMaker names the groups and streams of jobs itself",
    )
    _metrics(role)
    return role


def _jobs(role: iam.Role, places: Arns, model: str) -> None:
    jobs = [places.arn("sagemaker", f"{kind}/*") for kind in ("processing-job", "training-job")]
    allow(
        role,
        "Jobs",
        actions=[
            f"sagemaker:{verb}{kind}"
            for verb in ("Create", "Describe", "Stop")
            for kind in ("ProcessingJob", "TrainingJob")
        ]
        + ["sagemaker:AddTags"],
        resources=jobs,
        wildcard_reason="SageMaker names a pipeline's jobs itself",
    )
    name = places.names.resource(model)
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
            places.arn("sagemaker", f"model-package-group/{name}"),
            places.arn("sagemaker", f"model-package/{name}/*"),
        ],
        wildcard_reason="the registry numbers the versions of the model's group",
    )
    allow(
        role,
        "PassItself",
        actions=["iam:PassRole"],
        resources=[places.roles("pipeline")],
        conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        wildcard_reason="the role's own ARN would be a circular reference; its path is its own",
    )


def _pipeline_data(
    role: iam.Role, places: Arns, data: DataStack, model: str, training_data: list[str]
) -> None:
    for sid, bucket in (("Captured", data.capture), ("Labels", data.ground_truth)):
        allow(
            role,
            sid,
            actions=["s3:GetObject"],
            resources=[bucket.arn_for_objects(f"{model}/*")],
            wildcard_reason=PREFIX,
        )
        _list(role, f"List{sid}", bucket, f"{model}/*")
    own = (f"runs/{model}/*", f"golden/{model}/*")
    allow(
        role,
        "Artifacts",
        actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
        resources=[data.artifacts.arn_for_objects(key) for key in own],
        wildcard_reason=PREFIX,
    )
    _list(role, "ListArtifacts", data.artifacts, *own)
    _read_assets(role, places)
    if training_data:
        allow(role, "TrainingData", actions=["s3:GetObject"], resources=training_data)


def _list(role: iam.Role, sid: str, bucket: s3.Bucket, *prefixes: str) -> None:
    allow(
        role,
        sid,
        actions=["s3:ListBucket"],
        resources=[bucket.bucket_arn],
        conditions={"StringLike": {"s3:prefix": list(prefixes)}},
    )


def _role(scope: Construct, id_: str, places: Arns, kind: str) -> iam.Role:
    return iam.Role(
        scope,
        id_,
        path=role_path(places.names, kind),
        assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
    )


def _read_assets(role: iam.Role, places: Arns) -> None:
    allow(
        role,
        "Assets",
        actions=["s3:GetObject"],
        resources=places.objects(places.assets, "*"),
        wildcard_reason="an asset's key is the hash of its content",
    )
    allow(
        role,
        "ListAssets",
        actions=["s3:ListBucket"],
        resources=[f"arn:{places.stack.partition}:s3:::{places.assets}"],
    )


def _volumes(role: iam.Role, data: DataStack) -> None:
    allow(
        role,
        "EncryptVolumes",
        actions=["kms:CreateGrant", "kms:DescribeKey"],
        resources=[data.key.key_arn],
        conditions={"Bool": {"kms:GrantIsForAWSResource": True}},
    )


def _images(role: iam.Role, places: Arns) -> None:
    stack = places.stack
    allow(
        role,
        "ImageLogin",
        actions=["ecr:GetAuthorizationToken"],
        resources=["*"],
        wildcard_reason=NO_RESOURCE,
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
        wildcard_reason=IMAGES,
    )


def _metrics(role: iam.Role) -> None:
    allow(
        role,
        "Metrics",
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
        wildcard_reason="the call knows namespaces, not resources; the condition names SageMaker's",
    )
