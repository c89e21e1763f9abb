"""How a DeploymentConfig shifts traffic: the baking periods of an update, planned beforehand."""

from dataclasses import dataclass
from typing import Any

from rehearsal.sagemaker.errors import validation_error

ALL_AT_ONCE: dict[str, Any] = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
        "TerminationWaitInSeconds": 0,
    }
}
"""SageMaker's default for an update without a DeploymentConfig."""


@dataclass(frozen=True, slots=True)
class BakingPeriod:
    """``share`` (0 to 1) of the traffic goes to the new fleet for ``seconds``."""

    share: float
    seconds: int
    message: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """Baking periods, the alarms that roll the update back, and the timeout in seconds."""

    baking_periods: tuple[BakingPeriod, ...]
    alarms: tuple[str, ...]
    timeout: int | None


def plan_rollout(config: dict[str, Any], instances: int) -> Rollout:
    """Plan the rollout of a DeploymentConfig to a fleet of ``instances``; raises ServiceError."""
    if "BlueGreenUpdatePolicy" in config and "RollingUpdatePolicy" in config:
        raise validation_error("Only one update policy may be used in the DeploymentConfig.")
    rollback = config.get("AutoRollbackConfiguration") or {}
    alarms = tuple(alarm["AlarmName"] for alarm in rollback.get("Alarms", []))
    rolling = config.get("RollingUpdatePolicy")
    if rolling:
        periods, timeouts = _rolling_periods(rolling, instances), rolling
    else:
        policy = config.get("BlueGreenUpdatePolicy") or ALL_AT_ONCE["BlueGreenUpdatePolicy"]
        periods, timeouts = _blue_green_periods(policy, instances), policy
    limit = timeouts.get("MaximumExecutionTimeoutInSeconds")
    waits = sum(period.seconds for period in periods)
    if limit is not None and limit <= waits:
        raise validation_error(
            f"MaximumExecutionTimeoutInSeconds ({limit}) must be larger than the total waiting "
            f"time ({waits} seconds)."
        )
    return Rollout(tuple(periods), alarms, limit)


def _blue_green_periods(policy: dict[str, Any], instances: int) -> list[BakingPeriod]:
    routing = policy["TrafficRoutingConfiguration"]
    wait = routing["WaitIntervalInSeconds"]
    periods = [
        _baking_period(active, instances, wait) for active in _shifted_instances(routing, instances)
    ]
    termination = policy.get("TerminationWaitInSeconds", 0)
    if termination:
        text = (
            f"Baking for {termination} seconds (TerminationWaitInSeconds) with traffic enabled on "
            f"full capacity of {instances} instance(s)."
        )
        periods.append(BakingPeriod(1.0, termination, text))
    return periods


def _shifted_instances(routing: dict[str, Any], instances: int) -> list[int]:
    """Return the number of instances with traffic after each shift."""
    kind = routing["Type"]
    if kind == "ALL_AT_ONCE":
        return [instances]
    if kind == "CANARY":
        return [_instances_per_shift(routing, "CanarySize", instances, min_share=0.0), instances]
    step = _instances_per_shift(routing, "LinearStepSize", instances, min_share=0.1)
    return [*range(step, instances, step), instances]


def _rolling_periods(policy: dict[str, Any], instances: int) -> list[BakingPeriod]:
    step = _instances_per_shift(policy, "MaximumBatchSize", instances, min_share=0.05)
    wait = policy["WaitIntervalInSeconds"]
    return [
        _baking_period(active, instances, wait)
        for active in [*range(step, instances, step), instances]
    ]


def _instances_per_shift(
    settings: dict[str, Any], name: str, instances: int, *, min_share: float
) -> int:
    """Return a batch or canary size in instances; AWS allows at most half of the fleet."""
    size = settings.get(name)
    if size is None:
        raise validation_error(f"You must provide a {name} with this type of traffic routing.")
    count = size["Value"]
    if size["Type"] == "CAPACITY_PERCENT":
        count = max(1, instances * count // 100)
    if not min_share <= count / instances <= 0.5:
        raise validation_error(
            f"{name} must be at most 50% of the variant's total instance count: {count} of "
            f"{instances} instance(s)."
        )
    return int(count)


def _baking_period(active: int, instances: int, seconds: int) -> BakingPeriod:
    text = (
        f"Baking for {seconds} seconds with traffic enabled on {active} of {instances} instance(s)."
    )
    return BakingPeriod(active / instances, seconds, text)
