"""Starts a release: recorded first, then Model, EndpointConfig, alarms and UpdateEndpoint.

Each call can be repeated: names come from the ledger's item, and what exists already is accepted.
That UpdateEndpoint is about to be called is noted before the call, so that no other invocation ends
the release meanwhile. A call that AWS refuses for good ends the release.

Directly before UpdateEndpoint the version's approval status is looked up: an approval that was
withdrawn is not carried out, even if the event of that was lost (services send events as best
effort: EventBridge User Guide, "Event delivery from AWS services"). An attempt that does not reach
UpdateEndpoint leaves the note of the one before it, whose call may have had an effect.
"""

from datetime import datetime
from typing import Any

import msgspec
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from driftloop.contract.ledger_items import EndpointConfigItem, ReleaseItem, VersionItem
from driftloop.contract.s3_keys import capture_prefix
from driftloop.release import deployment
from driftloop.release.deployment import ServingSettings
from driftloop.release.next_action import (
    STALE_ANSWER_UNTIL,
    RefusalCause,
    ReleasePurpose,
    StartRelease,
    VersionStatus,
)
from driftloop.window import format_time
from lambdas.aws.baseline_file import UnusableBaselineError, check_baseline_file
from lambdas.aws.context import ModelContext
from lambdas.aws.errors import is_endpoint_in_progress, is_refusal, message_contains
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Put, Update
from lambdas.release.approvals import ModelPackage, describe_package, record_lost_decision
from lambdas.release.autoscaling import deregister_scalable_target, update_scaling
from lambdas.release.conditions import same_decision, same_version
from lambdas.release.finish import refuse_release
from lambdas.release.model_data import mismatch
from lambdas.release.serving_periods import begin_period
from lambdas.release.state import describe_endpoint, time_of_call

_WAITING = frozenset({VersionStatus.APPROVED, VersionStatus.AWAITING_ENDPOINT})
_STATUSES: dict[ReleasePurpose, frozenset[VersionStatus]] = {
    ReleasePurpose.APPROVAL: _WAITING,
    ReleasePurpose.ROLLBACK: frozenset({VersionStatus.SUPERSEDED}),
    ReleasePurpose.SERVING_SETTINGS: frozenset(VersionStatus),
}
"""From which statuses a version is released. One that a person rejects meanwhile is not."""


def start_release(
    context: ModelContext, start: StartRelease, settings: ServingSettings, event_id: str
) -> None:
    """Start one release.

    Raises:
        ConflictError: Another one was started, or a person decided on one of its versions.
    """
    endpoint = describe_endpoint(context)
    version = context.ledger.get(VersionItem, start.version)
    if endpoint is None or version is None:
        return
    if version.status not in _STATUSES[start.purpose]:
        raise ConflictError(f"version {start.version} is {version.status} since the state was read")
    name = _release_name(context, start, version, settings)
    release = ReleaseItem(
        version=start.version,
        purpose=str(start.purpose),
        endpoint_config_name=name,
        previous_endpoint_config_name=endpoint["EndpointConfigName"],
        model_package_arn=version.model_package_arn,
        baseline_uri=version.baseline_uri,
        model_data_url=version.model_data_url,
        model_data_etag=version.model_data_etag,
        serving_settings=settings.to_dict(),
        serving_settings_digest=settings.digest,
        started_at=time_of_call(context, endpoint),
        endpoint_modified_at=endpoint["LastModifiedTime"],
    )
    config = EndpointConfigItem(
        created_at=context.as_of, endpoint_config_name=name, version=start.version
    )
    context.ledger.write(
        Put(release, ITEM_ABSENT), Put(config), *_version_changes(start, version, context.as_of)
    )
    request_update(context, settings, release.endpoint_modified_at, event_id)


