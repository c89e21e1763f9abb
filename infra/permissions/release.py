"""Permissions of `release`: the only function that may change an endpoint."""

from aws_cdk import aws_iam as iam

from infra.constructs.iam_statements import allow
from infra.permissions.resources import FunctionResources
from infra.permissions.statements import (
    DECISION_ACTIONS,
    FLEET_WIDE,
    NO_RESOURCE_LEVEL,
    allow_describe_alarms,
    allow_encrypted_volumes,
    allow_fleet_file,
    allow_ledger,
    allow_model_registry,
    allow_notify,
    allow_publish_metrics,
    allow_put_events,
)


def grant_release(role: iam.Role, resources: FunctionResources) -> None:
    """Grant what ``lambdas/release`` calls."""
    allow_fleet_file(role, resources)
    allow_ledger(role, resources, actions=DECISION_ACTIONS)
    allow_model_registry(role, resources)
    _allow_endpoints(role, resources)
    _allow_rollback_alarms(role, resources)
    _allow_autoscaling(role, resources)
    _allow_serving_settings(role, resources)
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
            "sagemaker:DescribeEndpointConfig",
            "sagemaker:AddTags",
        ],
        resources=[configs, models],
        wildcard_reason=FLEET_WIDE,
    )
    allow(
        role,
        "Endpoints",
        actions=["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpoint"],
        resources=[endpoints, configs],
        wildcard_reason=FLEET_WIDE,
    )


def _allow_rollback_alarms(role: iam.Role, resources: FunctionResources) -> None:
    """Each release has its own alarms, which SageMaker reads during the canary."""
    allow(
        role,
        "RollbackAlarms",
        actions=["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
        resources=[resources.arns.fleet_pattern("cloudwatch", "alarm", ":")],
        wildcard_reason=FLEET_WIDE,
    )
    allow_describe_alarms(role, resources)


def _allow_autoscaling(role: iam.Role, resources: FunctionResources) -> None:
    allow(
        role,
        "Autoscaling",
        actions=[
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:DeleteScalingPolicy",
        ],
        resources=[resources.arns.arn("application-autoscaling", "scalable-target/*")],
        conditions={"StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}},
        wildcard_reason="AWS generates the ID in the ARN of a scalable target",
    )
    allow(
        role,
        "DescribeAutoscaling",
        actions=[
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingPolicies",
        ],
        resources=["*"],
        wildcard_reason=NO_RESOURCE_LEVEL,
    )


def _allow_serving_settings(role: iam.Role, resources: FunctionResources) -> None:
    arns = resources.arns
    allow(
        role,
        "ServingSettings",
        actions=["ssm:GetParameter"],
        resources=[arns.arn("ssm", f"parameter/driftloop/{arns.names.environment}/*")],
        wildcard_reason=FLEET_WIDE,
    )


def _allow_pass_endpoint_role(role: iam.Role, resources: FunctionResources) -> None:
    allow(
        role,
        "PassEndpointRole",
        actions=["iam:PassRole"],
        resources=[resources.arns.role_pattern("endpoint")],
        conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        wildcard_reason="each model's endpoint has its own role; the roles share a path",
    )
