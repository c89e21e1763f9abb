"""The model's stack is deleted and deployed again: registry, ledger and champion remain."""

from rehearsal.scenario.cdk import CdkError
from rehearsal.scenario.scenario_context import ScenarioContext
from rehearsal.timeline_events import TimelineEvent

TITLE = "The stack of the model is deleted and deployed again"
TEXT = (
    "A person deletes the stack of the model, and with it the endpoint. Every version stays in the "
    "model registry, and the ledger keeps its champion. The person deploys the stack again with "
    "the champion's model package ARN: the champion serves, and its next hour is analyzed."
)


def play(context: ScenarioContext) -> None:
    """Delete the stack, deploy it again, and send an hour of traffic."""
    champion = context.account.champion_version() or 0
    versions = context.account.registered_versions()
    stack = context.account.names.model_stack(context.model)
    _delete(context, stack, versions)
    _deploy(context, stack, champion)
    failed_before = context.traffic.failed_requests
    start = context.position()
    context.send_hour(context.flights.next_drifted_hour())
    failed = context.traffic.failed_requests - failed_before
    context.expect("no request of the next hour fails", not failed, f"{failed} failed requests")
    verdicts = context.verdicts(since=start, version=champion)
    context.expect(
        f"the hour is analyzed as version {champion}'s",
        verdicts in (["stable"], ["drifted"]),
        verdicts,
    )


def _delete(context: ScenarioContext, stack: str, versions: list[int]) -> None:
    context.terminal.show_progress(f"cdk destroy {stack}")
    context.cdk.destroy(stack)
    context.record("person", TimelineEvent.DELETED, stacks=[stack])
    context.wait_until_idle()
    endpoint = context.account.describe_endpoint()
    context.expect("the endpoint is deleted", endpoint is None, endpoint)
    kept = context.account.registered_versions()
    context.expect("the registry has the same versions", kept == versions, kept)


def _deploy(context: ScenarioContext, stack: str, champion: int) -> None:
    arn = context.account.model_package_arn(champion)
    context.terminal.show_progress(f"cdk deploy {stack} with version {champion}")
    context.project.write({})
    context.cdk.synth()
    outcome = "completed"
    try:
        context.cdk.deploy(stack, parameters={f"{stack}:InitialModelPackageArn": arn})
    except CdkError as error:
        outcome = str(error)
    context.expect("the deployment is completed", outcome == "completed", outcome)
    context.record("person", TimelineEvent.DEPLOYED, stacks=[stack])
    context.wait_until_idle()
    endpoint = context.account.describe_endpoint() or {}
    status, config = endpoint.get("EndpointStatus"), endpoint.get("EndpointConfigName")
    context.expect("the endpoint has status InService", status == "InService", status)
    expected = context.account.names.initial_release(context.model, champion)
    context.expect(f"the endpoint has endpoint config {expected}", config == expected, config)
    recorded = context.account.champion_version()
    context.expect(
        f"version {champion} is still the champion", recorded == champion, f"version {recorded}"
    )
