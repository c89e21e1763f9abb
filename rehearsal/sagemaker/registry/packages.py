"""Model packages: the APIs that register, approve, describe, list and delete them."""

from collections.abc import Iterable

from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.errors import validation_error
from rehearsal.sagemaker.pagination import paginate
from rehearsal.sagemaker.protocols import Body, Operations
from rehearsal.sagemaker.registry.groups import ModelPackageGroups
from rehearsal.sagemaker.registry.package_state import (
    EmulatedModelPackage,
    announce_package,
    describe_package,
    summarize_package,
)

REPLACEABLE_MEMBERS = (
    "ModelApprovalStatus",
    "CustomerMetadataProperties",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)
"""Members that UpdateModelPackage replaces whole."""


class ModelPackages:
    """CreateModelPackage, UpdateModelPackage and related APIs."""

    def __init__(self, context: SageMakerContext, groups: ModelPackageGroups) -> None:
        self._context = context
        self._groups = groups
        self._packages: dict[str, EmulatedModelPackage] = {}
        self._tokens: dict[str, str] = {}

    def operations(self) -> Operations:
        """Return the APIs of this class by name."""
        return {
            "CreateModelPackage": self.create,
            "DescribeModelPackage": self.describe,
            "UpdateModelPackage": self.update,
            "DeleteModelPackage": self.delete,
            "ListModelPackages": self.list_packages,
        }

    def get_container(self, package: str) -> Body:
        """Return the first container of a package's inference specification."""
        specification = self._get_package(package).body.get("InferenceSpecification", {})
        containers = specification.get("Containers")
        if not containers or "ModelDataUrl" not in containers[0]:
            raise validation_error(f"Model package {package} has no container with a ModelDataUrl")
        return dict(containers[0])

    def require_deployable(self, name: str) -> None:
        """Raise ServiceError unless the package is approved or has no group."""
        package = self._get_package(name)
        if package.group is not None and package.approval != "Approved":
            raise validation_error(
                f"Model package {package.arn} is not approved "
                f"(ModelApprovalStatus: {package.approval})"
            )

    def create(self, body: Body) -> Body:
        """CreateModelPackage: the next version of a group, or a package with a name of its own."""
        token = body.get("ClientToken")
        if token in self._tokens:
            return {"ModelPackageArn": self._tokens[token]}
        package = self._new_package(body)
        self._context.set_tags(package.arn, body.get("Tags", []))
        self._packages[package.identity] = package
        if token:
            self._tokens[token] = package.arn
        announce_package(self._context, package)
        return {"ModelPackageArn": package.arn}

    def describe(self, body: Body) -> Body:
        """DescribeModelPackage, by ARN or name."""
        return describe_package(self._get_package(body["ModelPackageName"]))

    def update(self, body: Body) -> Body:
        """UpdateModelPackage. CustomerMetadataProperties are replaced whole."""
        package = self._get_package(body["ModelPackageArn"])
        if "ModelApprovalStatus" in body and package.group is None:
            raise validation_error(
                "Only a version of a model package group can be approved or rejected"
            )
        package.update_members({key: body[key] for key in REPLACEABLE_MEMBERS if key in body})
        package.remove_metadata(body.get("CustomerMetadataPropertiesToRemove", []))
        package.add_specifications(body.get("AdditionalInferenceSpecificationsToAdd", []))
        package.description = body.get("ApprovalDescription", package.description)
        package.modified = self._context.now()
        announce_package(self._context, package, body.keys() - {"ModelPackageArn"})
        return {"ModelPackageArn": package.arn}

    def delete(self, body: Body) -> Body:
        """DeleteModelPackage."""
        package = self._get_package(body["ModelPackageName"])
        del self._packages[package.identity]
        if package.group is not None:
            self._groups.get_group(package.group).versions -= 1
        self._context.tags.pop(package.arn, None)
        return {}

    def list_packages(self, body: Body) -> Body:
        """ListModelPackages: those of one group; without a group, the unversioned ones."""
        return paginate(
            self._select(body),
            body,
            key="ModelPackageSummaryList",
            name="ModelPackageArn",
            summary=summarize_package,
            descending=False,
        )

    def _select(self, body: Body) -> Iterable[EmulatedModelPackage]:
        group = body.get("ModelPackageGroupName")
        kind = body.get("ModelPackageType", "Versioned" if group else "Unversioned")
        if group:
            group = self._groups.get_group(group).name
        status = body.get("ModelApprovalStatus")
        for package in self._packages.values():
            if kind != "Both" and (package.group is not None) != (kind == "Versioned"):
                continue
            if (group and package.group != group) or (status and package.approval != status):
                continue
            yield package

    def _new_package(self, body: Body) -> EmulatedModelPackage:
        now = self._context.now()
        if "ModelPackageGroupName" in body:
            group = self._groups.get_group(body["ModelPackageGroupName"])
            version = group.next_version()
            approval = body.get("ModelApprovalStatus", "PendingManualApproval")
            arn = self._context.arn("model-package", f"{group.name}/{version}")
            members = {**body, "ModelApprovalStatus": approval}
            return EmulatedModelPackage(arn, group.name, group.name, version, now, members)
        name = body.get("ModelPackageName")
        if not name:
            raise validation_error("You must provide a ModelPackageName or a ModelPackageGroupName")
        if name in self._packages:
            raise validation_error(f"Model Package already exists: {self._packages[name].arn}")
        return EmulatedModelPackage(
            self._context.arn("model-package", name), name, None, None, now, body
        )

    def _get_package(self, name: str) -> EmulatedModelPackage:
        identity = name.rpartition("model-package/")[2]
        if identity not in self._packages:
            raise validation_error(f"Model Package {name} does not exist.")
        return self._packages[identity]
