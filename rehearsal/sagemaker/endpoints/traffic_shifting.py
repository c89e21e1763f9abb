"""How a DeploymentConfig shifts traffic: the stages of an update, worked out beforehand."""

from dataclasses import dataclass
from typing import Any

from rehearsal.sagemaker.errors import invalid

ALL_AT_ONCE: dict[str, Any] = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
        "TerminationWaitInSeconds": 0,
    }
}
"""What an update does that is told nothing."""


@dataclass(frozen=True, slots=True)
class Stage:
    """For ``seconds``, ``share`` of the traffic goes to the new fleet under the alarms' eyes."""

    share: float
    seconds: int
    message: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """Stages, the alarms that end them, and the time after which an update is given up."""

    stages: tuple[Stage, ...]
    alarms: tuple[str, ...]
    timeout: int | None


def plan(config: dict[str, Any], instances: int) -> Rollout:
    """The rollout of a DeploymentConfig on a new fleet of ``instances``; raises ServiceError."""
    if "BlueGreenUpdatePolicy" in config and "RollingUpdatePolicy" in config:
        raise invalid("Only one update policy may be used in the DeploymentConfig.")
    rollback = config.get("AutoRollbackConfiguration") or {}
    alarms = tuple(alarm["AlarmName"] for alarm in rollback.get("Alarms", []))
    rolling = config.get("RollingUpdatePolicy")
    if rolling:
        stages, timeout = _rolling(rolling, instances), rolling
    else:
        policy = config.get("BlueGreenUpdatePolicy") or ALL_AT_ONCE["BlueGreenUpdatePolicy"]
        stages, timeout = _blue_green(policy, instances), policy
    limit = timeout.get("MaximumExecutionTimeoutInSeconds")
    waits = sum(stage.seconds for stage in stages)
    if limit is not None and limit <= waits:
        raise invalid(
            f"MaximumExecutionTimeoutInSeconds ({limit}) must be larger than the total waiting "
            f"time ({waits} seconds)."
        )
    return Rollout(tuple(stages), alarms, limit)


def _blue_green(policy: dict[str, Any], instances: int) -> list[Stage]:
    routing = policy["TrafficRoutingConfiguration"]
    wait = routing["WaitIntervalInSeconds"]
    steps = [_bake(active, instances, wait) for active in _shifts(routing, instances)]
    termination = policy.get("TerminationWaitInSeconds", 0)
    if termination:
        text = (
            f"Baking for {termination} seconds (TerminationWaitInSeconds) with traffic enabled on "
            f"full capacity of {instances} instance(s)."
        )
        steps.append(Stage(1.0, termination, text))
    return steps


def _shifts(routing: dict[str, Any], instances: int) -> list[int]:
    """How many instances of the new fleet take traffic after each shift."""
    kind = routing["Type"]
    if kind == "ALL_AT_ONCE":
        return [instances]
    if kind == "CANARY":
        return [_size(routing, "CanarySize", instances, low=0.0), instances]
    step = _size(routing, "LinearStepSize", instances, low=0.1)
    return [*range(step, instances, step), instances]


def _rolling(policy: dict[str, Any], instances: int) -> list[Stage]:
    step = _size(policy, "MaximumBatchSize", instances, low=0.05)
    wait = policy["WaitIntervalInSeconds"]
    return [_bake(active, instances, wait) for active in [*range(step, instances, step), instances]]


def _size(settings: dict[str, Any], name: str, instances: int, *, low: float) -> int:
    """A size in instances; AWS allows at most half of the fleet."""
    size = settings.get(name)
    if size is None:
        raise invalid(f"You must provide a {name} with this type of traffic routing.")
    count = size["Value"]
    if size["Type"] == "CAPACITY_PERCENT":
        count = max(1, instances * count // 100)
    if not low <= count / instances <= 0.5:
        raise invalid(
            f"{name} must be at most 50% of the variant's total instance count: {count} of "
            f"{instances} instance(s)."
        )
    return int(count)


def _bake(active: int, instances: int, seconds: int) -> Stage:
    text = (
        f"Baking for {seconds} seconds with traffic enabled on {active} of {instances} instance(s)."
    )
    return Stage(active / instances, seconds, text)
