"""The request of an API that creates a resource as the template describes it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.resolved_templates import ResolvedResource

Request = dict[str, Any]
Convert = Callable[[ResolvedResource], Request]


def _without(resource: ResolvedResource, *names: str) -> Request:
    return {key: value for key, value in resource.properties.items() if key not in names}


def _tag_map(tags: list[dict[str, str]] | dict[str, str]) -> dict[str, str]:
    return tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


def _named(member: str) -> Convert:
    return lambda resource: {member: resource.name, **resource.properties}


def _role(resource: ResolvedResource) -> Request:
    trust = json.dumps(resource.properties["AssumeRolePolicyDocument"])
    properties = _without(resource, "Policies", "ManagedPolicyArns")
    return {**properties, "RoleName": resource.name, "AssumeRolePolicyDocument": trust}


def _policy(resource: ResolvedResource) -> Request:
    (role,) = resource.properties["Roles"]
    document = json.dumps(resource.properties["PolicyDocument"])
    name = resource.properties["PolicyName"]
    return {"RoleName": role, "PolicyName": name, "PolicyDocument": document}


def _rule(resource: ResolvedResource) -> Request:
    pattern = json.dumps(resource.properties["EventPattern"])
    return {
        **_without(resource, "Targets"),
        "Name": resource.name,
        "EventPattern": pattern,
    }


def _targets(resource: ResolvedResource) -> Request:
    return {"Rule": resource.name, "Targets": resource.properties["Targets"]}


def _key(resource: ResolvedResource) -> Request:
    tags = [{"TagKey": t["Key"], "TagValue": t["Value"]} for t in resource.properties["Tags"]]
    omitted = ("EnableKeyRotation", "KeyPolicy", "PendingWindowInDays", "Tags")
    policy = json.dumps(resource.properties["KeyPolicy"])
    return {**_without(resource, *omitted), "Policy": policy, "Tags": tags}


def _function(resource: ResolvedResource) -> Request:
    tags = _tag_map(resource.properties.get("Tags", {}))
    return {**_without(resource, "Tags"), "FunctionName": resource.name, "Tags": tags}


def _permission(resource: ResolvedResource) -> Request:
    return {"StatementId": resource.logical_id, **resource.properties}


def _log_group(resource: ResolvedResource) -> Request:
    tags = _tag_map(resource.properties.get("Tags", {}))
    request = {"logGroupName": resource.name, "tags": tags}
    key = resource.properties.get("KmsKeyId")
    return {**request, "kmsKeyId": key} if key else request


def _parameter(resource: ResolvedResource) -> Request:
    tags = [{"Key": k, "Value": v} for k, v in resource.properties.get("Tags", {}).items()]
    return {**resource.properties, "Name": resource.name, "Tags": tags}


def _state_machine(resource: ResolvedResource) -> Request:
    properties = resource.properties
    return {
        "name": resource.name,
        "definition": properties["DefinitionString"],
        "roleArn": properties["RoleArn"],
    }


def _pipeline(resource: ResolvedResource) -> Request:
    body = resource.properties["PipelineDefinition"]["PipelineDefinitionBody"]
    return {
        **resource.properties,
        "PipelineName": resource.name,
        "PipelineDefinition": body,
        "ClientRequestToken": "a" * 32,
    }


def _scaling_policy(resource: ResolvedResource) -> Request:
    properties = _without(resource, "ScalingTargetId", "TargetTrackingScalingPolicyConfiguration")
    configuration = resource.properties["TargetTrackingScalingPolicyConfiguration"]
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/e/variant/v",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        **properties,
        "TargetTrackingScalingPolicyConfiguration": configuration,
    }


def _table(resource: ResolvedResource) -> Request:
    encryption = resource.properties["SSESpecification"]
    specification = {
        ("Enabled" if key == "SSEEnabled" else key): value for key, value in encryption.items()
    }
    omitted = ("PointInTimeRecoverySpecification", "TimeToLiveSpecification", "SSESpecification")
    request = _without(resource, *omitted)
    return {**request, "TableName": resource.name, "SSESpecification": specification}


REQUESTS: Mapping[str, tuple[tuple[str, str, Convert], ...]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        ("application-autoscaling", "RegisterScalableTarget", lambda r: r.properties),
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (
        ("application-autoscaling", "PutScalingPolicy", _scaling_policy),
    ),
    "AWS::CloudWatch::Alarm": (("cloudwatch", "PutMetricAlarm", _named("AlarmName")),),
    "AWS::CloudWatch::Dashboard": (
        ("cloudwatch", "PutDashboard", lambda r: r.properties | {"DashboardName": r.name}),
    ),
    "AWS::DynamoDB::Table": (("dynamodb", "CreateTable", _table),),
    "AWS::Events::Rule": (("events", "PutRule", _rule), ("events", "PutTargets", _targets)),
    "AWS::IAM::Policy": (("iam", "PutRolePolicy", _policy),),
    "AWS::IAM::Role": (("iam", "CreateRole", _role),),
    "AWS::KMS::Key": (("kms", "CreateKey", _key),),
    "AWS::Lambda::EventInvokeConfig": (
        ("lambda", "PutFunctionEventInvokeConfig", lambda r: r.properties),
    ),
    "AWS::Lambda::Function": (("lambda", "CreateFunction", _function),),
    "AWS::Lambda::Permission": (("lambda", "AddPermission", _permission),),
    "AWS::Logs::LogGroup": (("logs", "CreateLogGroup", _log_group),),
    "AWS::SSM::Parameter": (("ssm", "PutParameter", _parameter),),
    "AWS::SageMaker::Endpoint": (("sagemaker", "CreateEndpoint", _named("EndpointName")),),
    "AWS::SageMaker::EndpointConfig": (
        ("sagemaker", "CreateEndpointConfig", _named("EndpointConfigName")),
    ),
    "AWS::SageMaker::Model": (("sagemaker", "CreateModel", _named("ModelName")),),
    "AWS::SageMaker::Pipeline": (("sagemaker", "CreatePipeline", _pipeline),),
    "AWS::Scheduler::Schedule": (("scheduler", "CreateSchedule", _named("Name")),),
    "AWS::StepFunctions::StateMachine": (("stepfunctions", "CreateStateMachine", _state_machine),),
}
"""By resource type: the APIs that create it. Of the other types the APIs take untyped attributes,
or have other members than the resource; CloudFormation's schema is what there is."""
