"""Begins a release: written down first, then Model, EndpointConfig, alarms, UpdateEndpoint.

Each call can be made again: names come from the ledger's item, what exists already is fine, and
whether UpdateEndpoint was called shows in the endpoint's own LastModifiedTime.
"""

from typing import Any

from botocore.exceptions import ClientError

from driftloop.contract.s3_keys import capture_prefix
from driftloop.release import deployment
from driftloop.release.deployment import ServingSettings
from driftloop.release.next_action import ReleasePurpose, StartRelease, VersionStatus
from driftloop.window import format_time
from lambdas.aws.context import ModelContext, version_key
from lambdas.aws.ledger import Condition, Put, Update
from lambdas.release.autoscaling import deregister_scalable_target
from lambdas.release.state import UNDERWAY, describe_endpoint

Item = dict[str, Any]


def start_release(context: ModelContext, start: StartRelease, settings: ServingSettings) -> None:
    """One release at a time: raises ConflictError where another has been begun meanwhile."""
    endpoint = describe_endpoint(context)
    version = context.ledger.get(version_key(start.version))
    if endpoint is None or version is None:
        return
    now = format_time(context.as_of)
    token = deployment.release_suffix(
        context.name, str(start.version), str(start.purpose), str(version.get("decided")), now
    )
    name = context.models.names.release(context.name, start.version, token)
    underway = {
        "version": start.version,
        "purpose": str(start.purpose),
        "endpoint_config": name,
        "previous_config": endpoint["EndpointConfigName"],
        "package_arn": version["package_arn"],
        "baseline": version["baseline"],
        "model_data": version["model_data"],
        "settings": settings.digest,
        "serving": settings.to_dict(),
        "started": now,
        "modified": format_time(endpoint["LastModifiedTime"]),
    }
    context.ledger.write(
        Put(UNDERWAY, underway, Condition(absent=True)),
        Put(f"CONFIG#{now}#{name}", {"name": name, "version": start.version}),
        *_version_changes(start, version, now),
    )
    request_update(context)


def request_update(context: ModelContext) -> None:
    """Make everything the release needs, then call UpdateEndpoint, and note that it was called."""
    underway = context.ledger.get(UNDERWAY)
    if underway is None or underway.get("requested"):
        return
    settings = ServingSettings(**underway["serving"])
    name = underway["endpoint_config"]
    sagemaker = context.aws.client("sagemaker")
    _once(sagemaker.create_model, _model(name, underway, settings))
    prefix = capture_prefix(context.name, underway["version"])
    _once(sagemaker.create_endpoint_config, deployment.endpoint_config(name, settings, prefix))
    for alarm in deployment.rollback_alarms(name, settings):
        context.aws.client("cloudwatch").put_metric_alarm(**alarm)
    running = _running(context, underway["previous_config"], settings)
    if running.get("InstanceType") != settings.instance_type:
        deregister_scalable_target(context, settings)
    sagemaker.update_endpoint(
        EndpointName=context.resource,
        EndpointConfigName=name,
        DeploymentConfig=deployment.deployment_config(
            settings, deployment.rollback_alarm_names(name)
        ),
        **deployment.retained_properties(
            counts_changed=running.get("InitialInstanceCount") != settings.initial_instance_count
        ),
    )
    same = Condition(equals={"endpoint_config": name})
    context.ledger.write(Update(UNDERWAY, {"requested": True}, condition=same))


def _version_changes(start: StartRelease, version: Item, now: str) -> list[Update]:
    changes = [
        Update(version_key(number), {"status": str(VersionStatus.SUPERSEDED)})
        for number in start.supersedes
    ]
    if start.purpose is not ReleasePurpose.SERVING_SETTINGS:
        values = {"status": str(VersionStatus.DEPLOYING), "serving_from": now}
        unchanged = Condition(equals={"status": version["status"]})
        changes.append(
            Update(
                version_key(start.version), values, remove=("serving_until",), condition=unchanged
            )
        )
    return changes


def _model(name: str, underway: Item, settings: ServingSettings) -> Item:
    return {
        "ModelName": name,
        "PrimaryContainer": {"ModelPackageName": underway["package_arn"]},
        "ExecutionRoleArn": settings.role_arn,
        "EnableNetworkIsolation": True,
        "Tags": settings.tag_list,
    }


def _running(context: ModelContext, config: str, settings: ServingSettings) -> Item:
    """The variant as the endpoint's present config has it."""
    answer = context.aws.client("sagemaker").describe_endpoint_config(EndpointConfigName=config)
    named = [v for v in answer["ProductionVariants"] if v["VariantName"] == settings.variant]
    return dict(named[0]) if named else {}


def _once(create: Any, arguments: Item) -> None:
    """Create, unless an earlier attempt of the same release has."""
    try:
        create(**arguments)
    except ClientError as error:
        message = error.response["Error"]["Message"].lower()
        if "already exist" not in message:
            raise
