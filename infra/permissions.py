"""What each function may call: as much as its handler does, and no more."""

from collections.abc import Callable
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sns as sns

from driftloop.contract.names import EVENT_SOURCE, METRIC_NAMESPACE
from infra.constructs.grants import allow
from infra.places import Places
from infra.stacks.data import DataStack

FLEET_WIDE = "one function serves the whole fleet, whose names share the environment's prefix"
PREFIX = "the keys under a prefix are made at run time; the prefix is the contract's"
NO_RESOURCE = "the call knows no resources"


@dataclass(frozen=True, slots=True)
class Permissions:
    """Grants to the role of one function. Method names are the functions' folders."""

    role: iam.Role
    places: Places
    data: DataStack
    topic: sns.Topic
    fleet: s3_assets.Asset
    state_machine_arn: str

    def grant(self, function: str) -> None:
        """Grant what ``lambdas/<function>`` calls."""
        if function != "profile":
            allow(
                self.role,
                "FleetFile",
                to=["s3:GetObject"],
                on=[self.fleet.bucket.arn_for_objects(self.fleet.s3_object_key)],
            )
        table: dict[str, Callable[[], None]] = {
            "trigger": self._trigger,
            "plan": self._plan,
            "profile": self._profile,
            "judge": self._judge,
            "fail": self._fail,
            "gate": self._gate,
            "release": self._release,
            "reconcile": self._reconcile,
        }
        table[function]()

    def _trigger(self) -> None:
        allow(self.role, "StartAnalysis", to=["states:StartExecution"], on=[self.state_machine_arn])

    def _plan(self) -> None:
        self._list("ListCapture", self.data.capture.bucket_arn)
        self._objects("Work", ["s3:GetObject", "s3:PutObject"], self.data.analysis, "work/*")
        self._list("ListWork", self.data.analysis.bucket_arn)
        self._ledger("dynamodb:GetItem", "dynamodb:Query")

    def _profile(self) -> None:
        self._objects("Captured", ["s3:GetObject"], self.data.capture, "*")
        self._baselines()
        self._objects("Output", ["s3:PutObject"], self.data.analysis, "work/*", "quarantine/*")

    def _judge(self) -> None:
        self._baselines()
        kept = ("profiles/*", "reports/*")
        self._objects("Batches", ["s3:GetObject"], self.data.analysis, "work/*")
        self._objects("Kept", ["s3:GetObject", "s3:PutObject"], self.data.analysis, *kept)
        self._objects("Accepted", ["s3:GetObject"], self.data.analysis, "rhythms/*")
        absorbed = "profiles/*/late/*"
        self._objects("Absorbed", ["s3:DeleteObject"], self.data.analysis, absorbed)
        self._list("ListAnalysis", self.data.analysis.bucket_arn)
        self._ledger("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
        allow(
            self.role,
            "CountRequests",
            to=["cloudwatch:GetMetricStatistics"],
            on=["*"],
            because=NO_RESOURCE,
        )
        self._metrics()
        self._bus()
        self._tell()

    def _fail(self) -> None:
        self._metrics()
        self._tell()

    def _gate(self) -> None:
        self._ledger(*_DECIDING)
        pipelines = self.places.fleet("sagemaker", "pipeline")
        allow(
            self.role,
            "Pipelines",
            to=[
                "sagemaker:StartPipelineExecution",
                "sagemaker:DescribePipelineExecution",
                "sagemaker:ListPipelineExecutionSteps",
            ],
            on=[pipelines],
            because=FLEET_WIDE,
        )
        self._registry()
        self._see_alarms()
        self._list("ListLabels", self.data.ground_truth.bucket_arn)
        self._objects("Labels", ["s3:GetObject"], self.data.ground_truth, "*")
        self._metrics()
        self._bus()
        self._tell()

    def _release(self) -> None:
        self._ledger(*_DECIDING)
        self._registry()
        self._serving()
        self._rollback_alarms()
        self._scaling()
        parameters = self.places.arn(
            "ssm", f"parameter/driftloop/{self.places.names.environment}/*"
        )
        allow(self.role, "Settings", to=["ssm:GetParameter"], on=[parameters], because=FLEET_WIDE)
        allow(
            self.role,
            "PassEndpointRole",
            to=["iam:PassRole"],
            on=[self.places.roles("endpoint")],
            when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            because="each model's endpoint has a role of its own, all under one path",
        )
        allow(
            self.role,
            "EncryptVolumes",
            to=["kms:CreateGrant", "kms:DescribeKey"],
            on=[self.data.key.key_arn],
            when={"Bool": {"kms:GrantIsForAWSResource": True}},
        )
        self._metrics()
        self._bus()
        self._tell()

    def _reconcile(self) -> None:
        functions = [
            self.places.arn("lambda", f"function:{self.places.names.function(name)}")
            for name in ("gate", "release")
        ]
        allow(self.role, "Ask", to=["lambda:InvokeFunction"], on=functions)

    def _serving(self) -> None:
        kinds = ("model", "endpoint-config", "endpoint")
        models, configs, endpoints = (self.places.fleet("sagemaker", kind) for kind in kinds)
        allow(
            self.role,
            "Models",
            to=[
                "sagemaker:CreateModel",
                "sagemaker:DeleteModel",
                "sagemaker:DescribeModel",
                "sagemaker:AddTags",
            ],
            on=[models],
            because=FLEET_WIDE,
        )
        allow(
            self.role,
            "EndpointConfigs",
            to=[
                "sagemaker:CreateEndpointConfig",
                "sagemaker:DeleteEndpointConfig",
                "sagemaker:DescribeEndpointConfig",
                "sagemaker:AddTags",
            ],
            on=[configs, models],
            because=FLEET_WIDE,
        )
        allow(
            self.role,
            "Endpoints",
            to=["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpoint"],
            on=[endpoints, configs],
            because=FLEET_WIDE,
        )

    def _rollback_alarms(self) -> None:
        allow(
            self.role,
            "RollbackAlarms",
            to=["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
            on=[self.places.fleet("cloudwatch", "alarm", ":")],
            because=FLEET_WIDE,
        )
        self._see_alarms()

    def _scaling(self) -> None:
        allow(
            self.role,
            "Scaling",
            to=[
                "application-autoscaling:RegisterScalableTarget",
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:PutScalingPolicy",
                "application-autoscaling:DeleteScalingPolicy",
            ],
            on=[self.places.arn("application-autoscaling", "scalable-target/*")],
            when={"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
            because="a scalable target's ARN has an id that AWS makes",
        )
        allow(
            self.role,
            "SeeScaling",
            to=[
                "application-autoscaling:DescribeScalableTargets",
                "application-autoscaling:DescribeScalingPolicies",
            ],
            on=["*"],
            because=NO_RESOURCE,
        )

    def _registry(self) -> None:
        groups = self.places.fleet("sagemaker", "model-package-group")
        packages = self.places.fleet("sagemaker", "model-package")
        allow(
            self.role,
            "Registry",
            to=["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
            on=[packages, groups],
            because=FLEET_WIDE,
        )

    def _baselines(self) -> None:
        """Baselines lie where a run put them, or where synthesis put an initial model's."""
        self._objects("Baselines", ["s3:GetObject"], self.data.artefacts, "runs/*")
        allow(
            self.role,
            "InitialBaselines",
            to=["s3:GetObject"],
            on=self.places.objects(self.places.assets, "*"),
            because="an asset's key is the hash of its content",
        )

    def _ledger(self, *actions: str) -> None:
        allow(self.role, "Ledger", to=actions, on=[self.data.ledger.table_arn])

    def _list(self, sid: str, bucket_arn: str) -> None:
        allow(self.role, sid, to=["s3:ListBucket"], on=[bucket_arn])

    def _objects(self, sid: str, actions: list[str], bucket: s3.Bucket, *keys: str) -> None:
        on = [bucket.arn_for_objects(key) for key in keys]
        allow(self.role, sid, to=actions, on=on, because=PREFIX)

    def _metrics(self) -> None:
        allow(
            self.role,
            "Metrics",
            to=["cloudwatch:PutMetricData"],
            on=["*"],
            when={"StringEquals": {"cloudwatch:namespace": METRIC_NAMESPACE}},
            because="the call knows namespaces, not resources; the condition names ours",
        )

    def _see_alarms(self) -> None:
        allow(
            self.role,
            "SeeAlarms",
            to=["cloudwatch:DescribeAlarms"],
            on=[self.places.fleet("cloudwatch", "alarm", ":")],
            because=FLEET_WIDE,
        )

    def _bus(self) -> None:
        allow(
            self.role,
            "Bus",
            to=["events:PutEvents"],
            on=[self.places.bus],
            when={"StringEquals": {"events:source": EVENT_SOURCE}},
        )

    def _tell(self) -> None:
        allow(self.role, "Tell", to=["sns:Publish"], on=[self.topic.topic_arn])


_DECIDING = (
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:ConditionCheckItem",
)
