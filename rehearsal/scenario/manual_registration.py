"""Registers versions as a person does, without the pipeline."""

from datetime import datetime
from typing import Any

import msgspec

from driftloop.contract.ledger_items import ChampionItem, VersionItem
from driftloop.release.next_action import VersionStatus
from rehearsal.scenario.account import Account
from rehearsal.scenario.scenario_context import ScenarioContext


def model_data_url(context: ScenarioContext, version: int) -> str:
    """Return the S3 URI of a version's archive."""
    return str(_container(context.account.describe_version(version))["ModelDataUrl"])


def register_again(
    context: ScenarioContext,
    version: int,
    *,
    reason: str,
    archive: str | None = None,
    group: str | None = None,
    baseline_uri: str | None = None,
) -> str:
    """Register a version's model as a new version that waits for approval.

    Args:
        context: The scenario.
        version: The version whose model and baseline the new one has.
        reason: Why, for people.
        archive: S3 URI of another archive with the model; None for the version's own.
        group: The model package group of another model; None for the version's own.
        baseline_uri: S3 URI of another baseline; None for the version's own.

    Returns:
        The ARN of the new version.
    """
    package = context.account.describe_version(version)
    metadata = {**package["CustomerMetadataProperties"], "reason": reason}
    container = dict(_container(package))
    if baseline_uri is not None:
        metadata["baseline_uri"] = baseline_uri
    if archive is not None:
        # The ETag is that of the version's own archive: release would refuse another one.
        metadata.pop("model_data_etag", None)
        container["ModelDataUrl"] = archive
    created = context.account.client("sagemaker").create_model_package(
        ModelPackageGroupName=group or context.account.endpoint,
        ModelPackageDescription=f"Registered manually: {reason}",
        ModelApprovalStatus="PendingManualApproval",
        CustomerMetadataProperties=metadata,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    return str(created["ModelPackageArn"])


def register_former_champion(
    context: ScenarioContext, account: Account, *, since: datetime, baseline_uri: str | None = None
) -> None:
    """Give another model a champion whose endpoint was deleted; it has the first model's archive.

    The version is registered and approved. That it served is written to the ledger.

    Args:
        context: The scenario.
        account: The account as the other model's, whose stack is deployed.
        since: When the version began to serve.
        baseline_uri: S3 URI of the version's baseline; None for the first model's.
    """
    reason = f"the first version of {account.model}"
    arn = register_again(
        context, 1, reason=reason, group=account.endpoint, baseline_uri=baseline_uri
    )
    account.client("sagemaker").update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved"
    )
    context.wait_until_idle()
    version = account.read_ledger(VersionItem, 1)
    if version is None:
        raise LookupError(f"the approval of {arn} was not recorded")
    config = account.names.initial_release(account.model, 1)
    account.write_ledger(
        msgspec.structs.replace(
            version,
            status=VersionStatus.AWAITING_ENDPOINT,
            endpoint_config_name=config,
            serving_from=since,
        )
    )
    account.write_ledger(
        ChampionItem(
            version=1,
            model_package_arn=arn,
            baseline_uri=version.baseline_uri,
            model_data_url=version.model_data_url,
            endpoint_config_name=config,
            serving_settings_digest="",
            promoted_at=since,
        )
    )


def _container(package: dict[str, Any]) -> dict[str, Any]:
    [container] = package["InferenceSpecification"]["Containers"]
    return dict(container)
