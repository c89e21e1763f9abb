"""Writes down as the champion what the endpoint serves, where the ledger does not know it."""

from typing import Any

from driftloop.errors import InputError
from driftloop.release.deployment import ServingSettings
from driftloop.release.next_action import VersionStatus
from driftloop.window import format_time
from lambdas.aws.context import ModelContext, version_key
from lambdas.aws.ledger import Condition, Put, Update
from lambdas.aws.publishing import notify
from lambdas.release.approvals import describe_package
from lambdas.release.state import describe_endpoint

Item = dict[str, Any]


def adopt_serving_version(context: ModelContext, settings: ServingSettings) -> None:
    """The version behind the endpoint's config becomes the champion, with its own baseline."""
    endpoint = describe_endpoint(context)
    if endpoint is None:
        return
    config = endpoint["EndpointConfigName"]
    package = describe_package(context, _package_arn(context, config))
    before = context.ledger.get("CHAMPION")
    # What has been captured since the endpoint was made is this version's, if nobody was before.
    since = format_time(context.as_of if before else min(context.as_of, endpoint["CreationTime"]))
    champion = {
        "version": package.version,
        "package_arn": package.arn,
        "baseline": package.baseline_uri,
        "model_data": package.model_data_url,
        "endpoint_config": config,
        "settings": settings.digest,
        "since": since,
    }
    unchanged = (
        Condition(equals={"endpoint_config": before["endpoint_config"]})
        if before
        else Condition(absent=True)
    )
    version = {
        "version": package.version,
        "status": str(VersionStatus.PROMOTED),
        "package_arn": package.arn,
        "baseline": package.baseline_uri,
        "model_data": package.model_data_url,
        "approval": package.approval_status,
        "endpoint_config": config,
        "serving_from": since,
    }
    writes: list[Put | Update] = [
        Put("CHAMPION", champion, unchanged),
        Update(version_key(package.version), version, remove=("serving_until",)),
    ]
    if before and before["version"] != package.version:
        gone = {"status": str(VersionStatus.SUPERSEDED), "serving_until": since}
        writes.append(Update(version_key(before["version"]), gone))
    context.ledger.write(*writes)
    _notify(context, before, package.version)


def _package_arn(context: ModelContext, config: str) -> str:
    sagemaker = context.aws.client("sagemaker")
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


def _notify(context: ModelContext, before: Item | None, version: int) -> None:
    if before is None:
        why = "The endpoint has come into service, and the ledger had no champion."
        step = "Nothing: its windows are judged from now on."
    else:
        why = (
            f"The endpoint shows another config than version {before['version']}'s, and no release"
            " of driftloop's put it there."
        )
        step = "Find out who changed the endpoint; to undo it, reject and approve a version."
    notify(
        context.aws,
        f"driftloop: version {version} of {context.name} is the champion",
        what=f"Version {version} serves {context.resource} and was adopted as the champion.",
        why=why,
        next_step=step,
    )
