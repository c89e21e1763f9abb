"""Records approvals and rejections of the model registry in the ledger, each of them once.

The registry publishes every change of a model package, not only of its approval status, and events
may arrive twice, late or never. So the model package is looked up, and a change from another status
to Approved (or Rejected) is an approval (or a rejection).

A person may also reject a version and approve it again before the first event is handled: the
status is the recorded one. Only an event shows such a decision, and only if the model package was
changed after the recorded decision, or after the release that was refused or rolled back since.
Without an event, a later change may be one of other members, so reconcile decides nothing from it.

A person may set the status back to PendingManualApproval: the approval is withdrawn, if the update
of the endpoint did not begin. A version that is deleted while it waits for its release is not
released either.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from driftloop.contract.aws_events import ModelPackageStateChange
from driftloop.contract.ledger_items import ChampionItem, ReleaseItem, VersionItem
from driftloop.release.next_action import ReleasePurpose, SupersedeApprovals, VersionStatus
from lambdas.aws.context import ModelContext
from lambdas.aws.errors import message_contains
from lambdas.aws.ledger import ConflictError, Update
from lambdas.release.conditions import same_decision, same_version
from lambdas.release.model_data import find_archive
from lambdas.release.notifications import notify_deleted_version, notify_missing_baseline

_APPROVED, _REJECTED, _PENDING = "Approved", "Rejected", "PendingManualApproval"
_WAITING = frozenset({VersionStatus.APPROVED, VersionStatus.AWAITING_ENDPOINT})
_MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """What a release needs of a model package.

    ``model_data_etag`` is that of the archive that was evaluated; None for a package that the
    pipeline did not register, as ``baseline_uri`` is empty. ``reason`` is why the version was
    trained. ``modified_at`` is None for a package that was never modified.
    """

    arn: str
    version: int
    approval_status: str
    baseline_uri: str
    model_data_url: str
    model_data_etag: str | None
    reason: str
    modified_at: datetime | None

    @property
    def is_approved(self) -> bool:
        """Whether a person has approved the version."""
        return self.approval_status == _APPROVED

    @property
    def is_rejected(self) -> bool:
        """Whether a person has rejected the version."""
        return self.approval_status == _REJECTED


def describe_package(context: ModelContext, arn: str) -> ModelPackage:
    """Look the model package up."""
    found = context.aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    properties = found.get("CustomerMetadataProperties", {})
    [container, *_] = found.get("InferenceSpecification", {}).get("Containers", [{}])
    return ModelPackage(
        arn=found["ModelPackageArn"],
        version=found["ModelPackageVersion"],
        approval_status=found["ModelApprovalStatus"],
        baseline_uri=properties.get("baseline_uri", ""),
        model_data_url=container.get("ModelDataUrl", ""),
        model_data_etag=properties.get("model_data_etag", "").strip('"') or None,
        reason=properties.get("reason", ""),
        modified_at=found.get("LastModifiedTime"),
    )


def missing_baseline(package: ModelPackage) -> str | None:
    """Why an endpoint of the package could not be monitored; None if it can."""
    if package.baseline_uri:
        return None
    return (
        f"the model package {package.arn} has no `baseline_uri` in its CustomerMetadataProperties,"
        " so its endpoint could not be monitored. Register it with the pipeline, or add the"
        " property"
    )


def approved_etag(context: ModelContext, package: ModelPackage) -> str | None:
    """The ETag of the archive as it was evaluated, or else as it is now; None if it is not read."""
    return package.model_data_etag or find_archive(context, package.model_data_url).etag


def record_approval(context: ModelContext, change: ModelPackageStateChange) -> None:
    """Record the present approval status of a model package that was changed."""
    package = _find_package(context, change.model_package_arn)
    if package is None:
        _record_deletion(context, change.model_package_version)
        return
    if package.approval_status == _PENDING:
        _withdraw(context, package.version)
        return
    modified_at = (package.modified_at or context.as_of).replace(microsecond=0)
    if change.model_approval_status != package.approval_status:
        # It was set after the event, at the latest by the package's last change.
        _record(context, package, modified_at, changed_at=min(context.as_of, modified_at))
    elif change.sets_approval_status:
        # SageMaker may send several events for one change (developer guide, Events that Amazon
        # SageMaker AI sends to Amazon EventBridge), the later ones after the release was refused.
        _record(context, package, context.as_of, changed_at=min(context.as_of, modified_at))
    else:
        _record(context, package, context.as_of)


def record_missed_approvals(context: ModelContext) -> None:
    """Record the approvals, rejections, withdrawals and deletions whose events were lost."""
    pages = (
        context.aws.client("sagemaker")
        .get_paginator("list_model_packages")
        .paginate(ModelPackageGroupName=context.resource)
    )
    items = context.ledger.query(VersionItem)
    known = {item.version: item.model_approval_status for item in items}
    waiting = {item.version: item for item in items if item.status in _WAITING}
    champion = context.ledger.get(ChampionItem)
    newest = champion.version if champion else 0
    for page in pages:
        for package in page["ModelPackageSummaryList"]:
            number, status = package["ModelPackageVersion"], package["ModelApprovalStatus"]
            waiting.pop(number, None)
            # Older versions that the ledger does not have were registered before it existed.
            is_new = known.get(number) != status and (number in known or number > newest)
            if status == _PENDING and is_new:
                _withdraw(context, number)
            elif is_new:
                _record_missed(context, package["ModelPackageArn"])
    for number, item in waiting.items():
        if _find_package(context, item.model_package_arn) is None:
            _record_deletion(context, number)


def _find_package(context: ModelContext, arn: str) -> ModelPackage | None:
    """The model package, or None if it was deleted."""
    try:
        return describe_package(context, arn)
    except ClientError as error:
        if message_contains(error, "does not exist"):
            return None
        raise


def _record_deletion(context: ModelContext, number: int) -> None:
    """Notify that a version is not released, as it was deleted, and record it.

    Otherwise it would wait without an end, and prevent retrainings. AWS refuses a release that is
    in progress.
    """
    item = context.ledger.get(VersionItem, number)
    if item is None or item.status not in _WAITING:
        return
    notify_deleted_version(context, item)
    refused = {"status": str(VersionStatus.RELEASE_REFUSED)}
    try:
        context.ledger.write(Update(VersionItem, item.key, refused, condition=same_decision(item)))
    except ConflictError:
        return  # another delivery has notified of it, with the same ID


def _record_missed(context: ModelContext, arn: str) -> None:
    """Record it, unless its archive belongs to an earlier data stack of the environment.

    The registry outlives the data stack. After `cdk destroy --all`, a new ledger begins without
    champion, and no endpoint may read what the registry still has of the old environment.
    """
    package = describe_package(context, arn)
    if package.model_data_url.startswith(f"s3://{context.aws.setting('ARTIFACTS_BUCKET')}/"):
        record_lost_decision(context, package)


def record_lost_decision(context: ModelContext, package: ModelPackage) -> None:
    """Record the package's approval status, whose event may have been lost."""
    if package.approval_status == _PENDING:
        _withdraw(context, package.version)
        return
    # The decision is at least as old as the package's last change, so that one whose event was
    # lost does not replace a later one. API reference, DescribeModelPackage, LastModifiedTime.
    _record(context, package, min(package.modified_at or context.as_of, context.as_of))


