"""Ends a release: one transaction records the outcome and deletes the release in progress.

An error can't leave one without the other, so the next release can start. A person's decision that
is recorded meanwhile is a conflict: its delivery ends the release then, and neither is lost. What
the outcome requires besides is recorded in the same transaction, and done by ``publish``.
"""

from datetime import datetime

from aws_lambda_powertools import Logger
from boto3.dynamodb.conditions import Attr, ConditionBase
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import (
    ChampionItem,
    CompletedReleaseItem,
    ReleaseItem,
    VersionItem,
)
from driftloop.release.deployment import rollback_alarm_names
from driftloop.release.next_action import (
    FinishRelease,
    RefusalCause,
    RefuseRelease,
    ReleaseOutcome,
    ReleasePurpose,
    SupersedeRelease,
    VersionStatus,
    replaced_status,
)
from driftloop.untrusted_text import quoted, single_line
from driftloop.window import format_time
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Delete, Put, Update
from lambdas.aws.versions import to_version
from lambdas.release.conditions import same_decision
from lambdas.release.serving_periods import end_rolled_back_period, undo_period
from lambdas.release.state import describe_endpoint

logger = Logger(child=True)

_MAX_REASON_LENGTH = 500


def finish_release(context: ModelContext, finish: FinishRelease, event_id: str) -> None:
    """Record the outcome of an update; raises ConflictError if another delivery did."""
    release = context.ledger.get(ReleaseItem)
    if release is None or release.endpoint_config_name != finish.endpoint_config_name:
        raise ConflictError(f"the release {finish.endpoint_config_name} is finished already")
    changes: list[Put | Update]
    if finish.outcome is ReleaseOutcome.PROMOTED:
        changes, failure = _promotion(context, release), None
    else:
        changes = [_rolled_back(context, release)]
        failure = _failure_reason(context, release)
    _end(context, release, finish.outcome, failure, event_id, changes)


def refuse_release(
    context: ModelContext,
    release: ReleaseItem,
    cause: RefusalCause,
    reason: str,
    event_id: str,
) -> None:
    """End a release that can't be carried out; raises ConflictError if it continued meanwhile.

    The endpoint is as before. What was created for the release is deleted by ``publish``.
    """
    status = (
        VersionStatus.MODEL_DATA_MISMATCH
        if cause is RefusalCause.MODEL_DATA_MISMATCH
        else VersionStatus.RELEASE_REFUSED
    )
    change = _failed_settings(release) or _never_updated(context, release, status, refused=True)
    _end(context, release, ReleaseOutcome.REFUSED, reason, event_id, [change], cause)


def give_up_release(context: ModelContext, refuse: RefuseRelease, event_id: str) -> None:
    """End the release in progress, as its update did not begin in time."""
    release = _in_progress(context)
    refuse_release(context, release, RefusalCause.TIMEOUT, refuse.reason, event_id)


def supersede_release(context: ModelContext, supersede: SupersedeRelease, event_id: str) -> None:
    """End the release in progress, as another one replaces it; UpdateEndpoint was not called."""
    release = _in_progress(context)
    changes: list[Put | Update] = []
    if release.purpose != ReleasePurpose.SERVING_SETTINGS:
        changes.append(_never_updated(context, release, supersede.version_status))
    _end(context, release, ReleaseOutcome.SUPERSEDED, supersede.reason, event_id, changes)


def _in_progress(context: ModelContext) -> ReleaseItem:
    release = context.ledger.get(ReleaseItem)
    if release is None:
        raise ConflictError("the release is finished already")
    return release


def _never_updated(
    context: ModelContext,
    release: ReleaseItem,
    status: VersionStatus | None,
    *,
    refused: bool = False,
) -> Update:
    """The version of a release that did not reach the endpoint: it did not serve in it."""
    item = context.ledger.get(VersionItem, release.version)
    values: dict[str, object] = {}
    if refused:
        values["decided_at"] = _ended_at(context, item)
    if status is not None and not _is_rejected(item):
        values["status"] = str(status)
    restored, remove = undo_period(item)
    changed = values | restored
    return Update(VersionItem, (release.version,), changed, remove, same_decision(item))


def _end(
    context: ModelContext,
    release: ReleaseItem,
    outcome: ReleaseOutcome,
    failure_reason: str | None,
    event_id: str,
    changes: list[Put | Update],
    cause: RefusalCause | None = None,
) -> None:
    completed = CompletedReleaseItem(
        completed_at=context.as_of,
        endpoint_config_name=release.endpoint_config_name,
        version=release.version,
        purpose=release.purpose,
        outcome=str(outcome),
        model_package_arn=release.model_package_arn,
        model_data_url=release.model_data_url,
        failure_reason=failure_reason,
        refusal_cause=str(cause) if cause else None,
        completed_by=event_id,
    )
    condition = _same(release)
    if outcome in {ReleaseOutcome.REFUSED, ReleaseOutcome.SUPERSEDED}:
        condition &= _no_other_call(release)
    context.ledger.write(
        Delete(ReleaseItem, condition=condition), Put(completed, ITEM_ABSENT), *changes
    )


