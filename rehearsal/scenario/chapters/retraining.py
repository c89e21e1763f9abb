"""The pipeline's challenger beats the champion on recent rows, and waits for a person."""

from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "A challenger that is better"
TEXT = (
    "The pipeline trains on the captured and labeled flights, and compares the challenger with "
    "the champion on the same newest rows. It is better beyond doubt, so it is registered, with "
    "its case in the registry, and waits for a person."
)
VERSION = 2


def play(stage: ScenarioContext) -> None:
    """Wait for the run; another hour goes by meanwhile."""
    stage.screen.note("the pipeline trains a challenger")
    stage.wait_until_idle(pipelines=True)
    runs = [run["status"] for run in stage.since(0, "pipeline.finished")]
    stage.expect("the retraining succeeds", runs == ["Succeeded", "Succeeded"], runs)
    described = stage.account.client("sagemaker").describe_model_package(
        ModelPackageName=stage.account.package_arn(VERSION)
    )
    approval = described["ModelApprovalStatus"]
    stage.expect(
        "version 2 waits for a person's approval", approval == "PendingManualApproval", approval
    )
    metadata = described["CustomerMetadataProperties"]
    stage.expect("it was compared with version 1", metadata["champion_version"] == "1", metadata)
    found = stage.evaluation(VERSION)
    stage.expect(
        f"{found.metric} {found.champion:.3f} -> {found.challenger:.3f}: better beyond doubt",
        found.low > 0,
        found,
    )
