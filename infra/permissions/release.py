"""Permissions of `release`: the only function that may change an endpoint."""

from aws_cdk import aws_iam as iam

from infra.constructs.iam_statements import allow
from infra.permissions.resources import FunctionResources
from infra.permissions.statements import (
    DECISION_ACTIONS,
    FLEET_WIDE,
    NO_RESOURCE_LEVEL,
    allow_encrypted_volumes,
    allow_fleet_file,
    allow_ledger,
    allow_model_registry,
    allow_notify,
    allow_objects,
    allow_publish_metrics,
    allow_put_events,
    allow_serving_settings,
)

AUTOSCALING_PRINCIPAL = "application-autoscaling.amazonaws.com"
AUTOSCALING_CALLER_ACTIONS = {
    "AutoscalingCallerEndpoints": (
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
    ),
    "AutoscalingCallerAlarms": (
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DeleteAlarms",
    ),
}
"""What Application Auto Scaling requires of its caller, by the statement's sid.

It calls these operations with the caller's permissions, on resources with names of its own, and
fails the request if one is denied. Its alarms have names outside of the environment's prefix.
`release` itself calls all of them but UpdateEndpointWeightsAndCapacities, for its endpoints and for
the rollback alarms of each release. Sources: Application Auto Scaling User Guide, "Permissions
validation for Application Auto Scaling API calls on target resources"; SageMaker Developer Guide,
"Auto scaling prerequisites" (the actions, on all resources, and the service-linked role);
aws-controllers-k8s/community#2110 (DescribeEndpointConfig denied on a name that does not exist).
"""


def grant_release(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/release`` calls."""
    allow_fleet_file(role, resources)
    allow_ledger(role, resources, actions=DECISION_ACTIONS)
    allow_model_registry(
        role,
        resources,
        actions=["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
    )
    # It compares the archive's ETag with that of the approved one, and reads the baseline.
    allow_objects(
        role,
        "ArchivesAndBaselines",
        actions=["s3:GetObject"],
        bucket=resources.data.artifacts,
        keys=["runs/*"],
    )
    _allow_endpoints(role, resources)
    _allow_autoscaling(role, resources)
    allow_serving_settings(role, resources)
    _allow_pass_endpoint_role(role, resources)
    allow_encrypted_volumes(role, key=resources.data.key)
    allow_publish_metrics(role)
    allow_put_events(role, resources)
    allow_notify(role, resources)


def _allow_endpoints(role: iam.Role, resources: FunctionResources) -> None:
    kinds = ("model", "endpoint-config", "endpoint")
    models, configs, endpoints = (resources.arns.fleet_pattern("sagemaker", kind) for kind in kinds)
    allow(
        role,
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
        role,
        "EndpointConfigs",
        actions=[
            "sagemaker:CreateEndpointConfig",
            "sagemaker:DeleteEndpointConfig",
            "sagemaker:AddTags",
        ],
        resources=[configs],
        wildcard_reason=FLEET_WIDE,
    )
    allow(
        role,
        "Endpoints",
        actions=["sagemaker:UpdateEndpoint"],
        resources=[endpoints, configs],
        wildcard_reason=FLEET_WIDE,
    )


def _allow_autoscaling(role: iam.Role, resources: FunctionResources) -> None:
    allow(
        role,
        "Autoscaling",
        actions=[
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
        ],
        resources=[resources.arns.arn("application-autoscaling", "scalable-target/*")],
        conditions={"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
        wildcard_reason="AWS generates the ID in the ARN of a scalable target",
    )
    allow(
        role,
        "DescribeAutoscaling",
        actions=["application-autoscaling:DescribeScalableTargets"],
        resources=["*"],
        wildcard_reason=NO_RESOURCE_LEVEL,
    )
    for sid, actions in AUTOSCALING_CALLER_ACTIONS.items():
        allow(
            role,
            sid,
            actions=actions,
            resources=["*"],
            wildcard_reason="Application Auto Scaling checks its caller's permissions with"
            " resource names of its own; its documentation requires all resources",
        )
    service = f"sagemaker.{AUTOSCALING_PRINCIPAL}"
    allow(
        role,
        "AutoscalingRole",
        actions=["iam:CreateServiceLinkedRole"],
        resources=[
            f"arn:{resources.arns.stack.partition}:iam::{resources.arns.stack.account}:role/"
            f"aws-service-role/{service}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        ],
        conditions={"StringEquals": {"iam:AWSServiceName": service}},
    )


def _allow_pass_endpoint_role(role: iam.Role, resources: FunctionResources) -> None:
    allow(
        role,
        "PassEndpointRole",
        actions=["iam:PassRole"],
        resources=[resources.arns.role("endpoint", "*")],
        conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        wildcard_reason="each model's endpoint has its own role; the roles share a path",
    )
