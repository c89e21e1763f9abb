"""The serving settings that `release` reads: one SSM parameter per model."""

from collections.abc import Mapping
from typing import Any

from driftloop.config.model import Serving
from driftloop.contract.names import VARIANT, Names


def serving_settings(
    *,
    names: Names,
    model: str,
    serving: Serving,
    role_arn: str,
    key_arn: str,
    capture_bucket: str,
    tags: Mapping[str, str],
) -> dict[str, Any]:
    """What an endpoint config is made of besides its version; ARNs and bucket may be tokens."""
    return {
        "endpoint": names.resource(model),
        "variant": VARIANT,
        "role_arn": role_arn,
        "kms_key_arn": key_arn,
        "capture_bucket": capture_bucket,
        "sampling_percentage": serving.sampling_percentage,
        "instance_type": serving.instance_type,
        "instance_count": serving.instance_count,
        "max_instance_count": serving.max_instance_count,
        "target_invocations": serving.target_invocations,
        "canary_percentage": serving.canary_percentage,
        "bake_minutes": serving.bake_minutes,
        "latency_p99_ms": serving.latency_p99_ms,
        "error_count": serving.error_count,
        "tags": {
            **tags,
            "driftloop:environment": names.environment,
            "driftloop:model": model,
        },
    }
