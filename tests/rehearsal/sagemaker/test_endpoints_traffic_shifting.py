import pytest

from rehearsal.sagemaker import ServiceError
from rehearsal.sagemaker.endpoints.traffic_shifting import ALL_AT_ONCE, plan_rollout


def config(kind, wait, termination=0, **sizes):
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": termination}
    return {"BlueGreenUpdatePolicy": policy}


def percent(value):
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def periods(rollout):
    return [(period.share, period.seconds) for period in rollout.baking_periods]


def test_an_update_without_a_deployment_config_shifts_all_traffic_at_once():
    assert periods(plan_rollout(ALL_AT_ONCE, 3)) == [(1.0, 0)]


def test_all_at_once_bakes_and_waits_for_the_termination_of_the_old_fleet():
    assert periods(plan_rollout(config("ALL_AT_ONCE", 300, 120), 1)) == [(1.0, 300), (1.0, 120)]


def test_a_canary_bakes_twice_and_then_waits_for_the_termination():
    rollout = plan_rollout(config("CANARY", 600, 60, CanarySize=percent(10)), 4)

    assert periods(rollout) == [(0.25, 600), (1.0, 600), (1.0, 60)]


def test_a_canary_needs_more_than_one_instance():
    with pytest.raises(ServiceError, match="at most 50%"):
        plan_rollout(config("CANARY", 600, CanarySize=percent(10)), 1)


def test_a_canary_without_a_size_is_an_error():
    with pytest.raises(ServiceError, match="CanarySize"):
        plan_rollout(config("CANARY", 600), 4)


def test_linear_routing_shifts_traffic_in_steps():
    size = {"Type": "INSTANCE_COUNT", "Value": 2}

    rollout = plan_rollout(config("LINEAR", 60, LinearStepSize=size), 5)

    assert periods(rollout) == [(0.4, 60), (0.8, 60), (1.0, 60)]


def test_a_rolling_update_replaces_one_batch_after_the_other():
    policy = {"MaximumBatchSize": percent(50), "WaitIntervalInSeconds": 30}

    assert periods(plan_rollout({"RollingUpdatePolicy": policy}, 4)) == [(0.5, 30), (1.0, 30)]


def test_a_timeout_must_be_longer_than_all_waits():
    settings = config("CANARY", 600, CanarySize=percent(50))
    settings["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 1200

    with pytest.raises(ServiceError, match="1200 seconds"):
        plan_rollout(settings, 2)


def test_rollback_alarms_are_read():
    settings = {**ALL_AT_ONCE, "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}

    assert plan_rollout(settings, 1).alarms == ("errors",)
