import pytest

from rehearsal.sagemaker import ServiceError
from rehearsal.sagemaker.endpoints.traffic_shifting import ALL_AT_ONCE, plan


def config(kind, wait, termination=0, **sizes):
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": termination}
    return {"BlueGreenUpdatePolicy": policy}


def percent(value):
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def stages(rollout):
    return [(stage.share, stage.seconds) for stage in rollout.stages]


def test_an_update_that_is_told_nothing_shifts_at_once():
    assert stages(plan(ALL_AT_ONCE, 3)) == [(1.0, 0)]


def test_all_at_once_bakes_and_waits_before_it_ends_the_old_fleet():
    assert stages(plan(config("ALL_AT_ONCE", 300, 120), 1)) == [(1.0, 300), (1.0, 120)]


def test_a_canary_bakes_twice_and_then_waits():
    rollout = plan(config("CANARY", 600, 60, CanarySize=percent(10)), 4)

    assert stages(rollout) == [(0.25, 600), (1.0, 600), (1.0, 60)]


def test_one_instance_can_not_canary():
    with pytest.raises(ServiceError, match="at most 50%"):
        plan(config("CANARY", 600, CanarySize=percent(10)), 1)


def test_a_canary_without_a_size_is_refused():
    with pytest.raises(ServiceError, match="CanarySize"):
        plan(config("CANARY", 600), 4)


def test_linear_shifts_step_by_step():
    size = {"Type": "INSTANCE_COUNT", "Value": 2}

    rollout = plan(config("LINEAR", 60, LinearStepSize=size), 5)

    assert stages(rollout) == [(0.4, 60), (0.8, 60), (1.0, 60)]


def test_a_rolling_update_replaces_batch_by_batch():
    policy = {"MaximumBatchSize": percent(50), "WaitIntervalInSeconds": 30}

    assert stages(plan({"RollingUpdatePolicy": policy}, 4)) == [(0.5, 30), (1.0, 30)]


def test_a_time_limit_has_to_leave_room_for_the_waits():
    settings = config("CANARY", 600, CanarySize=percent(50))
    settings["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 1200

    with pytest.raises(ServiceError, match="1200 seconds"):
        plan(settings, 2)


def test_rollback_alarms_are_read():
    settings = {**ALL_AT_ONCE, "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}

    assert plan(settings, 1).alarms == ("errors",)
