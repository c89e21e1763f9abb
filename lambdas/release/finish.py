"""Ends a release: the outcome in one transaction, then people, then what only it needed."""

from typing import Any

from driftloop.contract.events import RELEASE_FINISHED
from driftloop.contract.telemetry import RELEASE_ROLLED_BACK
from driftloop.policy.deployment import Settings, rollback_alarm_names
from driftloop.policy.pruning import superfluous
from driftloop.policy.release import Outcome, Purpose, Status
from driftloop.window import format_time
from lambdas.aws.ledger import Change, Delete, Put, When
from lambdas.aws.outlets import put_event, put_metrics
from lambdas.release.gathering import UNDERWAY, describe_endpoint
from lambdas.release.prune import prune
from lambdas.release.room import Room, version_key
from lambdas.release.scaling import adjust_scaling
from lambdas.release.words import tell_outcome

Item = dict[str, Any]


def finish(room: Room, outcome: Outcome) -> None:
    """Write the outcome down; raises ConflictError where another delivery has."""
    underway = room.ledger.get(UNDERWAY)
    if underway is None:
        return
    promoted = outcome is Outcome.PROMOTED
    why = _why(room, underway, promoted=promoted)
    changes = _promotion(room, underway) if promoted else _return(room, underway)
    noted = {"outcome": str(outcome), "why": why, "finished_by": room.event}
    ours = When(equals={"endpoint_config": underway["endpoint_config"]}, lacks=("outcome",))
    room.ledger.write(Change(UNDERWAY, noted, when=ours), *changes)


def clean_up(room: Room, settings: Settings) -> None:
    """Tell people, take the rollback alarms away, prune; the release's item goes last."""
    underway = room.ledger.get(UNDERWAY)
    if underway is None:
        return
    promoted = underway["outcome"] == Outcome.PROMOTED
    if not promoted:
        put_metrics(room.aws, room.name, {RELEASE_ROLLED_BACK: 1})
    detail = {
        "model": room.name,
        "version": underway["version"],
        "outcome": underway["outcome"],
        "purpose": underway["purpose"],
        "reason": underway["why"],
        "now": format_time(room.now),
    }
    put_event(room.aws, RELEASE_FINISHED, detail, room.now)
    tell_outcome(room, underway)
    alarms = rollback_alarm_names(underway["endpoint_config"])
    room.aws.client("cloudwatch").delete_alarms(AlarmNames=alarms)
    adjust_scaling(room, settings)
    prune(room, _superfluous(room, underway, promoted=promoted))
    same = When(equals={"endpoint_config": underway["endpoint_config"]})
    room.ledger.write(Delete(UNDERWAY, same))


def _promotion(room: Room, underway: Item) -> list[Put | Change]:
    """Champion and baseline move together: one item."""
    before = room.ledger.get("CHAMPION") or {}
    is_settings = underway["purpose"] == Purpose.SETTINGS
    now = format_time(room.now)
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
    rejected = _is_rejected(room, underway["version"])
    if not rejected:
        values["status"] = str(Status.PROMOTED)
    changes: list[Put | Change] = [
        Put("CHAMPION", champion),
        Change(version_key(underway["version"]), values),
    ]
    if before and before["version"] != underway["version"]:
        gone = {"live_to": now}
        if not _is_rejected(room, before["version"]):
            gone["status"] = str(Status.SUPERSEDED)
        changes.append(Change(version_key(before["version"]), gone))
    return changes


def _return(room: Room, underway: Item) -> list[Put | Change]:
    if underway["purpose"] == Purpose.SETTINGS:
        # The same settings are not tried again; others are.
        return [Change("CHAMPION", {"refused_settings": underway["settings"]})]
    values = {"live_to": format_time(room.now), "decided": format_time(room.now)}
    if not _is_rejected(room, underway["version"]):
        values["status"] = str(Status.ROLLED_BACK)
    return [Change(version_key(underway["version"]), values)]


def _is_rejected(room: Room, version: int) -> bool:
    """Whether a person has rejected the version while it was on its way."""
    item = room.ledger.get(version_key(version)) or {}
    return item.get("status") == Status.REJECTED


def _why(room: Room, underway: Item, *, promoted: bool) -> str:
    if promoted:
        return f"The endpoint is in service with {underway['endpoint_config']}."
    answer = room.aws.client("cloudwatch").describe_alarms(
        AlarmNames=rollback_alarm_names(underway["endpoint_config"])
    )
    tripped = [
        f"{alarm['AlarmName']}: {alarm.get('StateReason', 'in ALARM')}"
        for alarm in answer.get("MetricAlarms", ())
        if alarm["StateValue"] == "ALARM"
    ]
    failure = (describe_endpoint(room) or {}).get("FailureReason")
    return "; ".join([*tripped, *([failure] if failure else [])]) or "SageMaker gave no reason."


def _superfluous(room: Room, underway: Item, *, promoted: bool) -> list[Item]:
    champion = room.ledger.get("CHAMPION") or {}
    keep = [champion.get("endpoint_config"), champion.get("previous_config")]
    if promoted:
        keep.append(underway["previous_config"])
    released = room.ledger.prefixed("CONFIG#")
    names = set(superfluous((item["name"] for item in released), keep))
    return [item for item in released if item["name"] in names]
