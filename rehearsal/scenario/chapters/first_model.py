"""The app is deployed, an initial training registers version 1, and a person approves it."""

from driftloop.contract.ledger_items import VersionItem
from driftloop.release.next_action import VersionStatus
from driftloop.retraining.gate import StartReason
from rehearsal.scenario.scenario_context import ScenarioContext
from rehearsal.timeline_events import TimelineEvent

TITLE = "Deployment and first model"
TEXT = (
    "The CDK CLI deploys the app into an empty account. No model serves yet, so the gate starts an "
    "initial training. A person approves version 1. A second deployment creates the endpoint."
)


def play(context: ScenarioContext) -> None:
    """Play from an empty account to the first champion."""
    start = context.position()
    _deploy(context)
    _train(context, start)
    _create_endpoint(context)
    champion = context.account.champion_version()
    context.expect("version 1 is the champion", champion == 1, f"version {champion}")


def _deploy(context: ScenarioContext) -> None:
    context.terminal.show_progress("cdk bootstrap")
    context.cdk.bootstrap()
    context.terminal.show_progress("cdk synth")
    context.cdk.synth()
    context.terminal.show_progress("cdk deploy --all")
    context.cdk.deploy()
    context.record("person", TimelineEvent.DEPLOYED, stacks=context.cdk.stacks())
    context.wait_until_idle()


def _train(context: ScenarioContext, start: int) -> None:
    context.advance_until_analyzed()
    reasons = context.decision_reasons("start", since=start)
    context.expect(
        f"the gate starts one retraining with reason {StartReason.INITIAL_TRAINING}",
        reasons == [StartReason.INITIAL_TRAINING],
        reasons,
    )
    context.terminal.show_progress("the pipeline trains the first model")
    context.wait_until_idle(pipelines=True)
    statuses = context.execution_statuses(since=start)
    context.expect("the pipeline execution succeeds", statuses == ["Succeeded"], statuses)
    pending = context.details(
        TimelineEvent.MODEL_REGISTERED, since=start, model_approval_status="PendingManualApproval"
    )
    versions = [model["version"] for model in pending]
    context.expect("version 1 is registered and waits for approval", versions == [1], versions)
    _expect_whole_case(context)


def _expect_whole_case(context: ScenarioContext) -> None:
    """What the approver needs is in the registry: why, how well, and of which archive."""
    package = context.account.describe_version(1)
    metadata = package["CustomerMetadataProperties"]
    sentences = {
        name.removeprefix("evaluation_"): sentence
        for name, sentence in metadata.items()
        if name.startswith("evaluation_")
    }
    del sentences["uri"]
    evaluation = context.account.read_evaluation_summary(metadata["evaluation_uri"])
    context.expect(
        "the registry has every sentence of the evaluation",
        sentences == evaluation and package["ModelPackageDescription"].startswith("register: "),
        package["ModelPackageDescription"],
    )
    etag, registered = context.account.archive_etag(1), metadata["model_data_etag"]
    context.expect("the registry has the ETag of the archive", registered == etag, registered)


def _create_endpoint(context: ScenarioContext) -> None:
    arn = context.account.model_package_arn(1)
    context.account.approve(arn)
    context.wait_until_idle()
    item = context.account.read_ledger(VersionItem, 1)
    status = item.status if item else None
    context.expect(
        f"the ledger has version 1 with status {VersionStatus.AWAITING_ENDPOINT}",
        status == VersionStatus.AWAITING_ENDPOINT,
        status,
    )
    stack = context.account.names.model_stack(context.model)
    context.terminal.show_progress("cdk deploy with version 1, which creates the endpoint")
    context.cdk.deploy(stack, parameters={f"{stack}:InitialModelPackageArn": arn})
    context.record("person", TimelineEvent.DEPLOYED, stacks=[stack])
    context.wait_until_idle()
    endpoint = context.account.describe_endpoint() or {}
    status = endpoint.get("EndpointStatus")
    context.expect("the endpoint has status InService", status == "InService", status)
