"""The model registry: versions of package groups, their approval, the event of each change."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from driftloop.window import format_time
from rehearsal.sagemaker.context import CREATOR, Context
from rehearsal.sagemaker.errors import invalid
from rehearsal.sagemaker.pagination import page
from rehearsal.sagemaker.registry.groups import Groups

Body = dict[str, Any]

STATE_CHANGE = "SageMaker Model Package State Change"


@dataclass(slots=True)
class EmulatedModelPackage:
    """A model package: a version of a group, or one on its own."""

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
        """Approved, Rejected or PendingManualApproval; None outside a group."""
        return self.body.get("ModelApprovalStatus")


class Registry:
    """CreateModelPackage, UpdateModelPackage and what belongs to them."""

    def __init__(self, context: Context, groups: Groups) -> None:
        self._context = context
        self._groups = groups
        self._packages: dict[str, EmulatedModelPackage] = {}
        self._tokens: dict[str, str] = {}

    def operations(self) -> dict[str, Any]:
        """The APIs of this part."""
        return {
            "CreateModelPackage": self.create,
            "DescribeModelPackage": self.describe,
            "UpdateModelPackage": self.update,
            "DeleteModelPackage": self.delete,
            "ListModelPackages": self.list_packages,
        }

    def container(self, package: str) -> Body:
        """The first container of a package's inference specification."""
        containers = self._package(package).body.get("InferenceSpecification", {}).get("Containers")
        if not containers or "ModelDataUrl" not in containers[0]:
            raise invalid(f"Model package {package} has no container with a ModelDataUrl")
        return dict(containers[0])

    def require_deployable(self, package: str) -> None:
        """Raise ServiceError unless the package stands alone or is approved."""
        found = self._package(package)
        if found.group is not None and found.approval != "Approved":
            raise invalid(
                f"Model package {found.arn} is not approved (ModelApprovalStatus: {found.approval})"
            )

    def create(self, body: Body) -> Body:
        """CreateModelPackage: the next version of its group, or a package of its own name."""
        token = body.get("ClientToken")
        if token in self._tokens:
            return {"ModelPackageArn": self._tokens[token]}
        package = self._new(body)
        self._context.set_tags(package.arn, body.get("Tags", []))
        self._packages[package.identity] = package
        if token:
            self._tokens[token] = package.arn
        self._announce(package)
        return {"ModelPackageArn": package.arn}

    def describe(self, body: Body) -> Body:
        """DescribeModelPackage, by ARN or name."""
        package = self._package(body["ModelPackageName"])
        kept = {
            key: value
            for key, value in package.body.items()
            if key not in {"Tags", "ClientToken", "ModelPackageGroupName", "ModelPackageName"}
        }
        return {
            **kept,
            **_package_summary(package),
            "ModelPackageName": package.name,
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CertifyForMarketplace": package.body.get("CertifyForMarketplace", False),
            "CreatedBy": CREATOR,
            "LastModifiedTime": package.modified,
            "ApprovalDescription": package.description,
        }

    def update(self, body: Body) -> Body:
        """UpdateModelPackage. CustomerMetadataProperties are replaced whole."""
        package = self._package(body["ModelPackageArn"])
        if "ModelApprovalStatus" in body and package.group is None:
            raise invalid("Only a version of a model package group can be approved or rejected")
        replaced = (
            "ModelApprovalStatus",
            "CustomerMetadataProperties",
            "InferenceSpecification",
            "SourceUri",
            "ModelCard",
            "ModelLifeCycle",
            "ModelPackageRegistrationType",
        )
        changed = {key: body[key] for key in replaced if key in body}
        package.body = {**package.body, **changed}
        _remove_metadata(package, body.get("CustomerMetadataPropertiesToRemove", []))
        _add_specifications(package, body.get("AdditionalInferenceSpecificationsToAdd", []))
        package.description = body.get("ApprovalDescription", package.description)
        package.modified = self._context.now()
        self._announce(package)
        return {"ModelPackageArn": package.arn}

    def delete(self, body: Body) -> Body:
        """DeleteModelPackage."""
        package = self._package(body["ModelPackageName"])
        del self._packages[package.identity]
        if package.group is not None:
            self._groups.find(package.group).versions -= 1
        self._context.tags.pop(package.arn, None)
        return {}

    def list_packages(self, body: Body) -> Body:
        """ListModelPackages: of one group, else those without a group unless asked for others."""
        return page(
            self._selected(body),
            body,
            key="ModelPackageSummaryList",
            name="ModelPackageArn",
            summary=_package_summary,
            descending=False,
        )

    def _selected(self, body: Body) -> Iterable[EmulatedModelPackage]:
        group = body.get("ModelPackageGroupName")
        kind = body.get("ModelPackageType", "Versioned" if group else "Unversioned")
        if group:
            group = self._groups.find(group).name
        status = body.get("ModelApprovalStatus")
        for package in self._packages.values():
            if kind != "Both" and (package.group is not None) != (kind == "Versioned"):
                continue
            if (group and package.group != group) or (status and package.approval != status):
                continue
            yield package

    def _new(self, body: Body) -> EmulatedModelPackage:
        now = self._context.now()
        if "ModelPackageGroupName" in body:
            group = self._groups.find(body["ModelPackageGroupName"])
            version = group.next_version()
            approval = body.get("ModelApprovalStatus", "PendingManualApproval")
            arn = self._context.arn("model-package", f"{group.name}/{version}")
            kept = {**body, "ModelApprovalStatus": approval}
            return EmulatedModelPackage(arn, group.name, group.name, version, now, kept)
        name = body.get("ModelPackageName")
        if not name:
            raise invalid("You must provide a ModelPackageName or a ModelPackageGroupName")
        if name in self._packages:
            raise invalid(f"Model Package already exists: {self._packages[name].arn}")
        return EmulatedModelPackage(
            self._context.arn("model-package", name), name, None, None, now, body
        )

    def _package(self, name: str) -> EmulatedModelPackage:
        identity = name.rpartition("model-package/")[2]
        if identity not in self._packages:
            raise invalid(f"Model Package {name} does not exist.")
        return self._packages[identity]

    def _announce(self, package: EmulatedModelPackage) -> None:
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
            "LastModifiedTime": format_time(package.modified or package.created),
        }
        present = {key: value for key, value in detail.items() if value is not None}
        self._context.announce(STATE_CHANGE, present, package.arn)


def _package_summary(package: EmulatedModelPackage) -> Body:
    return {
        "ModelPackageGroupName": package.group,
        "ModelPackageVersion": package.version,
        "ModelPackageArn": package.arn,
        "ModelPackageDescription": package.body.get("ModelPackageDescription"),
        "CreationTime": package.created,
        "ModelPackageStatus": "Completed",
        "ModelApprovalStatus": package.approval,
    }


def _remove_metadata(package: EmulatedModelPackage, keys: Iterable[str]) -> None:
    metadata = package.body.get("CustomerMetadataProperties", {})
    gone = set(keys)
    if gone:
        left = {key: value for key, value in metadata.items() if key not in gone}
        package.body = {**package.body, "CustomerMetadataProperties": left}


def _add_specifications(package: EmulatedModelPackage, added: list[Body]) -> None:
    if added:
        present = package.body.get("AdditionalInferenceSpecifications", [])
        package.body = {**package.body, "AdditionalInferenceSpecifications": [*present, *added]}
