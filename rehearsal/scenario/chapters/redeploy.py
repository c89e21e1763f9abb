"""Deploy again, three ways: CloudFormation leaves the endpoint alone, and the champion serves."""

from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.scenario.cdk import CdkError
from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "Deploy again, and the champion stays"
TEXT = (
    "cdk deploy unchanged, with a changed template, and with a change that CloudFormation refuses "
    "and rolls back. UpdateEndpoint is never called; the champion serves on."
)
CHANGED = {"monitoring": {"max_rejected_share": 0.02, "max_capture_loss_share": 0.4}}
IMPOSSIBLE: Mapping[str, Mapping[str, Any]] = {
    "training": {"instance_type": "ml.m5.largest"},
    "monitoring": {"max_rejected_share": 0.03},
}
"""A slip of the pen that no check finds before SageMaker refuses the pipeline, halfway."""


def play(stage: ScenarioContext) -> None:
    """Unchanged, changed, failing; and an hour of traffic after them."""
    errors = stage.traffic.errors
    _deploy(stage, "unchanged", {})
    _deploy(stage, "a changed template", CHANGED)
    _deploy(stage, "a deploy that fails", IMPOSSIBLE, fails=True)
    stage.serve(stage.flights.drifted())
    failed = stage.traffic.errors - errors
    stage.expect("every request of the hour was answered", not failed, failed)


def _deploy(
    stage: ScenarioContext,
    what: str,
    changes: Mapping[str, Mapping[str, Any]],
    *,
    fails: bool = False,
) -> None:
    before = _served(stage)
    calls = len(stage.world.calls("UpdateEndpoint"))
    stage.screen.note(f"cdk deploy: {what}")
    stage.project.write(changes)
    stage.cdk.synth()
    failed = _failed(lambda: stage.cdk.deploy())
    stage.wait_until_idle()
    outcome = "rolled back" if failed else "deployed"
    champion = stage.account.champion()
    stage.tell("person", "redeployed", what=what, outcome=outcome, champion=champion)
    stage.expect(f"{what}: {outcome}", failed == fails, outcome)
    updates = len(stage.world.calls("UpdateEndpoint")) - calls
    stage.expect(f"{what}: UpdateEndpoint is not called", not updates, updates)
    after = _served(stage)
    stage.expect(f"{what}: the champion serves on", after == before, (before, after))


def _failed(deploy: Callable[[], None]) -> bool:
    try:
        deploy()
    except CdkError:
        return True
    return False


def _served(stage: ScenarioContext) -> tuple[object, ...]:
    endpoint = stage.account.serving() or {}
    config, status = endpoint.get("EndpointConfigName"), endpoint.get("EndpointStatus")
    return stage.account.champion(), config, status
