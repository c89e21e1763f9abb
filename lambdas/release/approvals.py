"""What people said in the registry, written into the ledger: each approval counts once.

The registry tells of every change of a package, not only of its approval, and may tell twice or
late. So the package is looked up, and only a change from something else to Approved (or to
Rejected) is an approval (or a rejection).

The model package of a version, as the registry has it now.
"""

from dataclasses import dataclass

from driftloop.errors import InputError
from driftloop.release.next_action import VersionStatus
from driftloop.window import format_time
from lambdas.aws.context import ModelContext, version_key
from lambdas.aws.ledger import Condition, ConflictError, Update


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """What a release needs of a package; ``reason`` is why it was trained."""

    arn: str
    version: int
    approval_status: str
    baseline_uri: str
    model_data_url: str
    reason: str


def describe_package(context: ModelContext, arn: str) -> ModelPackage:
    """Look the package up; raises InputError where it is none of the loop's."""
    found = context.aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    properties = found.get("CustomerMetadataProperties", {})
    if "baseline_uri" not in properties:
        raise InputError(
            f"the package {arn} has no `baseline_uri` in its CustomerMetadataProperties, so that"
            " what it serves could not be watched: register it by the pipeline, or add the property"
        )
    container = found["InferenceSpecification"]["Containers"][0]
    return ModelPackage(
        arn=found["ModelPackageArn"],
        version=found["ModelPackageVersion"],
        approval_status=found["ModelApprovalStatus"],
        baseline_uri=properties["baseline_uri"],
        model_data_url=container["ModelDataUrl"],
        reason=properties.get("reason", ""),
    )


_APPROVED, _REJECTED = "Approved", "Rejected"


def record_approval(context: ModelContext, arn: str) -> None:
    """Write down what the registry says about one package now."""
    package = describe_package(context, arn)
    if package.approval_status in {_APPROVED, _REJECTED}:
        _note(context, package)


def record_missed_approvals(context: ModelContext) -> None:
    """Write down the approvals and rejections whose events were lost."""
    pages = (
        context.aws.client("sagemaker")
        .get_paginator("list_model_packages")
        .paginate(ModelPackageGroupName=context.resource)
    )
    known = {
        item["version"]: item.get("approval") for item in context.ledger.query_prefix("VERSION#")
    }
    champion = (context.ledger.get("CHAMPION") or {}).get("version", 0)
    for page in pages:
        for item in page["ModelPackageSummaryList"]:
            number, approval = item["ModelPackageVersion"], item["ModelApprovalStatus"]
            # Older ones that the ledger has never heard of are from before its time.
            is_news = known.get(number) != approval and (number in known or number > champion)
            if approval in {_APPROVED, _REJECTED} and is_news:
                record_approval(context, item["ModelPackageArn"])


def _note(context: ModelContext, package: ModelPackage) -> None:
    key = version_key(package.version)
    item = context.ledger.get(key)
    before = item.get("approval") if item else None
    if before == package.approval_status:
        return
    status = _status(context, package)
    values = {
        "version": package.version,
        "package_arn": package.arn,
        "baseline": package.baseline_uri,
        "model_data": package.model_data_url,
        "approval": package.approval_status,
        "decided": format_time(context.as_of),
    }
    if not _goes_on(item, status):
        values["status"] = str(status)
    when = Condition(equals={"approval": before}) if before else Condition(lacks=("approval",))
    try:
        context.ledger.write(Update(key, values, condition=when))
    except ConflictError:
        return  # another delivery of the same news was faster


def _status(context: ModelContext, package: ModelPackage) -> VersionStatus:
    if package.approval_status == _REJECTED:
        return VersionStatus.REJECTED
    champion = context.ledger.get("CHAMPION") or {}
    serves = champion.get("version") == package.version
    return VersionStatus.PROMOTED if serves else VersionStatus.APPROVED


def _goes_on(item: dict[str, object] | None, status: VersionStatus) -> bool:
    """Whether the version is on its way out or serves already, and is approved: nothing new."""
    busy = {VersionStatus.DEPLOYING, VersionStatus.PROMOTED}
    return item is not None and status is VersionStatus.APPROVED and item.get("status") in busy
