"""Finishes a release: records the outcome, publishes it, and deletes what only it needed."""

from typing import Literal

from boto3.dynamodb.conditions import Attr, ConditionBase

from driftloop.contract.cloudwatch_metrics import RELEASE_ROLLED_BACK
from driftloop.contract.events import ReleaseCompleted
from driftloop.contract.ledger_items import (
    ChampionItem,
    EndpointConfigItem,
    ReleaseItem,
    VersionItem,
)
from driftloop.release.deployment import ServingSettings, rollback_alarm_names, unused_configs
from driftloop.release.next_action import ReleaseOutcome, ReleasePurpose, VersionStatus
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import Delete, Put, Update
from lambdas.aws.publishing import publish_event, put_metrics
from lambdas.release.autoscaling import update_scaling
from lambdas.release.cleanup import delete_unused_configs
from lambdas.release.notifications import notify_outcome
from lambdas.release.state import describe_endpoint


def finish_release(context: ModelContext, outcome: ReleaseOutcome, event_id: str) -> None:
    """Record the outcome in one transaction; raises ConflictError if another delivery did."""
    release = context.ledger.get(ReleaseItem)
    if release is None:
        return
    recorded = {"outcome": str(outcome), "finished_by": event_id}
    if outcome is ReleaseOutcome.PROMOTED:
        changes = _promotion(context, release)
    else:
        changes = _rollback(context, release)
        recorded["failure_reason"] = _failure_reason(context, release)
    open_release = _same(release) & Attr("outcome").not_exists()
    context.ledger.write(Update(ReleaseItem, (), recorded, condition=open_release), *changes)


def clean_up(context: ModelContext, settings: ServingSettings) -> None:
    """Publish the outcome, delete rollback alarms and unused configs, then the release's item."""
    release = context.ledger.get(ReleaseItem)
    if release is None:
        return
    promoted = release.outcome == ReleaseOutcome.PROMOTED
    if not promoted:
        put_metrics(context.aws, context.name, {RELEASE_ROLLED_BACK: 1})
    publish_event(context.aws, _event(context, release, promoted=promoted), context.as_of)
    notify_outcome(context, release)
    alarms = rollback_alarm_names(release.endpoint_config_name)
    context.aws.client("cloudwatch").delete_alarms(AlarmNames=alarms)
    update_scaling(context, settings)
    delete_unused_configs(context, _unused_configs(context, release, promoted=promoted))
    context.ledger.write(Delete(ReleaseItem, condition=_same(release)))


def _event(context: ModelContext, release: ReleaseItem, *, promoted: bool) -> ReleaseCompleted:
    outcome: Literal["promoted", "rolled_back"] = "promoted" if promoted else "rolled_back"
    in_service = f"The endpoint is InService with endpoint config {release.endpoint_config_name}."
    return ReleaseCompleted(
        environment=context.environment,
        model=context.name,
        version=release.version,
        outcome=outcome,
        purpose=release.purpose,
        reason=release.failure_reason or in_service,
        as_of=context.as_of,
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
        under_observation=under_observation,
    )
    values = {"endpoint_config_name": release.endpoint_config_name}
    if not _is_rejected(context, release.version):
        values["status"] = str(VersionStatus.PROMOTED)
    changes: list[Put | Update] = [
        Put(champion),
        Update(VersionItem, (release.version,), values),
    ]
    if previous is not None and previous.version != release.version:
        changes.append(_supersede(context, previous.version))
    return changes


def _supersede(context: ModelContext, version: int) -> Update:
    values: dict[str, object] = {"serving_until": context.as_of}
    if not _is_rejected(context, version):
        values["status"] = str(VersionStatus.SUPERSEDED)
    return Update(VersionItem, (version,), values)


def _rollback(context: ModelContext, release: ReleaseItem) -> list[Put | Update]:
    if release.purpose == ReleasePurpose.SERVING_SETTINGS:
        # The same settings are not tried again; others are.
        failed = {"failed_settings_digest": release.serving_settings_digest}
        return [Update(ChampionItem, (), failed)]
    values: dict[str, object] = {"serving_until": context.as_of, "decided_at": context.as_of}
    if not _is_rejected(context, release.version):
        values["status"] = str(VersionStatus.ROLLED_BACK)
    return [Update(VersionItem, (release.version,), values)]


def _is_rejected(context: ModelContext, version: int) -> bool:
    """Whether a person rejected the version during its release."""
    item = context.ledger.get(VersionItem, version)
    return item is not None and item.status == VersionStatus.REJECTED


def _failure_reason(context: ModelContext, release: ReleaseItem) -> str:
    response = context.aws.client("cloudwatch").describe_alarms(
        AlarmNames=rollback_alarm_names(release.endpoint_config_name)
    )
    in_alarm = [
        f"{alarm['AlarmName']}: {alarm.get('StateReason', 'in ALARM')}"
        for alarm in response.get("MetricAlarms", ())
        if alarm["StateValue"] == "ALARM"
    ]
    failure = (describe_endpoint(context) or {}).get("FailureReason")
    return "; ".join([*in_alarm, *([failure] if failure else [])]) or "SageMaker gave no reason."


def _unused_configs(
    context: ModelContext, release: ReleaseItem, *, promoted: bool
) -> list[EndpointConfigItem]:
    champion = context.ledger.get(ChampionItem)
    keep = [release.previous_endpoint_config_name] if promoted else []
    if champion is not None:
        keep.append(champion.endpoint_config_name)
        if champion.previous_endpoint_config_name is not None:
            keep.append(champion.previous_endpoint_config_name)
    created = context.ledger.query(EndpointConfigItem)
    unused = set(unused_configs((item.endpoint_config_name for item in created), keep))
    return [item for item in created if item.endpoint_config_name in unused]


def _same(release: ReleaseItem) -> ConditionBase:
    return Attr("endpoint_config_name").eq(release.endpoint_config_name)
