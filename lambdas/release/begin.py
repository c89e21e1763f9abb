"""Begins a release: written down first, then Model, EndpointConfig, alarms, UpdateEndpoint.

Each call can be made again: names come from the ledger's item, what exists already is fine, and
whether UpdateEndpoint was called shows in the endpoint's own LastModifiedTime.
"""

from typing import Any

from botocore.exceptions import ClientError

from driftloop.contract.keys import capture_prefix
from driftloop.policy import deployment
from driftloop.policy.deployment import Settings
from driftloop.policy.release import Purpose, Start, Status
from driftloop.window import format_time
from lambdas.aws.ledger import Change, Put, When
from lambdas.release.gathering import UNDERWAY, describe_endpoint
from lambdas.release.room import Room, version_key
from lambdas.release.scaling import make_way

Item = dict[str, Any]


def begin(room: Room, start: Start, settings: Settings) -> None:
    """One release at a time: raises ConflictError where another has been begun meanwhile."""
    endpoint = describe_endpoint(room)
    version = room.ledger.get(version_key(start.version))
    if endpoint is None or version is None:
        return
    now = format_time(room.now)
    token = deployment.release_token(
        room.name, str(start.version), str(start.purpose), str(version.get("decided")), now
    )
    name = room.models.names.release(room.name, start.version, token)
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
    room.ledger.write(
        Put(UNDERWAY, underway, When(absent=True)),
        Put(f"CONFIG#{now}#{name}", {"name": name, "version": start.version}),
        *_version_changes(start, version, now),
    )
    request_update(room)


def request_update(room: Room) -> None:
    """Make everything the release needs, then call UpdateEndpoint, and note that it was called."""
    underway = room.ledger.get(UNDERWAY)
    if underway is None or underway.get("requested"):
        return
    settings = Settings(**underway["serving"])
    name = underway["endpoint_config"]
    sagemaker = room.aws.client("sagemaker")
    _once(sagemaker.create_model, _model(name, underway, settings))
    prefix = capture_prefix(room.name, underway["version"])
    _once(sagemaker.create_endpoint_config, deployment.endpoint_config(name, settings, prefix))
    for alarm in deployment.rollback_alarms(name, settings):
        room.aws.client("cloudwatch").put_metric_alarm(**alarm)
    running = _running(room, underway["previous_config"], settings)
    if running.get("InstanceType") != settings.instance_type:
        make_way(room, settings)
    sagemaker.update_endpoint(
        EndpointName=room.resource,
        EndpointConfigName=name,
        DeploymentConfig=deployment.deployment_config(
            settings, deployment.rollback_alarm_names(name)
        ),
        **deployment.retained_properties(
            counts_changed=running.get("InitialInstanceCount") != settings.instance_count
        ),
    )
    same = When(equals={"endpoint_config": name})
    room.ledger.write(Change(UNDERWAY, {"requested": True}, when=same))


def _version_changes(start: Start, version: Item, now: str) -> list[Change]:
    changes = [
        Change(version_key(number), {"status": str(Status.SUPERSEDED)})
        for number in start.supersedes
    ]
    if start.purpose is not Purpose.SETTINGS:
        values = {"status": str(Status.RELEASING), "live_from": now}
        unchanged = When(equals={"status": version["status"]})
        changes.append(
            Change(version_key(start.version), values, remove=("live_to",), when=unchanged)
        )
    return changes


def _model(name: str, underway: Item, settings: Settings) -> Item:
    return {
        "ModelName": name,
        "PrimaryContainer": {"ModelPackageName": underway["package_arn"]},
        "ExecutionRoleArn": settings.role_arn,
        "EnableNetworkIsolation": True,
        "Tags": settings.tag_list,
    }


def _running(room: Room, config: str, settings: Settings) -> Item:
    """The variant as the endpoint's present config has it."""
    answer = room.aws.client("sagemaker").describe_endpoint_config(EndpointConfigName=config)
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
