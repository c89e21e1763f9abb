"""Loads what the next action depends on: ledger, endpoint and serving parameter."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import ChampionItem, ReleaseItem, VersionItem
from driftloop.release import next_action as policy
from driftloop.release.deployment import ServingSettings
from lambdas.aws.context import ModelContext
from lambdas.aws.errors import message_contains
from lambdas.aws.versions import to_version


def load_state(context: ModelContext, settings: ServingSettings) -> policy.ReleaseState:
    """The state as of now; the ledger is read first, so the endpoint is at least as recent."""
    release = context.ledger.get(ReleaseItem)
    champion = context.ledger.get(ChampionItem)
    versions = tuple(to_version(item) for item in context.ledger.query(VersionItem))
    endpoint = describe_endpoint(context)
    return policy.ReleaseState(
        endpoint=_to_endpoint_state(endpoint),
        champion=_to_champion(champion, endpoint) if champion else None,
        in_progress=_to_release_in_progress(release) if release else None,
        versions=versions,
        serving_settings_digest=settings.digest,
        as_of=context.as_of,
        paused=context.settings.paused,
    )


def read_settings(context: ModelContext) -> ServingSettings | None:
    """The serving settings; None if the model's stack is not deployed."""
    client = context.aws.client("ssm")
    try:
        response = client.get_parameter(Name=context.models.names.serving_parameter(context.name))
    except client.exceptions.ParameterNotFound:
        return None
    return ServingSettings.from_json(response["Parameter"]["Value"])


def describe_endpoint(context: ModelContext) -> dict[str, Any] | None:
    """The response of DescribeEndpoint, or None if there is no endpoint."""
    try:
        response = context.aws.client("sagemaker").describe_endpoint(EndpointName=context.resource)
    except ClientError as error:
        if message_contains(error, "could not find"):
            return None
        raise
    return dict(response)


def missing_endpoint_since(context: ModelContext) -> datetime | None:
    """When SageMaker answered that there is no endpoint; None if there is one."""
    try:
        context.aws.client("sagemaker").describe_endpoint(EndpointName=context.resource)
    except ClientError as error:
        if message_contains(error, "could not find"):
            return time_of_call(context, dict(error.response))
        raise
    return None


def is_new_endpoint(champion: ChampionItem, endpoint: dict[str, Any]) -> bool:
    """Whether the endpoint was created after the one that the champion served with.

    An update leaves CreationTime as it is; a deletion and a new creation change it. Ledgers of
    earlier releases of driftloop lack the creation time of an endpoint that was updated.
    """
    known = champion.endpoint_created_at or champion.promoted_at
    return bool(endpoint["CreationTime"] > known)


def time_of_call(context: ModelContext, response: dict[str, Any] | None) -> datetime:
    """When SageMaker answered a call of this invocation, by its own clock.

    The time of the event is no substitute: a rule delivers an event hours late if its target was
    not available (EventBridge, "Retrying event delivery"). Each response has the header Date (RFC
    9110, section 6.6.1, "Date"). It is never before the event.
    """
    headers = (response or {}).get("ResponseMetadata", {}).get("HTTPHeaders", {})
    date = headers.get("date")
    return max(context.as_of, parsedate_to_datetime(date)) if date else context.as_of


def _to_endpoint_state(found: dict[str, Any] | None) -> policy.EndpointState | None:
    if found is None:
        return None
    pending = found.get("PendingDeploymentSummary", {})
    last_deployment = found.get("LastDeploymentConfig", {})
    alarms = last_deployment.get("AutoRollbackConfiguration", {}).get("Alarms", ())
    return policy.EndpointState(
        status=found["EndpointStatus"],
        endpoint_config_name=found.get("EndpointConfigName", ""),
        pending_endpoint_config_name=pending.get("EndpointConfigName"),
        modified_at=found["LastModifiedTime"],
        last_alarm_names=frozenset(alarm["AlarmName"] for alarm in alarms),
    )


def _to_champion(item: ChampionItem, endpoint: dict[str, Any] | None) -> policy.Champion:
    return policy.Champion(
        version=item.version,
        endpoint_config_name=item.endpoint_config_name,
        serving_settings_digest=item.serving_settings_digest,
        failed_settings_digest=item.failed_settings_digest,
        is_endpoint_missing=item.endpoint_missing_since is not None,
        is_endpoint_new=endpoint is not None and is_new_endpoint(item, endpoint),
    )


def _to_release_in_progress(item: ReleaseItem) -> policy.ReleaseInProgress:
    return policy.ReleaseInProgress(
        version=item.version,
        purpose=policy.ReleasePurpose(item.purpose),
        endpoint_config_name=item.endpoint_config_name,
        endpoint_modified_at=item.endpoint_modified_at,
        serving_settings_digest=item.serving_settings_digest,
        started_at=item.started_at,
        update_called_at=item.update_called_at,
        is_requested=item.requested_at is not None,
        is_update_seen=item.update_seen_at is not None,
        last_error=item.last_error,
    )
