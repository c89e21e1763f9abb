"""The two roles that SageMaker takes on for a model: of its endpoint, and of its pipeline."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.grants import allow, allow_key
from infra.permissions import FLEET_WIDE, NO_RESOURCE, PREFIX
from infra.places import Places, role_path
from infra.stacks.data import DataStack

IMAGES = "SageMaker's images lie in an account of AWS's own, another one in each region"


def endpoint_role(scope: Construct, places: Places, data: DataStack, model: str) -> iam.Role:
    """Reads models, writes captured requests of this model, its own logs and metrics."""
    role = _role(scope, "EndpointRole", places, "endpoint")
    allow(
        role,
        "Models",
        to=["s3:GetObject"],
        on=[data.artefacts.arn_for_objects(f"runs/{model}/*")],
        because=PREFIX,
    )
    _read_assets(role, places)
    allow(
        role,
        "Capture",
        to=["s3:PutObject"],
        on=[data.capture.arn_for_objects(f"{model}/*")],
        because=PREFIX,
    )
    allow_key(role, data.key)
    _volumes(role, data)
    _images(role, places)
    group = places.arn("logs", f"log-group:/aws/sagemaker/Endpoints/{places.names.resource(model)}")
    allow(
        role,
        "Logs",
        to=["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
        on=[f"{group}:*"],
        because="SageMaker names the streams of the group itself",
    )
    _metrics(role)
    allow(
        role,
        "RollbackAlarms",
        to=["cloudwatch:DescribeAlarms"],
        on=[places.fleet("cloudwatch", "alarm", ":")],
        because=FLEET_WIDE,
    )
    return role


def pipeline_role(
    scope: Construct, places: Places, data: DataStack, model: str, training_data: list[str]
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
        to=[
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "logs:DescribeLogStreams",
        ],
        on=[logs],
        because="SageMaker names the groups and streams of jobs itself",
    )
    _metrics(role)
    return role


def _jobs(role: iam.Role, places: Places, model: str) -> None:
    jobs = [places.arn("sagemaker", f"{kind}/*") for kind in ("processing-job", "training-job")]
    allow(
        role,
        "Jobs",
        to=[
            f"sagemaker:{verb}{kind}"
            for verb in ("Create", "Describe", "Stop")
            for kind in ("ProcessingJob", "TrainingJob")
        ]
        + ["sagemaker:AddTags"],
        on=jobs,
        because="SageMaker names a pipeline's jobs itself",
    )
    name = places.names.resource(model)
    allow(
        role,
        "Register",
        to=[
            "sagemaker:CreateModelPackage",
            "sagemaker:DescribeModelPackage",
            "sagemaker:DescribeModelPackageGroup",
            "sagemaker:AddTags",
        ],
        on=[
            places.arn("sagemaker", f"model-package-group/{name}"),
            places.arn("sagemaker", f"model-package/{name}/*"),
        ],
        because="the registry numbers the versions of the model's group",
    )
    allow(
        role,
        "PassItself",
        to=["iam:PassRole"],
        on=[places.roles("pipeline")],
        when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        because="the role's own ARN would be a cycle; it is alone on the path but for its siblings",
    )


def _pipeline_data(
    role: iam.Role, places: Places, data: DataStack, model: str, training_data: list[str]
) -> None:
    for sid, bucket in (("Captured", data.capture), ("Labels", data.ground_truth)):
        allow(
            role,
            sid,
            to=["s3:GetObject"],
            on=[bucket.arn_for_objects(f"{model}/*")],
            because=PREFIX,
        )
        _list(role, f"List{sid}", bucket, f"{model}/*")
    own = (f"runs/{model}/*", f"golden/{model}/*")
    allow(
        role,
        "Artefacts",
        to=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
        on=[data.artefacts.arn_for_objects(key) for key in own],
        because=PREFIX,
    )
    _list(role, "ListArtefacts", data.artefacts, *own)
    _read_assets(role, places)
    if training_data:
        allow(role, "TrainingData", to=["s3:GetObject"], on=training_data)


def _list(role: iam.Role, sid: str, bucket: s3.Bucket, *prefixes: str) -> None:
    allow(
        role,
        sid,
        to=["s3:ListBucket"],
        on=[bucket.bucket_arn],
        when={"StringLike": {"s3:prefix": list(prefixes)}},
    )


def _role(scope: Construct, id_: str, places: Places, kind: str) -> iam.Role:
    return iam.Role(
        scope,
        id_,
        path=role_path(places.names, kind),
        assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
    )


def _read_assets(role: iam.Role, places: Places) -> None:
    allow(
        role,
        "Assets",
        to=["s3:GetObject"],
        on=places.objects(places.assets, "*"),
        because="an asset's key is the hash of its content",
    )
    allow(
        role,
        "ListAssets",
        to=["s3:ListBucket"],
        on=[f"arn:{places.stack.partition}:s3:::{places.assets}"],
    )


def _volumes(role: iam.Role, data: DataStack) -> None:
    allow(
        role,
        "EncryptVolumes",
        to=["kms:CreateGrant", "kms:DescribeKey"],
        on=[data.key.key_arn],
        when={"Bool": {"kms:GrantIsForAWSResource": True}},
    )


def _images(role: iam.Role, places: Places) -> None:
    stack = places.stack
    allow(role, "ImageLogin", to=["ecr:GetAuthorizationToken"], on=["*"], because=NO_RESOURCE)
    allow(
        role,
        "Images",
        to=["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
        on=[f"arn:{stack.partition}:ecr:{stack.region}:*:repository/sagemaker-*"],
        because=IMAGES,
    )


def _metrics(role: iam.Role) -> None:
    allow(
        role,
        "Metrics",
        to=["cloudwatch:PutMetricData"],
        on=["*"],
        when={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
        because="the call knows namespaces, not resources; the condition names SageMaker's",
    )