def _record(
    context: ModelContext,
    package: ModelPackage,
    decided_at: datetime,
    changed_at: datetime | None = None,
) -> None:
    """Record the package's approval status, unless it is recorded.

    If an event says that the status was changed at ``changed_at``, it is also recorded if that is
    later than the recorded decision.
    """
    for _ in range(_MAX_ATTEMPTS):
        item = context.ledger.get(VersionItem, package.version)
        if (
            item is not None
            and item.model_approval_status == package.approval_status
            and not _is_later(changed_at, item)
        ):
            return
        try:
            _write(context, package, item, decided_at)
        except ConflictError:
            continue  # another delivery was faster, perhaps with the same change
        return
    raise ConflictError(f"version {package.version} is changed by other deliveries all the time")


def _withdraw(context: ModelContext, number: int) -> None:
    """Record that a version is not approved any more, unless its update began."""
    for _ in range(_MAX_ATTEMPTS):
        item = context.ledger.get(VersionItem, number)
        if item is None or not _is_waiting(context, item):
            return
        values = {"model_approval_status": _PENDING, "status": str(VersionStatus.SUPERSEDED)}
        try:
            change = Update(VersionItem, (number,), values, condition=same_decision(item))
            context.ledger.write(change)
        except ConflictError:
            continue  # another delivery has changed it
        return
    raise ConflictError(f"version {number} is changed by other deliveries all the time")


