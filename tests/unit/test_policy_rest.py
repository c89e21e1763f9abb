"""Deployment, planning, pruning, the run's parameters, the readings of the ledger."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from driftloop.analysis_plan import (
    CapturedObject,
    batches,
    capture_hours,
    earlier_windows,
    unplanned_objects,
)
from driftloop.config.sections import RetrainingSettings
from driftloop.release.deployment import (
    ServingSettings,
    deployment_config,
    encrypts_volume,
    endpoint_config,
    retained_properties,
    rollback_alarm_names,
    rollback_alarms,
    unused_configs,
)
from driftloop.retraining.history import (
    PastWindow,
    consecutive_rejections,
    drifted_windows,
    invalid_window,
    schedule_is_due,
)
from driftloop.retraining.pipeline_parameters import (
    MAX_REASON_LENGTH,
    MAX_VALUE_LENGTH,
    ChampionModel,
    client_request_token,
    excluded_windows,
    parameters,
    parse_excluded,
    training_range,
)
from driftloop.window import Window

T0 = datetime(2026, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
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


def hours(first, count=1):
    return Window(T0 + HOUR * first, T0 + HOUR * (first + count))


def changed(**values):
    return ServingSettings(**{**SETTINGS.to_dict(), **values})


def check(service, operation, arguments):
    shape = get_session().get_service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(arguments, shape)
    assert not report.has_errors(), report.generate_report()


def test_all_arguments_have_the_shapes_that_aws_documents():
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


def test_one_instance_goes_all_at_once_with_a_bake():
    policy = deployment_config(changed(initial_instance_count=1), [])["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"
    assert policy["TerminationWaitInSeconds"] == 600


@pytest.mark.parametrize("minutes", [1, 10, 60])
def test_waits_stay_within_sagemakers_limits(minutes):
    """API reference: waits of 0 to 3600 s, the whole of 600 to 28800 s."""
    policy = deployment_config(changed(bake_minutes=minutes), [])["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"] <= 3600
    assert policy["TerminationWaitInSeconds"] <= 3600
    assert 600 <= policy["MaximumExecutionTimeoutInSeconds"] <= 28800


def test_rollback_alarms_watch_the_new_fleet_alone_in_microseconds():
    errors, latency = rollback_alarms("c2", SETTINGS)
    assert [errors["AlarmName"], latency["AlarmName"]] == rollback_alarm_names("c2")
    assert {"Name": "EndpointConfigName", "Value": "c2"} in errors["Dimensions"]
    assert latency["Threshold"] == 800_000
    assert errors["TreatMissingData"] == latency["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(
    ("setting", "shapes"),
    [
        ({"instance_type": "ml.c5.large"}, True),
        ({"capture_sampling_percentage": 51}, True),
        ({"role_arn": "other"}, True),
        ({"max_instance_count": 9}, False),
        ({"bake_minutes": 20}, False),
        ({"tags": {"a": "b"}}, False),
    ],
)
def test_the_digest_changes_with_what_needs_a_new_config_and_nothing_else(setting, shapes):
    assert (changed(**setting).digest != SETTINGS.digest) is shapes


@pytest.mark.parametrize(
    ("instance_type", "takes_a_key"),
    [
        ("ml.m5.large", True),
        ("ml.c6i.xlarge", True),
        ("ml.t2.medium", True),
        ("ml.m5d.large", False),
        ("ml.r5d.large", False),
        ("ml.g5.xlarge", False),
        ("ml.p4d.24xlarge", False),
    ],
)
def test_instances_with_local_disks_get_no_volume_key(instance_type, takes_a_key):
    assert encrypts_volume(instance_type) is takes_a_key
    config = endpoint_config("n", changed(instance_type=instance_type), "p")
    assert ("KmsKeyId" in config) is takes_a_key


def test_all_configs_but_those_kept_are_superfluous():
    assert unused_configs(["a", "b", "c", "a"], ["b", None]) == ["a", "c"]


objects = st.lists(
    st.builds(
        CapturedObject,
        key=st.text("abc", min_size=1, max_size=6),
        size=st.integers(0, 1000),
        etag=st.text("0123456789", min_size=1, max_size=3),
    ),
    unique_by=lambda item: item.key,
    max_size=40,
)


@given(objects, st.integers(1, 2000), st.integers(1, 10))
def test_batches_hold_every_object_once_within_the_limit_of_objects(items, size, most):
    split = batches(items, batch_bytes=size, batch_objects=most)
    assert sorted(item for batch in split for item in batch) == sorted(items)
    assert all(1 <= len(batch) <= most for batch in split)


@given(objects, st.randoms())
def test_batches_do_not_depend_on_the_order_of_the_listing(items, random):
    shuffled = random.sample(items, len(items))
    assert batches(items, batch_bytes=500) == batches(shuffled, batch_bytes=500)


def test_batches_are_balanced_by_bytes():
    """Largest first: 6+3, 5+4 and 5+4 rather than three of the same neighbors."""
    sizes = (6, 5, 5, 4, 4, 3)
    items = [CapturedObject(f"k{n}", size, f"e{n}") for n, size in enumerate(sizes)]
    split = batches(items, batch_bytes=9)
    assert sorted(sum(item.size for item in batch) for batch in split) == [9, 9, 9]


@given(objects)
def test_what_was_planned_is_never_fresh_again(items):
    chosen = unplanned_objects(items)
    assert unplanned_objects(items, chosen) == []
    assert len({item.key for item in chosen}) == len(chosen)


def test_empty_objects_are_nobodys_copy():
    items = [CapturedObject(key, 0, "same") for key in "ab"]
    assert unplanned_objects(items) == items


def test_the_hour_before_a_window_is_read_too():
    assert capture_hours(hours(11)) == [T0 + HOUR * 10, T0 + HOUR * 11]
    assert len(capture_hours(hours(0, 24))) == 25


def test_late_files_are_looked_for_in_whole_windows():
    assert earlier_windows(hours(10), 2) == [hours(9), hours(8)]
    assert earlier_windows(hours(12, 6), 7) == [hours(6, 6), hours(0, 6)]
    assert earlier_windows(hours(12), 0) == []


def test_the_token_is_the_causes_sha256_in_hex():
    assert client_request_token("a") == hashlib.sha256(b"a").hexdigest()


def test_training_data_ends_where_labels_are_final():
    policy = RetrainingSettings(lookback_days=2, label_delay_hours=6)
    assert training_range(T0, policy) == Window(T0 - timedelta(days=2), T0 - 6 * HOUR)


def test_a_first_run_has_neither_champion_nor_captured_data():
    made = parameters(words="w", decision_id="d", champion=None, data=None)
    assert made == {
        "Reason": "w",
        "DecisionId": "d",
        "ChampionVersion": "none",
        "ChampionModelData": "none",
        "TrainingDataStart": "",
        "TrainingDataEnd": "",
        "ExcludedWindows": "",
    }


def test_a_reason_has_only_characters_that_the_registry_takes():
    """SageMaker API, CustomerMetadataValue: letters, numbers, spaces and _.:/=+-@"""
    words = "Retraining starts: the alarm a-drift stands; 40% of (temp, dewp) moved."
    made = parameters(words=words, decision_id="d", champion=None, data=None)
    assert made["Reason"] == (
        "Retraining starts: the alarm a-drift stands - 40 percent of temp - dewp moved."
    )


def test_a_long_reason_is_cut_to_what_the_registry_holds():
    champion = ChampionModel(3, "s3://m")
    made = parameters(words="x" * 5000, decision_id="d", champion=champion, data=hours(0, 9))
    assert len(made["Reason"]) == MAX_REASON_LENGTH
    assert (made["ChampionVersion"], made["ChampionModelData"]) == ("3", "s3://m")


def test_neighbouring_broken_windows_are_one_and_those_outside_are_left_out():
    text = excluded_windows(hours(0, 10), [hours(3), hours(2), hours(20), hours(7)])
    assert text == (
        "2026-03-10T02:00:00Z/2026-03-10T04:00:00Z,2026-03-10T07:00:00Z/2026-03-10T08:00:00Z"
    )


@given(st.sets(st.integers(0, 700), max_size=300))
def test_every_broken_window_is_excluded_however_many_there_are(broken):
    text = excluded_windows(hours(0, 720), [hours(number) for number in broken])
    assert len(text) <= MAX_VALUE_LENGTH
    spans = parse_excluded(text)
    assert all(
        any(span.start <= hours(n).start and hours(n).end <= span.end for span in spans)
        for n in broken
    )


def judged(hour, verdict, *, prediction=False):
    return PastWindow(1, hours(hour), verdict, prediction)


def test_the_newest_window_that_says_anything_tells_whether_data_is_broken():
    windows = [judged(1, "invalid_data"), judged(2, "insufficient_data")]
    assert invalid_window(windows) == "20260310T01"
    assert invalid_window([*windows, judged(3, "drifted")]) is None
    assert invalid_window([]) is None


def test_evidence_is_what_drifted_after_the_champion_took_over():
    windows = [
        judged(3, "drifted"),
        judged(1, "drifted"),
        judged(4, "stable"),
        judged(5, "stable", prediction=True),
    ]
    assert drifted_windows(windows, T0 + 2 * HOUR) == ("20260310T03", "20260310T05")
    assert drifted_windows(windows, None) == ("20260310T01", "20260310T03", "20260310T05")


def test_refusals_before_the_last_promotion_no_longer_count():
    moments = [T0, T0 + HOUR, T0 + 2 * HOUR]
    assert consecutive_rejections(moments, T0) == 2
    assert consecutive_rejections(moments, None) == 3


def test_a_schedule_is_due_so_many_days_after_the_last_run_or_the_champion():
    day = timedelta(days=1)
    assert not schedule_is_due(T0, None, None, None)
    assert schedule_is_due(T0, 7, None, T0 - 7 * day)
    assert not schedule_is_due(T0, 7, T0 - 6 * day, T0 - 30 * day)
