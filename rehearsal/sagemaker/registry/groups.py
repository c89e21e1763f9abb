"""Model package groups."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rehearsal.sagemaker.context import CREATOR, Context
from rehearsal.sagemaker.errors import conflict, invalid
from rehearsal.sagemaker.pagination import page

Body = dict[str, Any]


@dataclass(slots=True)
class Group:
    """A model package group. Versions count up; a deleted one's number is never given again."""

    name: str
    arn: str
    created: datetime
    body: Body
    last_version: int = 0
    versions: int = 0

    def next_version(self) -> int:
        """The number of a version that is being registered."""
        self.last_version += 1
        self.versions += 1
        return self.last_version


class Groups:
    """CreateModelPackageGroup and what belongs to it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._groups: dict[str, Group] = {}

    def operations(self) -> dict[str, Any]:
        """The APIs of this part."""
        return {
            "CreateModelPackageGroup": self.create_group,
            "DescribeModelPackageGroup": self.describe_group,
            "DeleteModelPackageGroup": self.delete_group,
            "ListModelPackageGroups": self.list_groups,
        }

    def has_group(self, name: str) -> bool:
        """Whether the group exists."""
        return _last(name) in self._groups

    def create_group(self, body: Body) -> Body:
        """CreateModelPackageGroup."""
        name = body["ModelPackageGroupName"]
        arn = self._context.arn("model-package-group", name)
        if name in self._groups:
            raise invalid(f"Model Package Group already exists: {arn}")
        self._context.set_tags(arn, body.get("Tags", []))
        self._groups[name] = Group(name, arn, self._context.now(), body)
        return {"ModelPackageGroupArn": arn}

    def describe_group(self, body: Body) -> Body:
        """DescribeModelPackageGroup."""
        group = self.find(body["ModelPackageGroupName"])
        return {
            **_group_summary(group),
            "CreatedBy": CREATOR,
            "ModelPackageGroupDescription": group.body.get("ModelPackageGroupDescription"),
        }

    def delete_group(self, body: Body) -> Body:
        """DeleteModelPackageGroup; refused while it has versions."""
        group = self.find(body["ModelPackageGroupName"])
        if group.versions:
            raise conflict(f"Model Package Group {group.arn} has Model Packages: delete them first")
        del self._groups[group.name]
        self._context.tags.pop(group.arn, None)
        return {}

    def list_groups(self, body: Body) -> Body:
        """ListModelPackageGroups."""
        return page(
            self._groups.values(),
            body,
            key="ModelPackageGroupSummaryList",
            name="ModelPackageGroupName",
            summary=_group_summary,
        )

    def find(self, name: str) -> Group:
        """The group, by name or ARN; raises ServiceError."""
        if _last(name) not in self._groups:
            raise invalid(f"Model Package Group {_last(name)} does not exist.")
        return self._groups[_last(name)]


def _last(name_or_arn: str) -> str:
    return name_or_arn.rpartition("/")[2]


def _group_summary(group: Group) -> Body:
    return {
        "ModelPackageGroupName": group.name,
        "ModelPackageGroupArn": group.arn,
        "CreationTime": group.created,
        "ModelPackageGroupStatus": "Completed",
    }
