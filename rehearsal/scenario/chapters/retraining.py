"""The challenger is better than the champion: it is registered and waits for approval."""

from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "A better challenger is registered"
TEXT = (
    "The pipeline trains a challenger on the captured and labeled flights, and compares it with "
    "the champion on the same newest flights. The confidence interval of the difference is above "
    "zero, so the challenger is registered, with the evaluation's summary, and waits for approval."
)
VERSION = 2


def play(context: ScenarioContext) -> None:
    """Wait for the pipeline execution and check what it registered."""
    context.terminal.show_progress("the pipeline trains a challenger")
    context.wait_until_idle(pipelines=True)
    statuses = context.execution_statuses(since=0)
    context.expect(
        "the second pipeline execution succeeds", statuses == ["Succeeded"] * 2, statuses
    )
    package = context.account.client("sagemaker").describe_model_package(
        ModelPackageName=context.account.model_package_arn(VERSION)
    )
    approval = package["ModelApprovalStatus"]
    context.expect(
        f"version {VERSION} has approval status PendingManualApproval",
        approval == "PendingManualApproval",
        approval,
    )
    compared = package["CustomerMetadataProperties"]["champion_version"]
    context.expect(
        f"version {VERSION} is compared with version 1", compared == "1", f"version {compared}"
    )
    evaluation = context.read_newest_evaluation(VERSION)
    context.expect(
        "the challenger's score is higher than the champion's, by the confidence interval",
        evaluation.difference_low > 0,
        evaluation.summary,
    )
