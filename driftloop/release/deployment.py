"""The arguments of SageMaker's and CloudWatch's calls that deploy a version, from the settings.

Sources: the API reference of UpdateEndpoint (DeploymentConfig), CreateEndpointConfig
(DataCaptureConfig) and PutMetricAlarm; SageMaker's guide on deployment guardrails.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from driftloop.content_types import CSV_CONTENT_TYPES, JSON_CONTENT_TYPES
from driftloop.instance_types import has_local_storage

_CONFIG_SETTINGS = (
    "role_arn",
    "kms_key_arn",
    "capture_bucket",
    "capture_sampling_percentage",
    "instance_type",
    "initial_instance_count",
    "variant",
)
"""Settings that take effect only with a new endpoint config."""

_EXTRA_TIMEOUT_SECONDS = 3600
"""Time to provision the new fleet, beyond the baking periods."""

_MAX_TIMEOUT_SECONDS = 28800
"""SageMaker's limit of MaximumExecutionTimeoutInSeconds."""


@dataclass(frozen=True, slots=True)
class ServingSettings:
    """The serving parameter: how the endpoint is configured, and how updates are deployed."""

    endpoint: str
    role_arn: str
    kms_key_arn: str
    capture_bucket: str
    capture_sampling_percentage: int
    instance_type: str
    initial_instance_count: int
    max_instance_count: int
    target_invocations_per_instance: int
    canary_percentage: int
    bake_minutes: int
    latency_p99_threshold_ms: float
    error_threshold_per_minute: int
    variant: str
    tags: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str) -> "ServingSettings":
        """Parse the parameter's value; raises TypeError if a setting is missing or unknown."""
        return cls(**json.loads(text))

    def to_dict(self) -> dict[str, Any]:
        """As a dictionary, for the release's item in the ledger."""
        return asdict(self)

    @property
    def digest(self) -> str:
        """Hash of the settings that take effect only with a new endpoint config."""
        values = {key: value for key, value in asdict(self).items() if key in _CONFIG_SETTINGS}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """The tags in the form of SageMaker's API."""
        return [{"Key": key, "Value": value} for key, value in sorted(self.tags.items())]


def release_suffix(*parts: str) -> str:
    """Six hexadecimal characters that distinguish the releases of one version."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:6]


def endpoint_config(name: str, settings: ServingSettings, capture_prefix: str) -> dict[str, Any]:
    """Arguments of CreateEndpointConfig; the model has the same name as the config."""
    arguments: dict[str, Any] = {
        "EndpointConfigName": name,
        "ProductionVariants": [
            {
                "VariantName": settings.variant,
                "ModelName": name,
                "InstanceType": settings.instance_type,
                "InitialInstanceCount": settings.initial_instance_count,
                "InitialVariantWeight": 1.0,
            }
        ],
        "DataCaptureConfig": {
            "EnableCapture": True,
            "InitialSamplingPercentage": settings.capture_sampling_percentage,
            "DestinationS3Uri": f"s3://{settings.capture_bucket}/{capture_prefix}",
            "KmsKeyId": settings.kms_key_arn,
            # Deployments with the mode InputAndOutput have failed, so there are two entries.
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {
                "CsvContentTypes": [*CSV_CONTENT_TYPES],
                "JsonContentTypes": [*JSON_CONTENT_TYPES],
            },
        },
        "Tags": settings.tag_list,
    }
    if not has_local_storage(settings.instance_type):
        arguments["KmsKeyId"] = settings.kms_key_arn
    return arguments


def deployment_config(settings: ServingSettings, alarm_names: list[str]) -> dict[str, Any]:
    """Blue/green: a canary; with one instance, which can't be split, all at once and a bake."""
    bake = settings.bake_minutes * 60
    routing: dict[str, Any] = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": bake}
    if settings.initial_instance_count >= 2:
        routing = {
            "Type": "CANARY",
            "WaitIntervalInSeconds": bake,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": settings.canary_percentage},
        }
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": bake,
            "MaximumExecutionTimeoutInSeconds": min(
                _MAX_TIMEOUT_SECONDS, 2 * bake + _EXTRA_TIMEOUT_SECONDS
            ),
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarm_names]},
    }


def retained_properties(*, counts_changed: bool) -> dict[str, Any]:
    """Retain what autoscaling has set, but never the previous version's data capture."""
    excluded = [{"VariantPropertyType": "DataCaptureConfig"}]
    if counts_changed:
        excluded.append({"VariantPropertyType": "DesiredInstanceCount"})
    return {"RetainAllVariantProperties": True, "ExcludeRetainedVariantProperties": excluded}


def rollback_alarm_names(config: str) -> list[str]:
    """Names of the two rollback alarms of one release."""
    return [f"{config}-5xx", f"{config}-latency"]


def rollback_alarms(config: str, settings: ServingSettings) -> list[dict[str, Any]]:
    """Arguments of PutMetricAlarm on errors and latency of the new (green) fleet.

    ModelLatency is in microseconds. Drift is no rollback alarm: it is in ALARM while the version
    that removes it is being deployed.
    """
    errors, latency = rollback_alarm_names(config)
    return [
        {
            **_metric_alarm(config, settings, "Invocation5XXErrors"),
            "AlarmName": errors,
            "AlarmDescription": f"The release {config} returns errors; it is rolled back.",
            "Statistic": "Sum",
            "Threshold": float(settings.error_threshold_per_minute),
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
        },
        {
            **_metric_alarm(config, settings, "ModelLatency"),
            "AlarmName": latency,
            "AlarmDescription": f"The release {config} is too slow; it is rolled back.",
            "ExtendedStatistic": "p99",
            "Threshold": settings.latency_p99_threshold_ms * 1000.0,
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
        },
    ]


def _metric_alarm(config: str, settings: ServingSettings, metric: str) -> dict[str, Any]:
    dimensions = {
        "EndpointName": settings.endpoint,
        "VariantName": settings.variant,
        "EndpointConfigName": config,
    }
    return {
        "Namespace": "AWS/SageMaker",
        "MetricName": metric,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "Period": 60,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }


def unused_configs(released: Iterable[str], keep: Iterable[str | None]) -> list[str]:
    """The endpoint configs in ``released`` but not in ``keep``, in the order given, once each."""
    kept = set(keep)
    return [name for name in dict.fromkeys(released) if name not in kept]