def request_update(
    context: ModelContext,
    configured: ServingSettings,
    endpoint_modified_at: datetime,
    event_id: str,
) -> None:
    """Create what the release needs, call UpdateEndpoint, and record that it was accepted.

    The release ends as refused if the archive is not the one that was approved, if the baseline of
    an approved version can't be used, or if AWS refuses a call for good. If the version is not
    approved any more, that is recorded, and the next action ends the release. ``configured`` are
    the settings that autoscaling is brought to if the endpoint can't be updated;
    ``endpoint_modified_at`` is its LastModifiedTime before the update.

    Raises:
        ClientError: An error that passes; the update is tried again.
        ConflictError: Another delivery carries the release out, or has ended it, or an earlier one
            may have called UpdateEndpoint.
    """
    before = context.ledger.get(ReleaseItem)
    if before is None or before.requested_at is not None:
        return
    called_at = time_of_call(context, describe_endpoint(context))
    problem = mismatch(context, before.model_data_url, before.model_data_etag)
    if problem is not None:
        cause = RefusalCause.MODEL_DATA_MISMATCH
        _refuse(context, before, called_at, cause, problem, event_id)
        return
    problem = _baseline_problem(context, before)
    if problem is not None:
        _refuse(context, before, called_at, RefusalCause.UNUSABLE_BASELINE, problem, event_id)
        return
    version = context.ledger.get(VersionItem, before.version)
    called = {"update_called_at": called_at, "endpoint_modified_at": endpoint_modified_at}
    _change(context, before, called)
    release = msgspec.structs.replace(before, **called)
    try:
        update = _prepare_update(context, release)
        package = describe_package(context, release.model_package_arn)
        is_called = _is_deployable(release, version, package)
        if is_called:
            context.aws.client("sagemaker").update_endpoint(**update)
    except ClientError as error:
        _after_error(context, before, release, configured, error, event_id)
        return
    if is_called:
        _change(context, release, {"requested_at": context.as_of}, "last_error")
    else:
        update_scaling(context, configured, hourly=False)
        _record_withdrawal(context, before, release, package, event_id)


def _is_deployable(
    release: ReleaseItem, version: VersionItem | None, package: ModelPackage
) -> bool:
    """Whether the version is approved as the ledger has it.

    Serving settings are deployed to the version that serves, whether it is approved or not. But a
    rejection that the ledger does not have comes first, as it may deploy another version.
    """
    if release.purpose != ReleasePurpose.SERVING_SETTINGS:
        return package.is_approved
    recorded = version.model_approval_status if version else None
    return not package.is_rejected or recorded == package.approval_status


def _record_withdrawal(
    context: ModelContext,
    before: ReleaseItem,
    release: ReleaseItem,
    package: ModelPackage,
    event_id: str,
) -> None:
    """Record that the version is not approved any more; UpdateEndpoint was not called."""
    record_lost_decision(context, package)
    _undo_call(context, before, release)
    version = context.ledger.get(VersionItem, release.version)
    if version is None or version.status != VersionStatus.DEPLOYING:
        return  # the next action ends the release
    # The version of a rollback: it would be taken again, until its status is another one.
    status = {"model_approval_status": package.approval_status}
    context.ledger.write(Update(VersionItem, version.key, status, condition=same_decision(version)))
    called_at = release.update_called_at or context.as_of
    reason = f"Its approval status is {package.approval_status}."
    _refuse(context, before, called_at, RefusalCause.NOT_APPROVED, reason, event_id)


def _refuse(
    context: ModelContext,
    release: ReleaseItem,
    now: datetime,
    cause: RefusalCause,
    reason: str,
    event_id: str,
) -> None:
    """End the release as refused, if no earlier call of UpdateEndpoint can have had an effect."""
    called_at = release.update_called_at
    if called_at is not None and now - called_at < STALE_ANSWER_UNTIL:
        raise ConflictError(f"UpdateEndpoint may have been called at {format_time(called_at)}")
    refuse_release(context, release, cause, reason, event_id)


def _baseline_problem(context: ModelContext, release: ReleaseItem) -> str | None:
    """Why an approved version could not be monitored; None if it can.

    A rollback is not refused: a person does not want the version that serves.
    """
    if release.purpose != ReleasePurpose.APPROVAL:
        return None
    try:
        check_baseline_file(context.aws, release.baseline_uri)
    except UnusableBaselineError as error:
        return f"Its windows could not be analyzed: {error}."
    return None


def record_update(context: ModelContext) -> None:
    """Record that the endpoint was seen to be updated with the release's endpoint config."""
    release = context.ledger.get(ReleaseItem)
    if release is not None and release.update_seen_at is None:
        _change(context, release, {"update_seen_at": context.as_of})


def _after_error(
    context: ModelContext,
    before: ReleaseItem,
    release: ReleaseItem,
    configured: ServingSettings,
    error: ClientError,
    event_id: str,
) -> None:
    """End the release if AWS refuses the call for good; otherwise note the error and raise it."""
    if is_endpoint_in_progress(error):
        raise error  # what is in progress may be this release's own update
    # The scalable target may be deregistered, by this release or by the one before it.
    update_scaling(context, configured, hourly=False)
    noted = {"last_error": str(error)}
    if is_refusal(error):
        _undo_call(context, before, release, noted)
        called_at = release.update_called_at or context.as_of
        _refuse(context, before, called_at, RefusalCause.AWS, str(error), event_id)
        return
    if error.operation_name == "UpdateEndpoint":
        # The client itself may have repeated it after a call that had an effect.
        _change(context, release, noted)
    else:
        _undo_call(context, before, release, noted)
    raise error


