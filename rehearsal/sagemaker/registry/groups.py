"""Model package groups: the APIs that create, describe, list and delete them."""

from dataclasses import dataclass
from datetime import datetime

from rehearsal.sagemaker.context import CREATOR, SageMakerContext
from rehearsal.sagemaker.errors import conflict_error, validation_error
from rehearsal.sagemaker.pagination import paginate
from rehearsal.sagemaker.protocols import Body, Operations


@dataclass(slots=True)
class ModelPackageGroup:
    """A model package group. The number of a deleted version is not used again."""

    name: str
    arn: str
    created: datetime
    body: Body
    last_version: int = 0
    versions: int = 0

    def next_version(self) -> int:
        """Count a new version and return its number."""
        self.last_version += 1
        self.versions += 1
        return self.last_version


class ModelPackageGroups:
    """CreateModelPackageGroup and related APIs."""

    def __init__(self, context: SageMakerContext) -> None:
        self._context = context
        self._groups: dict[str, ModelPackageGroup] = {}

    def operations(self) -> Operations:
        """Return the APIs of this class by name."""
        return {
            "CreateModelPackageGroup": self.create_group,
            "DescribeModelPackageGroup": self.describe_group,
            "DeleteModelPackageGroup": self.delete_group,
            "ListModelPackageGroups": self.list_groups,
        }

    def has_group(self, name: str) -> bool:
        """Return whether the group exists."""
        return _name_from_arn(name) in self._groups

    def create_group(self, body: Body) -> Body:
        """CreateModelPackageGroup."""
        name = body["ModelPackageGroupName"]
        arn = self._context.arn("model-package-group", name)
        if name in self._groups:
            raise validation_error(f"Model Package Group already exists: {arn}")
        self._context.set_tags(arn, body.get("Tags", []))
        self._groups[name] = ModelPackageGroup(name, arn, self._context.now(), body)
        return {"ModelPackageGroupArn": arn}

    def describe_group(self, body: Body) -> Body:
        """DescribeModelPackageGroup."""
        group = self.get_group(body["ModelPackageGroupName"])
        return {
            **_summarize_group(group),
            "CreatedBy": CREATOR,
            "ModelPackageGroupDescription": group.body.get("ModelPackageGroupDescription"),
        }

    def delete_group(self, body: Body) -> Body:
        """DeleteModelPackageGroup; an error while the group has versions."""
        group = self.get_group(body["ModelPackageGroupName"])
        if group.versions:
            raise conflict_error(
                f"Model Package Group {group.arn} has Model Packages: delete them first"
            )
        del self._groups[group.name]
        self._context.tags.pop(group.arn, None)
        return {}

    def list_groups(self, body: Body) -> Body:
        """ListModelPackageGroups."""
        return paginate(
            self._groups.values(),
            body,
            key="ModelPackageGroupSummaryList",
            name="ModelPackageGroupName",
            summary=_summarize_group,
        )

    def get_group(self, name: str) -> ModelPackageGroup:
        """Return the group, by name or ARN; raises ServiceError."""
        if _name_from_arn(name) not in self._groups:
            raise validation_error(f"Model Package Group {_name_from_arn(name)} does not exist.")
        return self._groups[_name_from_arn(name)]


def _name_from_arn(name_or_arn: str) -> str:
    return name_or_arn.rpartition("/")[2]


def _summarize_group(group: ModelPackageGroup) -> Body:
    return {
        "ModelPackageGroupName": group.name,
        "ModelPackageGroupArn": group.arn,
        "CreationTime": group.created,
        "ModelPackageGroupStatus": "Completed",
    }
