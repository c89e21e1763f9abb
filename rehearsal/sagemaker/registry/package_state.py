"""The state of one model package, how the API describes it, and the event of its changes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from driftloop.window import format_time
from rehearsal.sagemaker.context import CREATOR, SageMakerContext
from rehearsal.sagemaker.protocols import Body

STATE_CHANGE = "SageMaker Model Package State Change"


@dataclass(slots=True)
class EmulatedModelPackage:
    """A model package: a version of a group, or a package without a group."""

    arn: str
    name: str
    group: str | None
    version: int | None
    created: datetime
    body: Body
    modified: datetime | None = None
    description: str | None = None
    identity: str = field(init=False)

    def __post_init__(self) -> None:
        self.identity = self.arn.rpartition("model-package/")[2]

    @property
    def approval(self) -> str | None:
        """Approved, Rejected or PendingManualApproval; None without a group."""
        return self.body.get("ModelApprovalStatus")

    def update_members(self, members: Body) -> None:
        """Replace members of the request that created the package."""
        self.body = {**self.body, **members}

    def remove_metadata(self, keys: Iterable[str]) -> None:
        """Remove keys from CustomerMetadataProperties."""
        removed = set(keys)
        if removed:
            metadata = self.body.get("CustomerMetadataProperties", {})
            kept = {key: value for key, value in metadata.items() if key not in removed}
            self.update_members({"CustomerMetadataProperties": kept})

    def add_specifications(self, added: list[Body]) -> None:
        """Add to AdditionalInferenceSpecifications."""
        if added:
            present = self.body.get("AdditionalInferenceSpecifications", [])
            self.update_members({"AdditionalInferenceSpecifications": [*present, *added]})


def describe_package(package: EmulatedModelPackage) -> Body:
    """Return the response of DescribeModelPackage."""
    members = {
        key: value
        for key, value in package.body.items()
        if key not in {"Tags", "ClientToken", "ModelPackageGroupName", "ModelPackageName"}
    }
    return {
        **members,
        **summarize_package(package),
        "ModelPackageName": package.name,
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": package.body.get("CertifyForMarketplace", False),
        "CreatedBy": CREATOR,
        "LastModifiedTime": package.modified,
        "ApprovalDescription": package.description,
    }


def summarize_package(package: EmulatedModelPackage) -> Body:
    """Return an entry of ListModelPackages."""
    return {
        "ModelPackageGroupName": package.group,
        "ModelPackageVersion": package.version,
        "ModelPackageArn": package.arn,
        "ModelPackageDescription": package.body.get("ModelPackageDescription"),
        "CreationTime": package.created,
        "ModelPackageStatus": "Completed",
        "ModelApprovalStatus": package.approval,
    }


def announce_package(
    context: SageMakerContext, package: EmulatedModelPackage, updated: Iterable[str] = ()
) -> None:
    """Send ``SageMaker Model Package State Change``; packages without a group send none.

    ``updated`` are the members that UpdateModelPackage changed.
    """
    if package.group is None:
        return
    detail: Body = {
        "ModelPackageGroupName": package.group,
        "ModelPackageVersion": package.version,
        "ModelPackageArn": package.arn,
        "CreationTime": format_time(package.created),
        "InferenceSpecification": package.body.get("InferenceSpecification"),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": package.body.get("CertifyForMarketplace", False),
        "ModelApprovalStatus": package.approval,
        "MetadataProperties": package.body.get("MetadataProperties"),
        "ModelMetrics": package.body.get("ModelMetrics"),
        "UpdatedModelPackageFields": sorted(updated) or None,
        "LastModifiedTime": format_time(package.modified or package.created),
    }
    present = {key: value for key, value in detail.items() if value is not None}
    context.announce(STATE_CHANGE, present, package.arn)
