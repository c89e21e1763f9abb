"""The SageMaker resource types of CloudFormation, by the calls that CloudFormation makes for them.

Every function may block (an endpoint's creation waits for its models): run them in a worker thread.
A provisioner is ``create(logical_id, properties, stack_name)`` and ``update(physical_id, old, new,
stack_name)``, which return the physical id and the attributes, and ``delete(physical_id,
properties)``.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from rehearsal.sagemaker.cloudformation.properties import request
from rehearsal.sagemaker.errors import ServiceError
from rehearsal.sagemaker.service import SageMaker

Body = dict[str, Any]
Created = tuple[str, Body]
Provisioner = dict[str, Callable[..., Any]]

ENDPOINT_SECONDS = 240.0
CALLER = "cloudformation"
NAME_LENGTH = 63


class CloudFormationCalls:
    """CloudFormation's calls to SageMaker. An error reads as CloudFormation reports it."""

    def __init__(self, service: SageMaker) -> None:
        self.service = service

    def __call__(self, api: str, **body: Any) -> Body:
        """Call one API; raises ValueError, which fails the resource."""
        try:
            return self.service.handle(api, body, caller=CALLER)
        except ServiceError as error:
            raise ValueError(f"{api}: {error}") from error

    def quietly(self, api: str, **body: Any) -> None:
        """Delete something: that it isn't there any more is no error."""
        try:
            self.service.handle(api, body, caller=CALLER)
        except ServiceError as error:
            if "not find" not in error.message and "not exist" not in error.message:
                raise ValueError(f"{api}: {error}") from error


def provisioners(service: SageMaker) -> dict[str, Provisioner]:
    """Provisioners by resource type."""
    calls = CloudFormationCalls(service)
    return {
        "AWS::SageMaker::Model": _immutable(calls, "Model", "ModelName"),
        "AWS::SageMaker::EndpointConfig": _immutable(calls, "EndpointConfig", "EndpointConfigName"),
        "AWS::SageMaker::Endpoint": _endpoint(calls),
        "AWS::SageMaker::ModelPackageGroup": _group(calls),
        "AWS::SageMaker::ModelPackage": _package(calls),
        "AWS::SageMaker::Pipeline": _pipeline(calls),
    }


def generated_name(logical_id: str, stack_name: str, properties: Body) -> str:
    """A name as CloudFormation makes one: stack, logical id, and a token of the content."""
    token = hashlib.sha256(repr(sorted(properties.items())).encode()).hexdigest()[:12]
    return f"{stack_name}-{logical_id}"[: NAME_LENGTH - 13].rstrip("-") + f"-{token}"


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


def _immutable(calls: CloudFormationCalls, noun: str, name: str) -> Provisioner:
    """Models and endpoint configs: every change is a replacement."""
    arn = f"{noun}Arn"

    def create(logical_id: str, properties: Body, stack_name: str) -> Created:
        given = {name: generated_name(logical_id, stack_name, properties), **properties}
        made = calls(f"Create{noun}", **request(f"Create{noun}", given))
        return made[arn], {name: given[name], arn: made[arn]}

    def update(_physical_id: str, old: Body, new: Body, stack_name: str) -> Created:
        if name in new and new[name] == old.get(name):
            raise ValueError(
                f"CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {new[name]} and update the stack again."
            )
        return create(noun, new, stack_name)

    def delete(physical_id: str, _properties: Body) -> None:
        calls.quietly(f"Delete{noun}", **{name: _last(physical_id)})

    return {"create": create, "update": update, "delete": delete}


def _endpoint(calls: CloudFormationCalls) -> Provisioner:
    only_updates = (
        "DeploymentConfig",
        "RetainAllVariantProperties",
        "RetainDeploymentConfig",
        "ExcludeRetainedVariantProperties",
    )

    def create(logical_id: str, properties: Body, stack_name: str) -> Created:
        name = properties.get("EndpointName") or generated_name(logical_id, stack_name, {})
        given = {key: value for key, value in properties.items() if key not in only_updates}
        arn = calls("CreateEndpoint", **request("CreateEndpoint", {**given, "EndpointName": name}))
        described = calls.service.wait_for_endpoint(name, ENDPOINT_SECONDS)
        if described["EndpointStatus"] == "Failed":
            calls.quietly("DeleteEndpoint", EndpointName=name)
            raise ValueError(f"Endpoint {name} failed: {described.get('FailureReason')}")
        return arn["EndpointArn"], {"EndpointName": name, "EndpointArn": arn["EndpointArn"]}

    def update(physical_id: str, old: Body, new: Body, stack_name: str) -> Created:
        name = _last(physical_id)
        if new.get("EndpointName", name) != name:
            return create("Endpoint", new, stack_name)
        attributes = {"EndpointName": name, "EndpointArn": physical_id}
        if new.get("EndpointConfigName") != old.get("EndpointConfigName"):
            wanted = {key: new[key] for key in ("EndpointConfigName", *only_updates) if key in new}
            calls("UpdateEndpoint", **request("UpdateEndpoint", {"EndpointName": name, **wanted}))
        _retag(calls, physical_id, old, new)
        return physical_id, attributes

    def delete(physical_id: str, _properties: Body) -> None:
        calls.quietly("DeleteEndpoint", EndpointName=_last(physical_id))

    return {"create": create, "update": update, "delete": delete}


