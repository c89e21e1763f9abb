"""Deploy into an empty account; a first run trains a model, and a person lets it serve."""

from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "Deploy, and a first model"
TEXT = (
    "The CDK CLI deploys the app as it stands into an empty account. Nothing serves yet: the gate "
    "starts a first run of the pipeline, a person approves version 1, and the endpoint is created."
)


def play(stage: ScenarioContext) -> None:
    """From an empty account to a champion."""
    mark = stage.mark()
    _deploy(stage)
    _train(stage, mark)
    _create_the_endpoint(stage)
    champion = stage.account.champion()
    stage.expect("version 1 is the champion", champion == 1, champion)


def _deploy(stage: ScenarioContext) -> None:
    stage.screen.note("cdk bootstrap")
    stage.cdk.bootstrap()
    stage.screen.note("cdk synth")
    stage.cdk.synth()
    stage.screen.note("cdk deploy --all")
    stage.cdk.deploy()
    stage.tell("person", "deployed", stacks=stage.cdk.stacks())
    stage.wait_until_idle()


def _train(stage: ScenarioContext, mark: int) -> None:
    stage.until_analysed()
    starts = stage.since(mark, "gate.decided", decision="start")
    reasons = [start["reason"] for start in starts]
    stage.expect("the gate starts the first run", reasons == ["first_run"], reasons)
    stage.screen.note("the pipeline trains the first model")
    stage.wait_until_idle(pipelines=True)
    finished = stage.since(mark, "pipeline.finished")
    statuses = [run["status"] for run in finished]
    stage.expect("the first run succeeds", statuses == ["Succeeded"], statuses)
    registered = stage.since(mark, "model.registered", approval="PendingManualApproval")
    versions = [model["version"] for model in registered]
    stage.expect("version 1 waits for a person's approval", versions == [1], versions)


def _create_the_endpoint(stage: ScenarioContext) -> None:
    arn = stage.account.package_arn(1)
    stage.account.approve(arn)
    stage.wait_until_idle()
    item = stage.account.ledger("VERSION#00001") or {}
    status = item.get("status", {}).get("S")
    stage.expect("version 1 waits for its endpoint", status == "awaiting_endpoint", status)
    stack = stage.account.names.model_stack(stage.model)
    stage.screen.note("cdk deploy with the first version")
    parameters = {f"{stack}:InitialModelPackageArn": arn, f"{stack}:InitialModelVersion": "1"}
    stage.cdk.deploy(stack, parameters=parameters)
    stage.tell("person", "deployed", stacks=[stack], first_version=1)
    stage.wait_until_idle()
    endpoint = stage.account.serving() or {}
    status = endpoint.get("EndpointStatus")
    stage.expect("the endpoint is in service", status == "InService", status)
