"""What each function may call: as much as its handler does, and no more."""

from collections.abc import Callable
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sns as sns

from driftloop.contract.resource_names import EVENT_SOURCE, METRIC_NAMESPACE
from infra.arns import Arns
from infra.constructs.iam_statements import allow
from infra.stacks.data import DataStack

FLEET_WIDE = "one function serves the whole fleet, whose names share the environment's prefix"
PREFIX = "the keys under a prefix are made at run time; the prefix is the contract's"
NO_RESOURCE = "the call knows no resources"


@dataclass(frozen=True, slots=True)
class Permissions:
    """Grants to the role of one function. Method names are the functions' folders."""

    role: iam.Role
    places: Arns
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
                actions=["s3:GetObject"],
                resources=[self.fleet.bucket.arn_for_objects(self.fleet.s3_object_key)],
            )
        table: dict[str, Callable[[], None]] = {
            "start_analysis": self._start_analysis,
            "plan": self._plan,
            "profile": self._profile,
            "detect": self._detect,
            "notify_failure": self._notify_failure,
            "gate": self._gate,
            "release": self._release,
            "reconcile": self._reconcile,
        }
        table[function]()

    def _start_analysis(self) -> None:
        allow(
            self.role,
            "StartAnalysis",
            actions=["states:StartExecution"],
            resources=[self.state_machine_arn],
        )

    def _plan(self) -> None:
        self._list("ListCapture", self.data.capture.bucket_arn)
        self._objects("Work", ["s3:GetObject", "s3:PutObject"], self.data.analysis, "work/*")
        self._list("ListWork", self.data.analysis.bucket_arn)
        self._ledger("dynamodb:GetItem", "dynamodb:Query")

    def _profile(self) -> None:
        self._objects("Captured", ["s3:GetObject"], self.data.capture, "*")
        self._baselines()
        self._objects("Output", ["s3:PutObject"], self.data.analysis, "work/*", "quarantine/*")

    def _detect(self) -> None:
        self._baselines()
        kept = ("profiles/*", "reports/*")
        self._objects("Batches", ["s3:GetObject"], self.data.analysis, "work/*")
        self._objects("Kept", ["s3:GetObject", "s3:PutObject"], self.data.analysis, *kept)
        self._objects("Accepted", ["s3:GetObject"], self.data.analysis, "seasonality/*")
        absorbed = "profiles/*/late/*"
        self._objects("Absorbed", ["s3:DeleteObject"], self.data.analysis, absorbed)
        self._list("ListAnalysis", self.data.analysis.bucket_arn)
        self._ledger("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem")
        allow(
            self.role,
            "CountRequests",
            actions=["cloudwatch:GetMetricStatistics"],
            resources=["*"],
            wildcard_reason=NO_RESOURCE,
        )
        self._metrics()
        self._bus()
        self._notify()

    def _notify_failure(self) -> None:
        self._metrics()
        self._notify()

    def _gate(self) -> None:
        self._ledger(*_DECIDING)
        pipelines = self.places.fleet("sagemaker", "pipeline")
        allow(
            self.role,
            "Pipelines",
            actions=[
                "sagemaker:StartPipelineExecution",
                "sagemaker:DescribePipelineExecution",
                "sagemaker:ListPipelineExecutionSteps",
            ],
            resources=[pipelines],
            wildcard_reason=FLEET_WIDE,
        )
        self._registry()
        self._see_alarms()
        self._list("ListLabels", self.data.ground_truth.bucket_arn)
        self._objects("Labels", ["s3:GetObject"], self.data.ground_truth, "*")
        self._metrics()
        self._bus()
        self._notify()

    def _release(self) -> None:
        self._ledger(*_DECIDING)
        self._registry()
        self._serving()
        self._rollback_alarms()
        self._scaling()
        parameters = self.places.arn(
            "ssm", f"parameter/driftloop/{self.places.names.environment}/*"
        )
        allow(
            self.role,
            "Settings",
            actions=["ssm:GetParameter"],
            resources=[parameters],
            wildcard_reason=FLEET_WIDE,
        )
        allow(
            self.role,
            "PassEndpointRole",
            actions=["iam:PassRole"],
            resources=[self.places.roles("endpoint")],
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            wildcard_reason="each model's endpoint has a role of its own, all under one path",
        )
        allow(
            self.role,
            "EncryptVolumes",
            actions=["kms:CreateGrant", "kms:DescribeKey"],
            resources=[self.data.key.key_arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": True}},
        )
        self._metrics()
        self._bus()
        self._notify()

    def _reconcile(self) -> None:
        functions = [
            self.places.arn("lambda", f"function:{self.places.names.function(name)}")
            for name in ("gate", "release")
        ]
        allow(self.role, "Ask", actions=["lambda:InvokeFunction"], resources=functions)

    def _serving(self) -> None:
        kinds = ("model", "endpoint-config", "endpoint")
        models, configs, endpoints = (self.places.fleet("sagemaker", kind) for kind in kinds)
        allow(
            self.role,
            "Models",
            actions=[
                "sagemaker:CreateModel",
                "sagemaker:DeleteModel",
                "sagemaker:DescribeModel",
                "sagemaker:AddTags",
            ],
            resources=[models],
            wildcard_reason=FLEET_WIDE,
        )
        allow(
            self.role,
            "EndpointConfigs",
            actions=[
                "sagemaker:CreateEndpointConfig",
                "sagemaker:DeleteEndpointConfig",
                "sagemaker:DescribeEndpointConfig",
                "sagemaker:AddTags",
            ],
            resources=[configs, models],
            wildcard_reason=FLEET_WIDE,
        )
        allow(
            self.role,
            "Endpoints",
            actions=["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpoint"],
            resources=[endpoints, configs],
            wildcard_reason=FLEET_WIDE,
        )

    def _rollback_alarms(self) -> None:
        allow(
            self.role,
            "RollbackAlarms",
            actions=["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
            resources=[self.places.fleet("cloudwatch", "alarm", ":")],
            wildcard_reason=FLEET_WIDE,
        )
        self._see_alarms()

    def _scaling(self) -> None:
        allow(
            self.role,
            "Scaling",
            actions=[
                "application-autoscaling:RegisterScalableTarget",
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:PutScalingPolicy",
                "application-autoscaling:DeleteScalingPolicy",
            ],
            resources=[self.places.arn("application-autoscaling", "scalable-target/*")],
            conditions={"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
            wildcard_reason="a scalable target's ARN has an id that AWS makes",
        )
        allow(
            self.role,
            "SeeScaling",
            actions=[
                "application-autoscaling:DescribeScalableTargets",
                "application-autoscaling:DescribeScalingPolicies",
            ],
            resources=["*"],
            wildcard_reason=NO_RESOURCE,
        )

    def _registry(self) -> None:
        groups = self.places.fleet("sagemaker", "model-package-group")
        packages = self.places.fleet("sagemaker", "model-package")
        allow(
            self.role,
            "Registry",
            actions=["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
            resources=[packages, groups],
            wildcard_reason=FLEET_WIDE,
        )

    def _baselines(self) -> None:
        """Baselines lie where a run put them, or where synthesis put an initial model's."""
        self._objects("Baselines", ["s3:GetObject"], self.data.artifacts, "runs/*")
        allow(
            self.role,
            "InitialBaselines",
            actions=["s3:GetObject"],
            resources=self.places.objects(self.places.assets, "*"),
            wildcard_reason="an asset's key is the hash of its content",
        )

    def _ledger(self, *actions: str) -> None:
        allow(self.role, "Ledger", actions=actions, resources=[self.data.ledger.table_arn])

    def _list(self, sid: str, bucket_arn: str) -> None:
        allow(self.role, sid, actions=["s3:ListBucket"], resources=[bucket_arn])

    def _objects(self, sid: str, actions: list[str], bucket: s3.Bucket, *keys: str) -> None:
        on = [bucket.arn_for_objects(key) for key in keys]
        allow(self.role, sid, actions=actions, resources=on, wildcard_reason=PREFIX)

    def _metrics(self) -> None:
        allow(
            self.role,
            "Metrics",
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": METRIC_NAMESPACE}},
            wildcard_reason="the call knows namespaces, not resources; the condition names ours",
        )

    def _see_alarms(self) -> None:
        allow(
            self.role,
            "SeeAlarms",
            actions=["cloudwatch:DescribeAlarms"],
            resources=[self.places.fleet("cloudwatch", "alarm", ":")],
            wildcard_reason=FLEET_WIDE,
        )

    def _bus(self) -> None:
        allow(
            self.role,
            "Bus",
            actions=["events:PutEvents"],
            resources=[self.places.bus],
            conditions={"StringEquals": {"events:source": EVENT_SOURCE}},
        )

    def _notify(self) -> None:
        allow(self.role, "Tell", actions=["sns:Publish"], resources=[self.topic.topic_arn])


_DECIDING = (
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:ConditionCheckItem",
)
