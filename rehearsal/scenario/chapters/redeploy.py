"""Three more deployments: CloudFormation does not change the endpoint, the champion stays."""

from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.scenario.cdk import CdkError
from rehearsal.scenario.scenario_context import ScenarioContext
from rehearsal.timeline_events import TimelineEvent

TITLE = "Deployments leave the champion in place"
TEXT = (
    "A person runs cdk deploy without changes, with changed settings, and with settings that "
    "SageMaker rejects, so that CloudFormation rolls the deployment back. None of them calls "
    "UpdateEndpoint. The champion keeps serving."
)
CHANGED = {"monitoring": {"max_rejected_share": 0.02, "max_capture_loss_share": 0.4}}
INVALID: Mapping[str, Mapping[str, Any]] = {
    "training": {"instance_type": "ml.m5.7xlarge"},
    "monitoring": {"max_rejected_share": 0.03},
}
"""An instance type that only SageMaker rejects, in the middle of the deployment."""


def play(context: ScenarioContext) -> None:
    """Deploy three times, then send an hour of traffic."""
    failed_before = context.traffic.failed_requests
    _deploy(context, "without changes", {})
    _deploy(context, "with changed settings", CHANGED)
    _deploy(context, "with an invalid instance type", INVALID, fails=True)
    context.send_hour(context.flights.next_drifted_hour())
    failed = context.traffic.failed_requests - failed_before
    context.expect("no request of the next hour fails", not failed, f"{failed} failed requests")


def _deploy(
    context: ScenarioContext,
    description: str,
    changes: Mapping[str, Mapping[str, Any]],
    *,
    fails: bool = False,
) -> None:
    served_before = _describe_serving(context)
    calls_before = len(context.emulator.sagemaker_calls("UpdateEndpoint"))
    context.terminal.show_progress(f"cdk deploy {description}")
    context.project.write(changes)
    context.cdk.synth()
    outcome = "rolled back" if _has_failed(context.cdk.deploy) else "completed"
    context.wait_until_idle()
    context.record(
        "person",
        TimelineEvent.REDEPLOYED,
        deployment=f"cdk deploy {description}",
        outcome=outcome,
        champion_version=context.account.champion_version(),
    )
    expected = "rolled back" if fails else "completed"
    context.expect(f"cdk deploy {description} is {expected}", outcome == expected, outcome)
    calls = len(context.emulator.sagemaker_calls("UpdateEndpoint")) - calls_before
    context.expect(
        f"cdk deploy {description} does not call UpdateEndpoint", not calls, f"{calls} calls"
    )
    served = _describe_serving(context)
    context.expect(
        f"the endpoint serves as before cdk deploy {description}", served == served_before, served
    )


def _has_failed(deploy: Callable[[], None]) -> bool:
    try:
        deploy()
    except CdkError:
        return True
    return False


def _describe_serving(context: ScenarioContext) -> str:
    endpoint = context.account.describe_endpoint() or {}
    return (
        f"version {context.account.champion_version()}, endpoint config "
        f"{endpoint.get('EndpointConfigName')}, {endpoint.get('EndpointStatus')}"
    )
