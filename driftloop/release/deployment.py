"""How a release goes out: the arguments of SageMaker's and CloudWatch's calls, from the settings.

Sources: the API reference of UpdateEndpoint (DeploymentConfig), CreateEndpointConfig
(DataCaptureConfig) and PutMetricAlarm; the guide on deployment guardrails.

Which endpoint configs of past releases can go: all but the current and the previous one.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

_SHAPING = (
    "role_arn",
    "kms_key_arn",
    "capture_bucket",
    "capture_sampling_percentage",
    "instance_type",
    "initial_instance_count",
    "variant",
)
_LOCAL_STORAGE = ("p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "trn1", "trn1n", "inf2")
_SLACK_SECONDS = 3600
_MAX_SECONDS_LENGTH = 28800


@dataclass(frozen=True, slots=True)
class ServingSettings:
    """The serving parameter: what an endpoint should look like, and how changes reach it."""

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
        """Parse the parameter's value; raises TypeError where a setting is missing or unknown."""
        return cls(**json.loads(text))

    def to_dict(self) -> dict[str, Any]:
        """The plain form, as a release keeps it in the ledger."""
        return asdict(self)

    @property
    def digest(self) -> str:
        """Identity of the settings that only a new endpoint config can bring into effect."""
        shaping = {key: value for key, value in asdict(self).items() if key in _SHAPING}
        return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """The tags as SageMaker's calls take them."""
        return [{"Key": key, "Value": value} for key, value in sorted(self.tags.items())]


def release_suffix(*parts: str) -> str:
    """Six hexadecimal characters that tell apart the releases of one version."""
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
            # The combined mode has failed at deployment: two entries.
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {
                "CsvContentTypes": ["text/csv"],
                "JsonContentTypes": ["application/json", "application/jsonlines"],
            },
        },
        "Tags": settings.tag_list,
    }
    if encrypts_volume(settings.instance_type):
        arguments["KmsKeyId"] = settings.kms_key_arn
    return arguments


def encrypts_volume(instance_type: str) -> bool:
    """Whether the type has a volume that takes a key (local NVMe has its own encryption)."""
    family = instance_type.removeprefix("ml.").split(".")[0]
    local_disk = family[:1] in {"c", "m", "r"} and "d" in family[1:]
    return not (local_disk or family.startswith("g") or family in _LOCAL_STORAGE)


def deployment_config(settings: ServingSettings, alarm_names: list[str]) -> dict[str, Any]:
    """Blue/green: a canary, or all at once with a bake where one instance can't be split."""
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
            "MaximumExecutionTimeoutInSeconds": min(_MAX_SECONDS_LENGTH, 2 * bake + _SLACK_SECONDS),
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarm_names]},
    }


def retained_properties(*, counts_changed: bool) -> dict[str, Any]:
    """Keep what autoscaling has set, but never the old version's data capture."""
    excluded = [{"VariantPropertyType": "DataCaptureConfig"}]
    if counts_changed:
        excluded.append({"VariantPropertyType": "DesiredInstanceCount"})
    return {"RetainAllVariantProperties": True, "ExcludeRetainedVariantProperties": excluded}


def rollback_alarm_names(config: str) -> list[str]:
    """Names of the two alarms that watch one release."""
    return [f"{config}-5xx", f"{config}-latency"]


def rollback_alarms(config: str, settings: ServingSettings) -> list[dict[str, Any]]:
    """Arguments of PutMetricAlarm for the new fleet alone: its errors and its latency.

    ModelLatency is in microseconds. Drift is no rollback alarm: it stands while its cure goes out.
    """
    errors, latency = rollback_alarm_names(config)
    return [
        {
            **_watch(config, settings, "Invocation5XXErrors"),
            "AlarmName": errors,
            "AlarmDescription": f"The release {config} answers with errors; it is rolled back.",
            "Statistic": "Sum",
            "Threshold": float(settings.error_threshold_per_minute),
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
        },
        {
            **_watch(config, settings, "ModelLatency"),
            "AlarmName": latency,
            "AlarmDescription": f"The release {config} answers too slowly; it is rolled back.",
            "ExtendedStatistic": "p99",
            "Threshold": settings.latency_p99_threshold_ms * 1000.0,
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
        },
    ]


def _watch(config: str, settings: ServingSettings, metric: str) -> dict[str, Any]:
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
    """Names among ``released`` that nothing in ``keep`` names, in the order given, once each."""
    kept = set(keep)
    return [name for name in dict.fromkeys(released) if name not in kept]