def _promotion(context: ModelContext, release: ReleaseItem) -> list[Put | Update]:
    """The version becomes the champion together with its baseline, in one item."""
    previous = context.ledger.get(ChampionItem)
    if release.purpose == ReleasePurpose.SERVING_SETTINGS and previous is not None:
        promoted_at, under_observation = previous.promoted_at, previous.under_observation
    else:
        promoted_at, under_observation = context.as_of, True
    champion = ChampionItem(
        version=release.version,
        model_package_arn=release.model_package_arn,
        baseline_uri=release.baseline_uri,
        model_data_url=release.model_data_url,
        endpoint_config_name=release.endpoint_config_name,
        previous_endpoint_config_name=release.previous_endpoint_config_name,
        serving_settings_digest=release.serving_settings_digest,
        promoted_at=promoted_at,
        endpoint_created_at=previous.endpoint_created_at if previous else None,
        under_observation=under_observation,
    )
    promoted = context.ledger.get(VersionItem, release.version)
    values = {"endpoint_config_name": release.endpoint_config_name}
    if not _is_rejected(promoted):
        values["status"] = str(VersionStatus.PROMOTED)
    changes: list[Put | Update] = [
        Put(champion),
        Update(VersionItem, (release.version,), values, condition=same_decision(promoted)),
    ]
    if previous is not None and previous.version != release.version:
        changes.append(_replace(context, previous.version, promoted))
    return changes


def _replace(context: ModelContext, version: int, promoted: VersionItem | None) -> Update:
    """The version that served until now."""
    item = context.ledger.get(VersionItem, version)
    values: dict[str, object] = {"serving_until": context.as_of}
    if item is not None and promoted is not None:
        values["status"] = str(replaced_status(to_version(item), to_version(promoted)))
    if _is_rejected(item):
        values |= end_rolled_back_period(item)
    return Update(VersionItem, (version,), values, condition=same_decision(item))


def _rolled_back(context: ModelContext, release: ReleaseItem) -> Update:
    item = context.ledger.get(VersionItem, release.version)
    values: dict[str, object] = {
        "serving_until": context.as_of,
        "decided_at": _ended_at(context, item),
    }
    values |= end_rolled_back_period(item)
    if not _is_rejected(item):
        values["status"] = str(VersionStatus.ROLLED_BACK)
    return _failed_settings(release) or Update(
        VersionItem, (release.version,), values, condition=same_decision(item)
    )


def _ended_at(context: ModelContext, item: VersionItem | None) -> datetime:
    """Never before the decision: the approval that was refused would be taken for a later one."""
    decided_at = item.decided_at if item else None
    return max(context.as_of, decided_at or context.as_of)


def _failed_settings(release: ReleaseItem) -> Update | None:
    """Settings that could not be deployed are not tried again; corrected ones are."""
    if release.purpose != ReleasePurpose.SERVING_SETTINGS:
        return None
    return Update(ChampionItem, (), {"failed_settings_digest": release.serving_settings_digest})


def _is_rejected(item: VersionItem | None) -> bool:
    """Whether a person rejected the version during its release."""
    return item is not None and item.status == VersionStatus.REJECTED


def _failure_reason(context: ModelContext, release: ReleaseItem) -> str:
    endpoint = describe_endpoint(context)
    if endpoint is None:
        return "The endpoint was deleted during the release."
    failure = endpoint.get("FailureReason")  # it can have words of the container
    quotation = [quoted(failure, _MAX_REASON_LENGTH)] if failure else []
    reasons = [*_alarms_in_alarm(context, release), *quotation]
    return "; ".join(reasons) or "SageMaker gave no reason."


def _alarms_in_alarm(context: ModelContext, release: ReleaseItem) -> list[str]:
    """The rollback alarms in ALARM; none if they can't be read, which must not keep the release."""
    try:
        response = context.aws.client("cloudwatch").describe_alarms(
            AlarmNames=rollback_alarm_names(release.endpoint_config_name)
        )
    except ClientError as error:
        logger.warning("the rollback alarms can't be read", error=str(error))
        return []
    return [
        f"{alarm['AlarmName']}: {single_line(alarm.get('StateReason', 'in ALARM'))}"
        for alarm in response.get("MetricAlarms", ())
        if alarm["StateValue"] == "ALARM"
    ]


def _same(release: ReleaseItem) -> ConditionBase:
    return Attr("endpoint_config_name").eq(release.endpoint_config_name)


def _no_other_call(release: ReleaseItem) -> ConditionBase:
    """No other invocation is about to call UpdateEndpoint since the item was read."""
    attribute = Attr("update_called_at")
    if release.update_called_at is None:
        return attribute.not_exists()
    return attribute.eq(format_time(release.update_called_at))
