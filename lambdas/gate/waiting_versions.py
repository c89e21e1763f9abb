"""Reminds people of versions that wait for them, and publishes for how long.

A version waits for approval, or is approved and waits until there is an endpoint in service. The
hourly check looks it up: the metric raises the alarm ``approval-overdue``, and one reminder is sent
for each period of ``approval.remind_after_days``. While a model is paused nothing waits.
"""

from boto3.dynamodb.conditions import Attr

from driftloop.contract.cloudwatch_metrics import WAITING_VERSION_DAYS
from driftloop.contract.ledger_items import ChampionItem, WaitingVersionItem
from driftloop.retraining.waiting_versions import (
    PENDING_APPROVAL,
    WaitingVersion,
    longest_wait,
    newest,
)
from driftloop.window import DAY, format_time
from lambdas.aws.commands import approval_command, create_endpoint_steps
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Delete, Put, Update
from lambdas.aws.model_stack import is_deployed
from lambdas.aws.publishing import notify, put_metrics
from lambdas.gate.state import newer_than, pending_versions, unreleased_versions

_IS_DEPLOYING = "deploying"
"""The status of a version whose release is in progress: it has limits of its own."""


def remind_of_waiting_versions(context: ModelContext) -> None:
    """Publish the metric, then send the reminders that are due; only for a deployed stack.

    A reminder is sent before it is recorded: a repeated one has the same deduplication ID.
    """
    if not is_deployed(context.aws, context.models, context.name):
        return
    pending = pending_versions(context) or []
    known = {item.version: item for item in context.ledger.query(WaitingVersionItem)}
    waiting = [] if context.settings.paused else _waiting(context, pending, known)
    days = longest_wait(waiting, context.as_of) / DAY
    put_metrics(context.aws, context.name, {WAITING_VERSION_DAYS: max(0.0, days)})
    _forget(context, waiting, known)
    for version in waiting:
        try:
            _remind(context, version, _recorded(context, version, known))
        except ConflictError:
            continue  # another delivery reminds of it


def _waiting(
    context: ModelContext, pending: list[WaitingVersion], known: dict[int, WaitingVersionItem]
) -> list[WaitingVersion]:
    """The newest version that waits for approval, and the approved ones that are not released."""
    waiting = newest(newer_than(context.ledger.get(ChampionItem), pending))
    for item in unreleased_versions(context.ledger):
        if item.status != _IS_DEPLOYING:
            seen = known.get(item.version)
            since = seen.since if seen and seen.state == item.status else context.as_of
            arn = item.model_package_arn
            waiting.append(WaitingVersion(item.version, item.status, arn, since))
    return waiting


def _forget(
    context: ModelContext, waiting: list[WaitingVersion], known: dict[int, WaitingVersionItem]
) -> None:
    """Delete the items of versions that do not wait any more, or in another state."""
    states = {version.number: version.state for version in waiting}
    for item in known.values():
        if states.get(item.version) != item.state:
            context.ledger.write(Delete(WaitingVersionItem, item.key))


def _recorded(
    context: ModelContext, version: WaitingVersion, known: dict[int, WaitingVersionItem]
) -> WaitingVersionItem:
    """The item of the version, which is written when it is first seen to wait."""
    item = known.get(version.number)
    if item is not None and item.state == version.state:
        return item
    item = WaitingVersionItem(version=version.number, state=version.state, since=version.since)
    context.ledger.write(Put(item, ITEM_ABSENT))
    return item


def _remind(context: ModelContext, version: WaitingVersion, item: WaitingVersionItem) -> None:
    due = version.reminders_due(context.as_of, context.settings.approval)
    if due <= item.reminders:
        return
    is_pending = version.state == PENDING_APPROVAL
    send = _remind_of_approval if is_pending else _remind_of_release
    notification = context.deduplication_id(
        "waiting version reminder", version.number, version.state, version.since, due
    )
    send(context, version, notification)
    same = Attr("state").eq(item.state) & Attr("reminders").eq(item.reminders)
    context.ledger.write(Update(WaitingVersionItem, item.key, {"reminders": due}, condition=same))


def _remind_of_approval(context: ModelContext, version: WaitingVersion, notification: str) -> None:
    arn, until = version.model_package_arn, version.blocks_until(context.settings.approval)
    effect = (
        f"no retraining of {context.name} starts before it is approved or rejected, or before"
        f" {format_time(until)}"
        if context.as_of < until
        else "it does not prevent retrainings any more: the next one may register a newer version"
    )
    notify(
        context.aws,
        f"driftloop: version {version.number} of {context.name} still waits for approval",
        deduplication_id=notification,
        what=f"Version {version.number} in the model package group {context.resource} has been"
        f" waiting for approval {_for_days(context, version)}.",
        why=f"Nobody has approved or rejected it. The champion keeps serving, and {effect}.",
        next_step="Read the version's metadata in the model registry, then approve or reject it"
        f" there, or with one of:\n\n    {approval_command(arn, 'Approved')}\n"
        f"    {approval_command(arn, 'Rejected')}\n",
    )


def _remind_of_release(context: ModelContext, version: WaitingVersion, notification: str) -> None:
    """Remind of an approved version, or of the champion whose endpoint was deleted."""
    arn, champion = version.model_package_arn, context.ledger.get(ChampionItem)
    is_champion = champion is not None and champion.version == version.number
    state, awaited = ("the champion", "endpoint") if is_champion else ("approved", "release")
    steps = create_endpoint_steps(context, arn, had_endpoint=champion is not None)
    # A rejection of the champion would deploy the version before it.
    rejection = (
        ""
        if is_champion
        else "\nIf the version is not wanted any more, reject it:"
        f"\n\n    {approval_command(arn, 'Rejected')}\n"
    )
    notify(
        context.aws,
        f"driftloop: version {version.number} of {context.name} still waits for its {awaited}",
        deduplication_id=notification,
        what=f"Version {version.number} is {state}, and has been waiting for its {awaited}"
        f" {_for_days(context, version)}. No retraining of {context.name} starts before that.",
        why=f"There is no endpoint {context.resource}, or it is not in service.",
        next_step=f"If there is no endpoint, create it. {steps}\n"
        "If there is one, fix what its FailureReason names:"
        f"\n\n    aws sagemaker describe-endpoint --endpoint-name {context.resource}\n{rejection}",
    )


def _for_days(context: ModelContext, version: WaitingVersion) -> str:
    days = (context.as_of - version.since) // DAY
    return f"for {days} day{'' if days == 1 else 's'}, since {format_time(version.since)}"