def _undo_call(
    context: ModelContext,
    before: ReleaseItem,
    release: ReleaseItem,
    values: dict[str, Any] | None = None,
) -> None:
    """Note that this attempt did not call UpdateEndpoint; an earlier one may have.

    Raises:
        ConflictError: Another delivery is about to call it, or has.
    """
    called_at = release.update_called_at
    same = (
        Attr("endpoint_config_name").eq(release.endpoint_config_name)
        & Attr("update_called_at").eq(format_time(called_at) if called_at else None)
        & Attr("requested_at").not_exists()
    )
    earlier = before.update_called_at
    changed = (values or {}) | ({"update_called_at": earlier} if earlier else {})
    remove = () if earlier else ("update_called_at",)
    context.ledger.write(Update(ReleaseItem, (), changed, remove, condition=same))


def _change(
    context: ModelContext, release: ReleaseItem, values: dict[str, Any], *remove: str
) -> None:
    """Change the release in progress; raises ConflictError if it has ended."""
    same = Attr("endpoint_config_name").eq(release.endpoint_config_name)
    context.ledger.write(Update(ReleaseItem, (), values, remove, condition=same))


def _prepare_update(context: ModelContext, release: ReleaseItem) -> dict[str, Any]:
    """Create Model, EndpointConfig and alarms of the release; the arguments of UpdateEndpoint."""
    settings = ServingSettings(**release.serving_settings)
    name = release.endpoint_config_name
    sagemaker = context.aws.client("sagemaker")
    _create_once(sagemaker.create_model, _model_arguments(release, settings))
    prefix = capture_prefix(context.name, release.version)
    config = deployment.endpoint_config(name, settings, prefix)
    _create_once(sagemaker.create_endpoint_config, config)
    for alarm in deployment.rollback_alarms(name, settings):
        context.aws.client("cloudwatch").put_metric_alarm(**alarm)
    variant = _current_variant(context, release.previous_endpoint_config_name, settings)
    if variant.get("InstanceType") != settings.instance_type:
        deregister_scalable_target(context, settings)
    return {
        "EndpointName": context.resource,
        "EndpointConfigName": name,
        "DeploymentConfig": deployment.deployment_config(
            settings, deployment.rollback_alarm_names(name)
        ),
        **deployment.retained_properties(
            counts_changed=variant.get("InitialInstanceCount") != settings.initial_instance_count
        ),
    }


def _release_name(
    context: ModelContext, start: StartRelease, version: VersionItem, settings: ServingSettings
) -> str:
    """Name of the release's endpoint config; a retry of the same approval gives the same one."""
    decided = format_time(version.decided_at) if version.decided_at else "None"
    suffix = deployment.release_suffix(
        context.name,
        str(start.version),
        str(start.purpose),
        decided,
        settings.digest,
        format_time(context.as_of),
    )
    return context.models.names.release(context.name, start.version, suffix)


def _version_changes(start: StartRelease, version: VersionItem, as_of: datetime) -> list[Update]:
    changes = [
        Update(
            VersionItem,
            (superseded.number,),
            {"status": str(VersionStatus.SUPERSEDED)},
            condition=same_version(superseded),
        )
        for superseded in start.supersedes
    ]
    if start.purpose is not ReleasePurpose.SERVING_SETTINGS:
        values = {"status": str(VersionStatus.DEPLOYING), **begin_period(version, as_of)}
        changes.append(
            Update(VersionItem, version.key, values, ("serving_until",), same_decision(version))
        )
    return changes


def _model_arguments(release: ReleaseItem, settings: ServingSettings) -> dict[str, Any]:
    return {
        "ModelName": release.endpoint_config_name,
        "PrimaryContainer": {"ModelPackageName": release.model_package_arn},
        "ExecutionRoleArn": settings.role_arn,
        "EnableNetworkIsolation": True,
        "Tags": settings.tag_list,
    }


def _current_variant(
    context: ModelContext, config: str, settings: ServingSettings
) -> dict[str, Any]:
    """The production variant in the endpoint's current endpoint config."""
    response = context.aws.client("sagemaker").describe_endpoint_config(EndpointConfigName=config)
    named = [v for v in response["ProductionVariants"] if v["VariantName"] == settings.variant]
    return dict(named[0]) if named else {}


def _create_once(create: Any, arguments: dict[str, Any]) -> None:
    """Create, unless an earlier attempt of the same release did."""
    try:
        create(**arguments)
    except ClientError as error:
        if not message_contains(error, "already exist"):
            raise
