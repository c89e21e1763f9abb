"""Records the version that the endpoint serves as the champion, if the ledger has another one."""

from datetime import datetime
from typing import Any

import msgspec
from boto3.dynamodb.conditions import Attr

from driftloop.contract.ledger_items import ChampionItem, VersionItem
from driftloop.errors import InputError
from driftloop.release.deployment import ServingSettings
from driftloop.release.next_action import VersionStatus, outdated_approvals
from lambdas.aws.commands import approval_command
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import ITEM_ABSENT, ConflictError, Put, Update
from lambdas.aws.publishing import notify
from lambdas.aws.versions import to_version
from lambdas.release.approvals import approved_etag, describe_package, missing_baseline
from lambdas.release.conditions import same_champion, same_decision, same_version
from lambdas.release.serving_periods import begin_period, end_rolled_back_period
from lambdas.release.state import describe_endpoint, is_new_endpoint


def adopt_serving_version(context: ModelContext, settings: ServingSettings) -> None:
    """The version of the endpoint's config becomes the champion, with its own baseline.

    If it is the champion already, and the endpoint is a new one, a new period of service begins.
    It was promoted before; a person's rejection of it remains.
    """
    endpoint = describe_endpoint(context)
    if endpoint is None:
        return
    config = endpoint["EndpointConfigName"]
    package = describe_package(context, _package_arn(context, config))
    problem = missing_baseline(package)
    if problem is not None:
        raise InputError(problem)
    previous = context.ledger.get(ChampionItem)
    since = _serving_since(context, endpoint, previous, package.version)
    champion = ChampionItem(
        version=package.version,
        model_package_arn=package.arn,
        baseline_uri=package.baseline_uri,
        model_data_url=package.model_data_url,
        endpoint_config_name=config,
        serving_settings_digest=settings.digest,
        promoted_at=since,
        replaced_version=previous.version if previous else None,
        endpoint_created_at=endpoint["CreationTime"],
        adopted_at=context.as_of,
        adoption_notified=False,
    )
    if previous is not None and _is_same_adoption(previous, champion):
        # Another delivery has recorded it since the state was read, or the endpoint was not found
        # for a moment.
        champion = msgspec.structs.replace(previous, endpoint_missing_since=None)
    unchanged = same_champion(previous) if previous else ITEM_ABSENT
    etag = approved_etag(context, package)
    version: dict[str, Any] = {
        "version": package.version,
        "status": str(VersionStatus.PROMOTED),
        "model_package_arn": package.arn,
        "baseline_uri": package.baseline_uri,
        "model_data_url": package.model_data_url,
        "model_approval_status": package.approval_status,
        "endpoint_config_name": config,
        **({"model_data_etag": etag} if etag else {}),
    }
    known = context.ledger.get(VersionItem, package.version)
    if previous is None or previous.version != package.version:
        version |= begin_period(known, since)
    else:
        if is_new_endpoint(previous, endpoint):
            version |= begin_period(known, endpoint["CreationTime"])
        if known is not None and known.status == VersionStatus.REJECTED:
            version["status"] = known.status
    removed = ("serving_until",)
    writes: list[Put | Update] = [
        Put(champion, unchanged),
        Update(VersionItem, (package.version,), version, removed, same_decision(known)),
    ]
    if previous and previous.version != package.version:
        writes.append(_replace(context, previous.version, since))
    # A transaction has one operation on an item (DynamoDB API reference, TransactWriteItems).
    replaced = previous.version if previous else None
    others = [item for item in context.ledger.query(VersionItem) if item.version != replaced]
    versions = [to_version(item) for item in others]
    for approved in outdated_approvals(versions, package.version, endpoint["CreationTime"]):
        outdated = {"status": str(VersionStatus.SUPERSEDED)}
        condition = same_version(approved)
        writes.append(Update(VersionItem, (approved.number,), outdated, condition=condition))
    context.ledger.write(*writes)


def _replace(context: ModelContext, version: int, until: datetime) -> Update:
    """The champion that was replaced; one that a person rejected stays rejected."""
    item = context.ledger.get(VersionItem, version)
    ended = item.serving_until if item is not None else None  # when the endpoint was not found
    values: dict[str, Any] = {"serving_until": min(ended or until, until)}
    if item is not None and item.status == VersionStatus.REJECTED:
        values |= end_rolled_back_period(item)
    else:
        values["status"] = str(VersionStatus.SUPERSEDED)
    return Update(VersionItem, (version,), values, condition=same_decision(item))


def notify_adoption(context: ModelContext) -> None:
    """Notify people of an adoption that they were not notified of."""
    champion = context.ledger.get(ChampionItem)
    if champion is None or champion.adoption_notified:
        return
    _notify(context, champion)
    same = Attr("endpoint_config_name").eq(champion.endpoint_config_name)
    try:
        context.ledger.write(Update(ChampionItem, (), {"adoption_notified": True}, condition=same))
    except ConflictError:
        return  # another version became the champion meanwhile


def _is_same_adoption(previous: ChampionItem, champion: ChampionItem) -> bool:
    """Whether the version was adopted from this endpoint before, with the same endpoint config."""
    return (previous.endpoint_config_name, previous.endpoint_created_at) == (
        champion.endpoint_config_name,
        champion.endpoint_created_at,
    )


def _serving_since(
    context: ModelContext, endpoint: dict[str, Any], previous: ChampionItem | None, version: int
) -> datetime:
    """The time from which all captured records are this version's.

    A new endpoint has served nothing else. Otherwise, the update of the endpoint has just been
    noticed.
    """
    if previous is not None and previous.version == version:
        return previous.promoted_at
    created: datetime = endpoint["CreationTime"]
    is_new = previous is None or is_new_endpoint(previous, endpoint)
    return min(context.as_of, created) if is_new else context.as_of


def _package_arn(context: ModelContext, config: str) -> str:
    sagemaker = context.aws.client("sagemaker")
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    model = sagemaker.describe_model(ModelName=variants[0]["ModelName"])
    containers = [model.get("PrimaryContainer") or {}, *model.get("Containers", ())]
    for container in containers:
        if "ModelPackageName" in container:
            return str(container["ModelPackageName"])
    raise InputError(
        f"the endpoint config {config} serves a model that was not created from a model package,"
        " so it has no baseline. Release a registered version instead"
    )


def _notify(context: ModelContext, champion: ChampionItem) -> None:
    version, config = champion.version, champion.endpoint_config_name
    replaced = champion.replaced_version
    previous = None if replaced is None else context.ledger.get(VersionItem, replaced)
    if previous is None or config == context.models.names.initial_release(context.name, version):
        why = "The endpoint is InService, and its stack created it with this version."
        step = "No action needed. Its windows are analyzed from now on."
    else:
        why = (
            f"The endpoint has another endpoint config than that of version {previous.version},"
            " and no release of driftloop deployed it."
        )
        step = (
            "Find out who changed the endpoint: look for UpdateEndpoint in CloudTrail. To return"
            f" to version {previous.version}, set its approval status to Rejected, then to"
            f" Approved:\n\n    {approval_command(previous.model_package_arn, 'Rejected')}\n"
            f"    {approval_command(previous.model_package_arn, 'Approved')}\n"
        )
    notify(
        context.aws,
        f"driftloop: version {version} of {context.name} is the champion",
        deduplication_id=context.deduplication_id(
            "adoption notification", config, champion.endpoint_created_at, champion.adopted_at
        ),
        what=f"Version {version} serves the endpoint {context.resource} and was recorded as the"
        " champion.",
        why=why,
        next_step=step,
    )
