"""AWS::SageMaker::ModelPackageGroup and AWS::SageMaker::ModelPackage."""

from rehearsal.sagemaker.cloudformation.calls import (
    CloudFormationCalls,
    ProvisionedResource,
    Provisioner,
    name_from_arn,
)
from rehearsal.sagemaker.cloudformation.properties import to_request
from rehearsal.sagemaker.protocols import Body

MUTABLE_PROPERTIES = ("ModelApprovalStatus", "CustomerMetadataProperties", "ApprovalDescription")
"""Properties of a model package whose change is an update, not a replacement."""


def group_provisioner(calls: CloudFormationCalls) -> Provisioner:
    """Return the provisioner of model package groups."""

    def create(_logical_id: str, properties: Body, _stack_name: str) -> ProvisionedResource:
        given = {
            key: value for key, value in properties.items() if key != "ModelPackageGroupPolicy"
        }
        created = calls("CreateModelPackageGroup", **to_request("CreateModelPackageGroup", given))
        arn = created["ModelPackageGroupArn"]
        return arn, _group_attributes(calls, properties["ModelPackageGroupName"])

    def update(physical_id: str, old: Body, new: Body, stack_name: str) -> ProvisionedResource:
        if new["ModelPackageGroupName"] != old.get("ModelPackageGroupName"):
            return create("", new, stack_name)
        calls.update_tags(physical_id, old, new)
        return physical_id, _group_attributes(calls, new["ModelPackageGroupName"])

    def delete(physical_id: str, _properties: Body) -> None:
        name = name_from_arn(physical_id)
        calls.delete_if_exists("DeleteModelPackageGroup", ModelPackageGroupName=name)

    return {"create": create, "update": update, "delete": delete}


def package_provisioner(calls: CloudFormationCalls) -> Provisioner:
    """Return the provisioner of model packages."""

    def create(_logical_id: str, properties: Body, _stack_name: str) -> ProvisionedResource:
        created = calls("CreateModelPackage", **to_request("CreateModelPackage", properties))
        arn = created["ModelPackageArn"]
        return arn, _package_attributes(calls, arn)

    def update(physical_id: str, old: Body, new: Body, stack_name: str) -> ProvisionedResource:
        changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        if changed - {*MUTABLE_PROPERTIES, "Tags"}:
            return create("", new, stack_name)
        given = {key: new[key] for key in MUTABLE_PROPERTIES if key in new}
        calls("UpdateModelPackage", ModelPackageArn=physical_id, **given)
        calls.update_tags(physical_id, old, new)
        return physical_id, _package_attributes(calls, physical_id)

    def delete(physical_id: str, _properties: Body) -> None:
        calls.delete_if_exists("DeleteModelPackage", ModelPackageName=physical_id)

    return {"create": create, "update": update, "delete": delete}


def _group_attributes(calls: CloudFormationCalls, name: str) -> Body:
    group = calls("DescribeModelPackageGroup", ModelPackageGroupName=name)
    return {
        "ModelPackageGroupArn": group["ModelPackageGroupArn"],
        "ModelPackageGroupStatus": group["ModelPackageGroupStatus"],
        "CreationTime": str(group["CreationTime"]),
    }


def _package_attributes(calls: CloudFormationCalls, arn: str) -> Body:
    package = calls("DescribeModelPackage", ModelPackageName=arn)
    return {
        "ModelPackageArn": arn,
        "ModelPackageVersion": str(package.get("ModelPackageVersion", "")),
        "ModelPackageStatus": package["ModelPackageStatus"],
        "CreationTime": str(package["CreationTime"]),
    }
