"""Autoscaling during a release: removed if it would block the update, and restored afterwards."""

from typing import Any

from driftloop.release.deployment import ServingSettings
from lambdas.aws.context import ModelContext

_DIMENSION = "sagemaker:variant:DesiredInstanceCount"


def deregister_scalable_target(context: ModelContext, settings: ServingSettings) -> None:
    """Deregister the target: a change of the instance type fails while it is registered."""
    client = context.aws.client("application-autoscaling")
    target = _target(context, settings)
    if client.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[target["ResourceId"]]
    )["ScalableTargets"]:
        client.deregister_scalable_target(**target)


def update_scaling(context: ModelContext, settings: ServingSettings) -> None:
    """Set bounds and target value as in the settings; equal settings change nothing."""
    client = context.aws.client("application-autoscaling")
    target = _target(context, settings)
    client.register_scalable_target(
        **target,
        MinCapacity=settings.initial_instance_count,
        MaxCapacity=settings.max_instance_count,
    )
    client.put_scaling_policy(
        **target,
        PolicyName="invocations-per-instance",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": float(settings.target_invocations_per_instance),
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    )


def _target(context: ModelContext, settings: ServingSettings) -> dict[str, Any]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{context.resource}/variant/{settings.variant}",
        "ScalableDimension": _DIMENSION,
    }