def _is_waiting(context: ModelContext, item: VersionItem) -> bool:
    """Whether the version is approved, and UpdateEndpoint had no effect that is known."""
    if item.status in _WAITING:
        return True
    release = context.ledger.get(ReleaseItem)
    return (
        item.status == VersionStatus.DEPLOYING
        and release is not None
        and release.version == item.version
        and release.purpose == ReleasePurpose.APPROVAL
        and release.requested_at is None
        and release.update_seen_at is None
    )


def _is_later(changed_at: datetime | None, item: VersionItem) -> bool:
    """Whether it was changed after the decision; an adopted version was approved to be served."""
    recorded = item.decided_at or item.serving_from
    return changed_at is not None and (recorded is None or changed_at > recorded)


def _write(
    context: ModelContext, package: ModelPackage, item: VersionItem | None, decided_at: datetime
) -> None:
    """Write the decision; raises ConflictError if the version was changed since it was read."""
    values: dict[str, Any] = {
        "version": package.version,
        "model_package_arn": package.arn,
        "baseline_uri": package.baseline_uri,
        "model_data_url": package.model_data_url,
        "model_approval_status": package.approval_status,
        "decided_at": decided_at,
    }
    remove: tuple[str, ...] = ()
    if package.approval_status == _APPROVED and package.model_data_url:
        etag = approved_etag(context, package)
        values |= {"model_data_etag": etag} if etag else {}
        remove = () if etag else ("model_data_etag",)
    status = _status(context, package)
    if not _is_deployed(item, status):
        problem = missing_baseline(package) if status is VersionStatus.APPROVED else None
        if problem is not None:
            status = VersionStatus.RELEASE_REFUSED
            notify_missing_baseline(context, package.arn, package.version, problem, decided_at)
        values["status"] = str(status)
    context.ledger.write(
        Update(VersionItem, (package.version,), values, remove, condition=same_decision(item))
    )


def supersede_approvals(context: ModelContext, action: SupersedeApprovals) -> None:
    """Supersede approvals; raises ConflictError if one of them was decided anew."""
    superseded = {"status": str(VersionStatus.SUPERSEDED)}
    context.ledger.write(
        *(
            Update(VersionItem, (version.number,), superseded, condition=same_version(version))
            for version in action.versions
        )
    )


def _status(context: ModelContext, package: ModelPackage) -> VersionStatus:
    if package.approval_status == _REJECTED:
        return VersionStatus.REJECTED
    champion = context.ledger.get(ChampionItem)
    serves = champion is not None and champion.version == package.version
    return VersionStatus.PROMOTED if serves else VersionStatus.APPROVED


def _is_deployed(item: VersionItem | None, status: VersionStatus) -> bool:
    """Whether an approved version is being deployed or serves already, so its status stays."""
    deployed = {VersionStatus.DEPLOYING, VersionStatus.PROMOTED}
    return item is not None and status is VersionStatus.APPROVED and item.status in deployed
