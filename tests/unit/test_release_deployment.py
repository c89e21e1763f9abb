import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from driftloop.release.deployment import (
    ServingSettings,
    deployment_config,
    endpoint_config,
    retained_properties,
    rollback_alarm_names,
    rollback_alarms,
    unused_configs,
)
from tests.narrowing import not_none

SETTINGS = ServingSettings(
    endpoint="e",
    role_arn="arn:aws:iam::123456789012:role/e",
    kms_key_arn="arn:aws:kms:eu-central-1:123456789012:key/k",
    capture_bucket="capture",
    capture_sampling_percentage=50,
    instance_type="ml.m5.large",
    initial_instance_count=2,
    max_instance_count=4,
    target_invocations_per_instance=100,
    canary_percentage=25,
    bake_minutes=10,
    latency_p99_threshold_ms=800,
    error_threshold_per_minute=5,
    variant="AllTraffic",
)


def changed(**values):
    return ServingSettings(**{**SETTINGS.to_dict(), **values})


def check(service, operation, arguments):
    shape = get_session().get_service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(arguments, not_none(shape))
    assert not report.has_errors(), report.generate_report()


def test_all_arguments_have_the_shapes_of_the_api_model():
    check("sagemaker", "CreateEndpointConfig", endpoint_config("n", SETTINGS, "late/v2"))
    for settings in (SETTINGS, changed(initial_instance_count=1)):
        update = {
            "EndpointName": "e",
            "EndpointConfigName": "n",
            "DeploymentConfig": deployment_config(settings, ["a", "b"]),
            **retained_properties(counts_changed=True),
        }
        check("sagemaker", "UpdateEndpoint", update)
    for alarm in rollback_alarms("n", SETTINGS):
        check("cloudwatch", "PutMetricAlarm", alarm)


def test_one_instance_is_updated_all_at_once_with_a_bake():
    policy = deployment_config(changed(initial_instance_count=1), [])["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"
    assert policy["TerminationWaitInSeconds"] == 600


@pytest.mark.parametrize("minutes", [1, 10, 60])
def test_waits_stay_within_the_limits_of_sagemaker(minutes):
    """API reference: waits of 0 to 3600 s, the timeout of 600 to 28800 s."""
    policy = deployment_config(changed(bake_minutes=minutes), [])["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"] <= 3600
    assert policy["TerminationWaitInSeconds"] <= 3600
    assert 600 <= policy["MaximumExecutionTimeoutInSeconds"] <= 28800


def test_rollback_alarms_watch_the_new_fleet_only_in_microseconds():
    errors, latency = rollback_alarms("c2", SETTINGS)
    assert [errors["AlarmName"], latency["AlarmName"]] == rollback_alarm_names("c2")
    assert {"Name": "EndpointConfigName", "Value": "c2"} in errors["Dimensions"]
    assert latency["Threshold"] == 800_000
    assert errors["TreatMissingData"] == latency["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(
    ("setting", "requires_config"),
    [
        ({"instance_type": "ml.c5.large"}, True),
        ({"capture_sampling_percentage": 51}, True),
        ({"role_arn": "other"}, True),
        ({"max_instance_count": 9}, False),
        ({"bake_minutes": 20}, False),
        ({"tags": {"a": "b"}}, False),
    ],
)
def test_the_digest_changes_only_with_settings_that_require_a_new_config(setting, requires_config):
    assert (changed(**setting).digest != SETTINGS.digest) is requires_config


@pytest.mark.parametrize(
    ("instance_type", "has_key"),
    [
        ("ml.m5.large", True),
        ("ml.c6i.xlarge", True),
        ("ml.t2.medium", True),
        ("ml.m5d.large", False),
        ("ml.r5d.large", False),
        ("ml.g5.xlarge", False),
        ("ml.g4dn.xlarge", False),
        ("ml.p4d.24xlarge", False),
        ("ml.inf2.xlarge", True),
    ],
)
def test_instances_with_local_nvme_get_no_volume_key(instance_type, has_key):
    config = endpoint_config("n", changed(instance_type=instance_type), "p")
    assert ("KmsKeyId" in config) is has_key


def test_all_configs_but_those_to_keep_are_unused():
    assert unused_configs(["a", "b", "c", "a"], ["b", None]) == ["a", "c"]
