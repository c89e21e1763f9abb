"""Writes down as the champion what the endpoint serves, where the ledger does not know it."""

from typing import Any

from driftloop.errors import InputError
from driftloop.policy.deployment import Settings
from driftloop.policy.release import Status
from driftloop.window import format_time
from lambdas.aws.ledger import Change, Put, When
from lambdas.aws.outlets import tell
from lambdas.release.gathering import describe_endpoint
from lambdas.release.packages import describe_package
from lambdas.release.room import Room, version_key

Item = dict[str, Any]


def adopt(room: Room, settings: Settings) -> None:
    """The version behind the endpoint's config becomes the champion, with its own baseline."""
    endpoint = describe_endpoint(room)
    if endpoint is None:
        return
    config = endpoint["EndpointConfigName"]
    package = describe_package(room, _package_arn(room, config))
    before = room.ledger.get("CHAMPION")
    # What has been captured since the endpoint was made is this version's, if nobody was before.
    since = format_time(room.now if before else min(room.now, endpoint["CreationTime"]))
    champion = {
        "version": package.version,
        "package_arn": package.arn,
        "baseline": package.baseline,
        "model_data": package.model_data,
        "endpoint_config": config,
        "settings": settings.digest,
        "since": since,
    }
    unchanged = (
        When(equals={"endpoint_config": before["endpoint_config"]}) if before else When(absent=True)
    )
    version = {
        "version": package.version,
        "status": str(Status.PROMOTED),
        "package_arn": package.arn,
        "baseline": package.baseline,
        "model_data": package.model_data,
        "approval": package.approval,
        "endpoint_config": config,
        "live_from": since,
    }
    writes: list[Put | Change] = [
        Put("CHAMPION", champion, unchanged),
        Change(version_key(package.version), version, remove=("live_to",)),
    ]
    if before and before["version"] != package.version:
        gone = {"status": str(Status.SUPERSEDED), "live_to": since}
        writes.append(Change(version_key(before["version"]), gone))
    room.ledger.write(*writes)
    _tell(room, before, package.version)


def _package_arn(room: Room, config: str) -> str:
    sagemaker = room.aws.client("sagemaker")
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    model = sagemaker.describe_model(ModelName=variants[0]["ModelName"])
    containers = [model.get("PrimaryContainer") or {}, *model.get("Containers", ())]
    for container in containers:
        if "ModelPackageName" in container:
            return str(container["ModelPackageName"])
    raise InputError(
        f"the endpoint config {config} serves a model that is of no package in the registry, so"
        " that it has no baseline: release a registered version instead"
    )


def _tell(room: Room, before: Item | None, version: int) -> None:
    if before is None:
        why = "The endpoint has come into service, and the ledger had no champion."
        step = "Nothing: its windows are judged from now on."
    else:
        why = (
            f"The endpoint shows another config than version {before['version']}'s, and no release"
            " of driftloop's put it there."
        )
        step = "Find out who changed the endpoint; to undo it, reject and approve a version."
    tell(
        room.aws,
        f"driftloop: version {version} of {room.name} is the champion",
        happened=f"Version {version} serves {room.resource} and was adopted as the champion.",
        why=why,
        next_step=step,
    )
