"""Labels are inverted: the evaluation rejects the challenger that was trained on them."""

from datetime import timedelta

from driftloop.retraining.gate import StartReason
from rehearsal.scenario.client_traffic import SentRequest
from rehearsal.scenario.scenario_context import ScenarioContext
from rehearsal.timeline_events import TimelineEvent

TITLE = "A worse challenger is rejected"
TEXT = (
    "A labeling job delivers the older labels again, inverted. A person requests a retraining. The "
    "challenger learns from the inverted labels. The newest flights and the golden set have "
    "correct labels, so the evaluation rejects the challenger, and it is not registered."
)


def play(context: ScenarioContext) -> None:
    """Invert labels, request a retraining, and check that the challenger is rejected."""
    inverted = _training_requests(context)
    context.traffic.write_labels(inverted, inverted=True)
    start = context.position()
    context.account.request_retraining("the labeling job was fixed")
    context.wait_until_idle()
    reasons = context.decision_reasons("start", since=start)
    context.expect(
        f"the gate starts one retraining with reason {StartReason.MANUAL}",
        reasons == [StartReason.MANUAL],
        reasons,
    )
    context.terminal.show_progress("the pipeline trains with inverted labels")
    context.wait_until_idle(pipelines=True)
    statuses = context.execution_statuses(since=start)
    context.expect("the pipeline execution fails", statuses == ["Failed"], statuses)
    reason = context.account.rejection_reason()
    context.expect(
        "the failure reason says that the challenger is rejected, and why",
        reason.startswith("reject: "),
        reason,
    )
    evaluation = context.read_newest_evaluation(None)
    context.expect(
        "the challenger's score is lower than the champion's, by the confidence interval",
        evaluation.difference_high < 0,
        evaluation.summary,
    )
    registered = context.details(TimelineEvent.MODEL_REGISTERED, since=start)
    versions = [f"version {model['version']}" for model in registered]
    context.expect("no version is registered", not versions, versions)
    context.traffic.write_labels(inverted)


def _training_requests(context: ScenarioContext) -> list[SentRequest]:
    """Return the requests that an execution would train on now, without those of the holdout."""
    now, retraining = context.emulator.now(), context.settings.retraining
    first = now - timedelta(days=retraining.lookback_days)
    last = now - timedelta(hours=retraining.label_delay_hours)
    usable = [sent for sent in context.traffic.sent if first <= sent.sent_at < last]
    return usable[: int(len(usable) * (1 - context.settings.evaluation.holdout_share))]
