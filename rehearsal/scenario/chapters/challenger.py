"""The pipeline's challenger beats the champion on recent rows, and waits for a person."""

from rehearsal.scenario.evaluation import read_evaluation
from rehearsal.scenario.stage import Stage

TITLE = "A challenger that is better"
TEXT = (
    "The pipeline trains on the captured and labelled flights, and compares the challenger with "
    "the champion on the same newest rows. It is better beyond doubt, so it is registered, with "
    "its case in the registry, and waits for a person."
)
VERSION = 2


def play(stage: Stage) -> None:
    """Wait for the run; another hour goes by meanwhile."""
    stage.screen.note("the pipeline trains a challenger")
    stage.settle(pipelines=True)
    runs = [
        entry.detail["status"] for entry in stage.timeline if entry.event == "pipeline.finished"
    ]
    stage.expect("the retraining succeeds", runs == ["Succeeded", "Succeeded"], runs)
    described = stage.account.client("sagemaker").describe_model_package(
        ModelPackageName=stage.account.package_arn(VERSION)
    )
    approval = described["ModelApprovalStatus"]
    stage.expect(
        "version 2 waits for a person's approval", approval == "PendingManualApproval", approval
    )
    metadata = described["CustomerMetadataProperties"]
    stage.expect("it was compared with version 1", metadata["champion"] == "1", metadata)
    evaluation = read_evaluation(stage.account, VERSION)
    stage.evaluations.append(evaluation)
    stage.expect("its gain is above 0 beyond doubt", evaluation.low > 0, evaluation)
