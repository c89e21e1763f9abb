"""What people said in the registry, written into the ledger: each approval counts once.

The registry tells of every change of a package, not only of its approval, and may tell twice or
late. So the package is looked up, and only a change from something else to Approved (or to
Rejected) is an approval (or a rejection).
"""

from driftloop.policy.release import Status
from driftloop.window import format_time
from lambdas.aws.ledger import Change, ConflictError, When
from lambdas.release.packages import Package, describe_package
from lambdas.release.room import Room, version_key

_APPROVED, _REJECTED = "Approved", "Rejected"


def note_package(room: Room, arn: str) -> None:
    """Write down what the registry says about one package now."""
    package = describe_package(room, arn)
    if package.approval in {_APPROVED, _REJECTED}:
        _note(room, package)


def note_all(room: Room) -> None:
    """Write down the approvals and rejections whose events were lost."""
    pages = (
        room.aws.client("sagemaker")
        .get_paginator("list_model_packages")
        .paginate(ModelPackageGroupName=room.resource)
    )
    known = {item["version"]: item.get("approval") for item in room.ledger.prefixed("VERSION#")}
    champion = (room.ledger.get("CHAMPION") or {}).get("version", 0)
    for page in pages:
        for item in page["ModelPackageSummaryList"]:
            number, approval = item["ModelPackageVersion"], item["ModelApprovalStatus"]
            # Older ones that the ledger has never heard of are from before its time.
            is_news = known.get(number) != approval and (number in known or number > champion)
            if approval in {_APPROVED, _REJECTED} and is_news:
                note_package(room, item["ModelPackageArn"])


def _note(room: Room, package: Package) -> None:
    key = version_key(package.version)
    item = room.ledger.get(key)
    before = item.get("approval") if item else None
    if before == package.approval:
        return
    status = _status(room, package)
    values = {
        "version": package.version,
        "package_arn": package.arn,
        "baseline": package.baseline,
        "model_data": package.model_data,
        "approval": package.approval,
        "decided": format_time(room.now),
    }
    if not _goes_on(item, status):
        values["status"] = str(status)
    when = When(equals={"approval": before}) if before else When(lacks=("approval",))
    try:
        room.ledger.write(Change(key, values, when=when))
    except ConflictError:
        return  # another delivery of the same news was faster


def _status(room: Room, package: Package) -> Status:
    if package.approval == _REJECTED:
        return Status.REJECTED
    champion = room.ledger.get("CHAMPION") or {}
    serves = champion.get("version") == package.version
    return Status.PROMOTED if serves else Status.APPROVED


def _goes_on(item: dict[str, object] | None, status: Status) -> bool:
    """Whether the version is on its way out or serves already, and is approved: nothing new."""
    busy = {Status.RELEASING, Status.PROMOTED}
    return item is not None and status is Status.APPROVED and item.get("status") in busy
