"""Ends a release: the outcome in one transaction, then people, then what only it needed."""

from typing import Any

from driftloop.contract.cloudwatch_metrics import RELEASE_ROLLED_BACK
from driftloop.contract.events import RELEASE_COMPLETED
from driftloop.release.deployment import ServingSettings, rollback_alarm_names, unused_configs
from driftloop.release.next_action import ReleaseOutcome, ReleasePurpose, VersionStatus
from driftloop.window import format_time
from lambdas.aws.context import ModelContext, version_key
from lambdas.aws.ledger import Condition, Delete, Put, Update
from lambdas.aws.publishing import put_event, put_metrics
from lambdas.release.autoscaling import update_scaling
from lambdas.release.cleanup import delete_unused_configs
from lambdas.release.notifications import notify_outcome
from lambdas.release.state import UNDERWAY, describe_endpoint

Item = dict[str, Any]


def finish_release(context: ModelContext, outcome: ReleaseOutcome, event_id: str) -> None:
    """Write the outcome down; raises ConflictError where another delivery has."""
    underway = context.ledger.get(UNDERWAY)
    if underway is None:
        return
    promoted = outcome is ReleaseOutcome.PROMOTED
    why = _why(context, underway, promoted=promoted)
    changes = _promotion(context, underway) if promoted else _return(context, underway)
    noted = {"outcome": str(outcome), "why": why, "finished_by": event_id}
    ours = Condition(equals={"endpoint_config": underway["endpoint_config"]}, lacks=("outcome",))
    context.ledger.write(Update(UNDERWAY, noted, condition=ours), *changes)


def clean_up(context: ModelContext, settings: ServingSettings) -> None:
    """Tell people, take the rollback alarms away, prune; the release's item goes last."""
    underway = context.ledger.get(UNDERWAY)
    if underway is None:
        return
    promoted = underway["outcome"] == ReleaseOutcome.PROMOTED
    if not promoted:
        put_metrics(context.aws, context.name, {RELEASE_ROLLED_BACK: 1})
    detail = {
        "model": context.name,
        "version": underway["version"],
        "outcome": underway["outcome"],
        "purpose": underway["purpose"],
        "reason": underway["why"],
        "as_of": format_time(context.as_of),
    }
    put_event(context.aws, RELEASE_COMPLETED, detail, context.as_of)
    notify_outcome(context, underway)
    alarms = rollback_alarm_names(underway["endpoint_config"])
    context.aws.client("cloudwatch").delete_alarms(AlarmNames=alarms)
    update_scaling(context, settings)
    delete_unused_configs(context, _superfluous(context, underway, promoted=promoted))
    same = Condition(equals={"endpoint_config": underway["endpoint_config"]})
    context.ledger.write(Delete(UNDERWAY, same))


def _promotion(context: ModelContext, underway: Item) -> list[Put | Update]:
    """Champion and baseline move together: one item."""
    before = context.ledger.get("CHAMPION") or {}
    is_settings = underway["purpose"] == ReleasePurpose.SERVING_SETTINGS
    now = format_time(context.as_of)
    champion = {
        "version": underway["version"],
        "package_arn": underway["package_arn"],
        "baseline": underway["baseline"],
        "model_data": underway["model_data"],
        "endpoint_config": underway["endpoint_config"],
        "previous_config": underway["previous_config"],
        "settings": underway["settings"],
        "since": before["since"] if is_settings else now,
        "probation": before.get("probation", False) if is_settings else True,
    }
    values = {"endpoint_config": underway["endpoint_config"]}
    rejected = _is_rejected(context, underway["version"])
    if not rejected:
        values["status"] = str(VersionStatus.PROMOTED)
    changes: list[Put | Update] = [
        Put("CHAMPION", champion),
        Update(version_key(underway["version"]), values),
    ]
    if before and before["version"] != underway["version"]:
        gone = {"serving_until": now}
        if not _is_rejected(context, before["version"]):
            gone["status"] = str(VersionStatus.SUPERSEDED)
        changes.append(Update(version_key(before["version"]), gone))
    return changes


def _return(context: ModelContext, underway: Item) -> list[Put | Update]:
    if underway["purpose"] == ReleasePurpose.SERVING_SETTINGS:
        # The same settings are not tried again; others are.
        return [Update("CHAMPION", {"failed_settings": underway["settings"]})]
    values = {"serving_until": format_time(context.as_of), "decided": format_time(context.as_of)}
    if not _is_rejected(context, underway["version"]):
        values["status"] = str(VersionStatus.ROLLED_BACK)
    return [Update(version_key(underway["version"]), values)]


def _is_rejected(context: ModelContext, version: int) -> bool:
    """Whether a person has rejected the version while it was on its way."""
    item = context.ledger.get(version_key(version)) or {}
    return item.get("status") == VersionStatus.REJECTED


def _why(context: ModelContext, underway: Item, *, promoted: bool) -> str:
    if promoted:
        return f"The endpoint is in service with {underway['endpoint_config']}."
    answer = context.aws.client("cloudwatch").describe_alarms(
        AlarmNames=rollback_alarm_names(underway["endpoint_config"])
    )
    tripped = [
        f"{alarm['AlarmName']}: {alarm.get('StateReason', 'in ALARM')}"
        for alarm in answer.get("MetricAlarms", ())
        if alarm["StateValue"] == "ALARM"
    ]
    failure = (describe_endpoint(context) or {}).get("FailureReason")
    return "; ".join([*tripped, *([failure] if failure else [])]) or "SageMaker gave no reason."


def _superfluous(context: ModelContext, underway: Item, *, promoted: bool) -> list[Item]:
    champion = context.ledger.get("CHAMPION") or {}
    keep = [champion.get("endpoint_config"), champion.get("previous_config")]
    if promoted:
        keep.append(underway["previous_config"])
    released = context.ledger.query_prefix("CONFIG#")
    names = set(unused_configs((item["name"] for item in released), keep))
    return [item for item in released if item["name"] in names]
