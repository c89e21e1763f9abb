"""Autoscaling around a release: out of the way where it would block it, back in place after."""

from typing import Any

from driftloop.policy.deployment import Settings
from lambdas.release.room import Room

_DIMENSION = "sagemaker:variant:DesiredInstanceCount"


def make_way(room: Room, settings: Settings) -> None:
    """A change of the instance type fails while a scalable target is registered."""
    client = room.aws.client("application-autoscaling")
    target = _target(room, settings)
    if client.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[target["ResourceId"]]
    )["ScalableTargets"]:
        client.deregister_scalable_target(**target)


def adjust_scaling(room: Room, settings: Settings) -> None:
    """Bring bounds and target value to the settings; the same settings again change nothing."""
    client = room.aws.client("application-autoscaling")
    target = _target(room, settings)
    client.register_scalable_target(
        **target, MinCapacity=settings.instance_count, MaxCapacity=settings.max_instance_count
    )
    client.put_scaling_policy(
        **target,
        PolicyName="invocations-per-instance",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": float(settings.target_invocations),
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        },
    )


def _target(room: Room, settings: Settings) -> dict[str, Any]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{room.resource}/variant/{settings.variant}",
        "ScalableDimension": _DIMENSION,
    }
