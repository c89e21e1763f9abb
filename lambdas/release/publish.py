"""Publishes ended releases: metric, event and notification once each, then what they left behind.

Each part is noted in the ledger when it is done. One that fails does not block the others, nor
the next release: it is tried again by the retry of the event, then by reconcile.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Literal, cast

from botocore.exceptions import ClientError

from driftloop.contract.cloudwatch_metrics import RELEASE_ROLLED_BACK
from driftloop.contract.events import ReleaseCompleted
from driftloop.contract.ledger_items import CompletedReleaseItem
from driftloop.release.deployment import rollback_alarm_names
from driftloop.release.next_action import ReleaseOutcome
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ITEM_PRESENT, ConflictError, Delete, Update
from lambdas.aws.publishing import publish_event, put_metrics
from lambdas.release.cleanup import delete_unused_configs
from lambdas.release.notifications import notify_outcome

_RECONCILE_AFTER = timedelta(minutes=15)
"""Time between the first reconcile that saw a release and the one that publishes it.

The event that recorded the release must have ended by then. The age of the release does not show
that: ``completed_at`` is the event's time, and a rule delivers an event hours late if its target
was not available (EventBridge, "Retrying event delivery"). So the times of two reconciles are
compared, which the same schedule gives.
"""


def publish_completed_releases(context: ModelContext, event_id: str, *, reconcile: bool) -> None:
    """Publish the releases that this event ended; reconcile publishes those it has seen before.

    Raises:
        ClientError, RuntimeError: The first error, after everything else was tried.
    """
    errors: list[Exception] = []
    for completed in context.ledger.query(CompletedReleaseItem):
        try:
            if completed.completed_by == event_id or (reconcile and _is_left(context, completed)):
                errors += _publish(context, completed)
        except ConflictError:
            continue  # another delivery has published it
    if errors:
        raise errors[0]


def _is_left(context: ModelContext, completed: CompletedReleaseItem) -> bool:
    """Whether an earlier reconcile saw the release; otherwise note that this one did."""
    if completed.reconciled_at is None:
        seen = {"reconciled_at": context.as_of}
        context.ledger.write(
            Update(CompletedReleaseItem, completed.key, seen, condition=ITEM_PRESENT)
        )
        return False
    return context.as_of - completed.reconciled_at >= _RECONCILE_AFTER


def _publish(context: ModelContext, completed: CompletedReleaseItem) -> list[Exception]:
    """Do what is not done yet; return the errors."""
    errors: list[Exception] = []
    for done, part in _PARTS.items():
        if getattr(completed, done):
            continue
        try:
            part(context, completed)
        except (ClientError, RuntimeError) as error:
            errors.append(error)
        else:
            note = Update(CompletedReleaseItem, completed.key, {done: True}, condition=ITEM_PRESENT)
            context.ledger.write(note)
    if not errors:
        delete_unused_configs(context)
        context.ledger.write(Delete(CompletedReleaseItem, completed.key))
    return errors


def _put_metric(context: ModelContext, completed: CompletedReleaseItem) -> None:
    if completed.outcome == ReleaseOutcome.ROLLED_BACK:
        put_metrics(context.aws, context.name, {RELEASE_ROLLED_BACK: 1})


def _publish_event(context: ModelContext, completed: CompletedReleaseItem) -> None:
    name = completed.endpoint_config_name
    event = ReleaseCompleted(
        environment=context.environment,
        deduplication_id=context.deduplication_id(ReleaseCompleted.DETAIL_TYPE, completed.sk),
        model=context.name,
        version=completed.version,
        outcome=cast(
            Literal["promoted", "rolled_back", "refused", "superseded"], completed.outcome
        ),
        purpose=completed.purpose,
        reason=completed.failure_reason
        or f"The endpoint is InService with endpoint config {name}.",
        as_of=completed.completed_at,
    )
    publish_event(context.aws, event, completed.completed_at)


def _delete_alarms(context: ModelContext, completed: CompletedReleaseItem) -> None:
    names = rollback_alarm_names(completed.endpoint_config_name)
    try:
        context.aws.client("cloudwatch").delete_alarms(AlarmNames=names)
    except ClientError as error:
        # A release that was refused may have no alarms; the existing ones of the list are deleted.
        if error.response["Error"]["Code"] not in {"ResourceNotFound", "ResourceNotFoundException"}:
            raise


_PARTS: dict[str, Callable[[ModelContext, CompletedReleaseItem], None]] = {
    "metric_published": _put_metric,
    "event_published": _publish_event,
    "notified": notify_outcome,
    "alarms_deleted": _delete_alarms,
}
"""By the field of the item that notes that the part is done."""