def _group(calls: CloudFormationCalls) -> Provisioner:
    def create(_logical_id: str, properties: Body, _stack_name: str) -> Created:
        given = {
            key: value for key, value in properties.items() if key != "ModelPackageGroupPolicy"
        }
        made = calls("CreateModelPackageGroup", **request("CreateModelPackageGroup", given))
        arn = made["ModelPackageGroupArn"]
        return arn, _group_attributes(calls, properties["ModelPackageGroupName"])

    def update(physical_id: str, old: Body, new: Body, stack_name: str) -> Created:
        if new["ModelPackageGroupName"] != old.get("ModelPackageGroupName"):
            return create("", new, stack_name)
        _retag(calls, physical_id, old, new)
        return physical_id, _group_attributes(calls, new["ModelPackageGroupName"])

    def delete(physical_id: str, _properties: Body) -> None:
        calls.quietly("DeleteModelPackageGroup", ModelPackageGroupName=_last(physical_id))

    return {"create": create, "update": update, "delete": delete}


def _group_attributes(calls: CloudFormationCalls, name: str) -> Body:
    group = calls("DescribeModelPackageGroup", ModelPackageGroupName=name)
    return {
        "ModelPackageGroupArn": group["ModelPackageGroupArn"],
        "ModelPackageGroupStatus": group["ModelPackageGroupStatus"],
        "CreationTime": str(group["CreationTime"]),
    }


def _package(calls: CloudFormationCalls) -> Provisioner:
    changeable = ("ModelApprovalStatus", "CustomerMetadataProperties", "ApprovalDescription")

    def create(_logical_id: str, properties: Body, _stack_name: str) -> Created:
        made = calls("CreateModelPackage", **request("CreateModelPackage", properties))
        return made["ModelPackageArn"], _package_attributes(calls, made["ModelPackageArn"])

    def update(physical_id: str, old: Body, new: Body, stack_name: str) -> Created:
        fixed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        if fixed - {*changeable, "Tags"}:
            return create("", new, stack_name)
        wanted = {key: new[key] for key in changeable if key in new}
        calls("UpdateModelPackage", ModelPackageArn=physical_id, **wanted)
        _retag(calls, physical_id, old, new)
        return physical_id, _package_attributes(calls, physical_id)

    def delete(physical_id: str, _properties: Body) -> None:
        calls.quietly("DeleteModelPackage", ModelPackageName=physical_id)

    return {"create": create, "update": update, "delete": delete}


def _package_attributes(calls: CloudFormationCalls, arn: str) -> Body:
    package = calls("DescribeModelPackage", ModelPackageName=arn)
    return {
        "ModelPackageArn": arn,
        "ModelPackageVersion": str(package.get("ModelPackageVersion", "")),
        "ModelPackageStatus": package["ModelPackageStatus"],
        "CreationTime": str(package["CreationTime"]),
    }


def _pipeline(calls: CloudFormationCalls) -> Provisioner:
    def body(properties: Body) -> Body:
        given = {key: value for key, value in properties.items() if key != "PipelineDefinition"}
        source = properties["PipelineDefinition"]
        if "PipelineDefinitionBody" in source:
            return {**given, "PipelineDefinition": source["PipelineDefinitionBody"]}
        location = source["PipelineDefinitionS3Location"]
        place = {"Bucket": location["Bucket"], "ObjectKey": location["Key"]}
        return {**given, "PipelineDefinitionS3Location": place}

    def create(_logical_id: str, properties: Body, stack_name: str) -> Created:
        token = hashlib.sha256(f"{stack_name}/{properties['PipelineName']}".encode()).hexdigest()
        given = {**body(properties), "ClientRequestToken": token}
        calls("CreatePipeline", **request("CreatePipeline", given))
        return properties["PipelineName"], {}

    def update(physical_id: str, old: Body, new: Body, stack_name: str) -> Created:
        if new["PipelineName"] != physical_id:
            return create("", new, stack_name)
        given = {key: value for key, value in body(new).items() if key != "Tags"}
        arn = calls("UpdatePipeline", **request("UpdatePipeline", given))["PipelineArn"]
        _retag(calls, arn, old, new)
        return physical_id, {}

    def delete(physical_id: str, _properties: Body) -> None:
        token = hashlib.sha256(f"delete {physical_id}".encode()).hexdigest()
        calls.quietly("DeletePipeline", PipelineName=physical_id, ClientRequestToken=token)

    return {"create": create, "update": update, "delete": delete}


def _retag(calls: CloudFormationCalls, arn: str, old: Body, new: Body) -> None:
    before = {tag["Key"]: tag["Value"] for tag in old.get("Tags", [])}
    after = {tag["Key"]: tag["Value"] for tag in new.get("Tags", [])}
    gone = sorted(before.keys() - after.keys())
    if gone:
        calls("DeleteTags", ResourceArn=arn, TagKeys=gone)
    if after and after != before:
        tags = [{"Key": key, "Value": value} for key, value in after.items()]
        calls("AddTags", ResourceArn=arn, Tags=tags)
