"""Publishes a decision: the event, and a notification unless it repeats an earlier one."""

from driftloop.contract.cloudwatch_metrics import RETRAINING_FAILED
from driftloop.contract.events import RetrainingDecided
from driftloop.contract.ledger_items import DecisionItem
from driftloop.window import DAY, format_time
from lambdas.aws.context import ModelContext
from lambdas.aws.publishing import notify, publish_event, put_metrics

REPETITION_PERIOD = 7 * DAY
"""A decision that was made in this time before is not notified of again. Requests of the schedule
come each hour, of analyses at least once a day."""


def publish_decision(context: ModelContext, item: DecisionItem) -> None:
    """Publish the decision; a start that failed is a failed retraining, too."""
    event = RetrainingDecided(
        environment=context.environment,
        deduplication_id=context.deduplication_id(
            RetrainingDecided.DETAIL_TYPE, item.decision_id, item.decision
        ),
        model=item.model,
        decision=item.decision,
        reason=item.reason,
        idempotency_key=item.idempotency_key,
        decision_id=item.decision_id,
        evidence=item.evidence,
        execution_arn=item.execution_arn,
        failure_reason=item.failure_reason,
    )
    publish_event(context.aws, event, item.decided_at)
    has_failed = item.decision == "start_failed"
    if has_failed:
        put_metrics(context.aws, context.name, {RETRAINING_FAILED: 1})
    if _is_new(context, item):
        send = _notify_start_failed if has_failed else _notify
        send(context, item)


def _notify(context: ModelContext, item: DecisionItem) -> None:
    started = item.decision == "start"
    what = "started" if started else "refused"
    notify(
        context.aws,
        f"driftloop: retraining of {context.name} {what} ({item.reason})",
        deduplication_id=_notification_id(context, item),
        what=f"The gate {what} a retraining of {context.name}. Decision: {item.decision_id}.",
        why=item.message,
        next_step="No action needed. You are notified when the challenger is registered for"
        " approval, or rejected."
        if started
        else "No action needed unless the reason above names one. The gate is invoked again after"
        " every analysis while the alarm is in ALARM.",
    )


def _notify_start_failed(context: ModelContext, item: DecisionItem) -> None:
    notify(
        context.aws,
        f"driftloop: the retraining of {context.name} could not be started",
        deduplication_id=_notification_id(context, item),
        what=f"The gate decided to retrain {context.name} ({item.reason}), and no execution of its"
        f" pipeline was started. The decision {item.decision_id} is closed and does not count for"
        " the limits.",
        why=str(item.failure_reason),
        next_step="Fix the cause: deploy again if the pipeline does not have the parameters that"
        " the gate sends, or raise the quota that the reason names. The next request decides anew;"
        " while the drift alarm is in ALARM that is the next analysis.",
    )


def _notification_id(context: ModelContext, item: DecisionItem) -> str:
    return context.deduplication_id("decision notification", item.decision_id, item.decision)


def _is_new(context: ModelContext, item: DecisionItem) -> bool:
    """Whether no decision of the last week was the same: what repeats stays in the ledger.

    Kinds of requests alternate, such as those of an alarm and of the schedule, each refused for its
    own reason. A start ends the repetition. A refused request of a person repeats a person's only.
    """
    if item.decision == "start":
        return True
    last = f"{format_time(item.decided_at)}#{item.decision_id}"
    first = format_time(item.decided_at - REPETITION_PERIOD)
    for earlier in reversed(context.ledger.query(DecisionItem, first=first, last=last)):
        if earlier.decision_id == item.decision_id:
            continue
        if earlier.decision == "start":
            return True
        if _subject(earlier) == _subject(item):
            return False
    return True


def _subject(item: DecisionItem) -> tuple[str, str | None, bool]:
    if item.decision == "start_failed":
        return item.decision, item.failure_reason, False
    return item.decision, item.reason, item.is_manual
