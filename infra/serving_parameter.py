"""The serving settings that `release` reads: one SSM parameter per model, as JSON."""

from collections.abc import Mapping
from typing import Any

from driftloop.config.sections import EndpointSettings
from driftloop.contract.resource_names import VARIANT, ResourceNames


def serving_settings(
    *,
    names: ResourceNames,
    model: str,
    serving: EndpointSettings,
    endpoint_name: str,
    role_arn: str,
    key_arn: str,
    capture_bucket: str,
    tags: Mapping[str, str],
) -> dict[str, Any]:
    """Return the properties that all endpoint configs of a model share; they may be tokens."""
    return {
        "endpoint": endpoint_name,
        "variant": VARIANT,
        "role_arn": role_arn,
        "kms_key_arn": key_arn,
        "capture_bucket": capture_bucket,
        "capture_sampling_percentage": serving.capture_sampling_percentage,
        "instance_type": serving.instance_type,
        "initial_instance_count": serving.initial_instance_count,
        "max_instance_count": serving.max_instance_count,
        "target_invocations_per_instance": serving.target_invocations_per_instance,
        "canary_percentage": serving.canary_percentage,
        "bake_minutes": serving.bake_minutes,
        "latency_p99_threshold_ms": serving.latency_p99_threshold_ms,
        "error_threshold_per_minute": serving.error_threshold_per_minute,
        "tags": model_tags(names, model, tags),
    }


def model_tags(names: ResourceNames, model: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of what functions create for a model; ``tags`` are driftloop.yaml's."""
    return {**tags, "driftloop:environment": names.environment, "driftloop:model": model}
