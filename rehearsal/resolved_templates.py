"""CloudFormation templates with sample values in place of their intrinsic functions.

Schemas and policies say something about values, which templates hold as functions of names that
only a deployment makes. Names are made here as CloudFormation makes them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SUFFIX = "a1b2c3d4e5f6"
"""Stands for the random end of a generated name."""
KEY_ID = "0a1b2c3d-0000-4000-8000-a1b2c3d4e5f6"

_NAME_PROPERTIES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SSM::Parameter": "Name",
    "AWS::SageMaker::Endpoint": "EndpointName",
    "AWS::SageMaker::EndpointConfig": "EndpointConfigName",
    "AWS::SageMaker::Model": "ModelName",
    "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupName",
    "AWS::SageMaker::Pipeline": "PipelineName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}
_ARN_RESOURCES = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:{}"),
    "AWS::DynamoDB::Table": ("dynamodb", "table/{}"),
    "AWS::Events::Rule": ("events", "rule/{}"),
    "AWS::KMS::Key": ("kms", "key/{}"),
    "AWS::Lambda::Function": ("lambda", "function:{}"),
    "AWS::Logs::LogGroup": ("logs", "log-group:{}:*"),
    "AWS::SNS::Topic": ("sns", "{}"),
    "AWS::SQS::Queue": ("sqs", "{}"),
    "AWS::SageMaker::Endpoint": ("sagemaker", "endpoint/{}"),
    "AWS::SageMaker::EndpointConfig": ("sagemaker", "endpoint-config/{}"),
    "AWS::SageMaker::Model": ("sagemaker", "model/{}"),
    "AWS::SageMaker::ModelPackage": ("sagemaker", "model-package/{}/1"),
    "AWS::SageMaker::ModelPackageGroup": ("sagemaker", "model-package-group/{}"),
    "AWS::SageMaker::Pipeline": ("sagemaker", "pipeline/{}"),
    "AWS::Scheduler::Schedule": ("scheduler", "schedule/default/{}"),
    "AWS::StepFunctions::StateMachine": ("states", "stateMachine:{}"),
}
_REF_IS_ARN = {
    "AWS::SNS::Topic",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
    "AWS::SageMaker::ModelPackage",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::StepFunctions::StateMachine",
}
"""Types whose ``Ref`` is an ARN (CloudFormation Template Reference, "Return values")."""
_NO_VALUE = object()


@dataclass(frozen=True, slots=True)
class Account:
    """Where the stacks are deployed."""

    account: str = "123456789012"
    region: str = "eu-central-1"
    partition: str = "aws"
    url_suffix: str = "amazonaws.com"


@dataclass(frozen=True, slots=True)
class ResolvedResource:
    """A resource of a stack with the values of its properties."""

    stack: str
    logical_id: str
    type: str
    properties: dict[str, Any]
    name: str
    """Its physical name."""


@dataclass(frozen=True)
class ResolvedStacks:
    """The stacks of one synthesis.

    Args:
        templates: Templates by stack name.
        account: Where the stacks are deployed.
        parameters: Values of template parameters; the others have their defaults.
        attributes: Values of the attributes of custom resources, by name; else the name itself.
    """

    templates: Mapping[str, Mapping[str, Any]]
    account: Account = field(default_factory=Account)
    parameters: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)

    def resources(self, kind: str | None = None) -> Iterator[ResolvedResource]:
        """Yield the resources that the conditions create, of one type or of all types."""
        for stack, template in self.templates.items():
            for logical_id, item in template["Resources"].items():
                if kind not in {None, item["Type"]} or not self._is_created(stack, item):
                    continue
                properties = self.resolve(stack, item.get("Properties", {}))
                name = self._name(stack, logical_id)
                yield ResolvedResource(stack, logical_id, item["Type"], properties, name)

    def resolve(self, stack: str, value: Any) -> Any:
        """Return a value of a stack's template without intrinsic functions."""
        if isinstance(value, list):
            resolved = [self.resolve(stack, member) for member in value]
            return [member for member in resolved if member is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref":
                return self._ref(stack, argument)
            if function.startswith("Fn::"):
                return getattr(self, f"_{function[4:].lower()}")(stack, argument)
        members = {key: self.resolve(stack, member) for key, member in value.items()}
        return {key: member for key, member in members.items() if member is not _NO_VALUE}

    def arn(self, resource: ResolvedResource) -> str | None:
        """Return the ARN of a resource; None for a type without one."""
        if resource.type in {"AWS::S3::Bucket", "AWS::IAM::Role", *_ARN_RESOURCES}:
            return self._resource_arn(resource.stack, resource.logical_id)
        return None

    def _is_created(self, stack: str, item: Mapping[str, Any]) -> bool:
        name = item.get("Condition")
        return name is None or self._condition(stack, name)

    def _condition(self, stack: str, condition: Any) -> bool:
        if isinstance(condition, str):
            return self._condition(stack, self.templates[stack]["Conditions"][condition])
        ((function, argument),) = condition.items()
        if function == "Condition":
            return self._condition(stack, argument)
        if function == "Fn::Equals":
            first, second = self.resolve(stack, argument)
            return bool(first == second)
        results = [self._condition(stack, member) for member in argument]
        if function == "Fn::Not":
            return not results[0]
        return {"Fn::And": all, "Fn::Or": any}[function](results)

    def _ref(self, stack: str, name: str) -> Any:
        template = self.templates[stack]
        pseudo = {
            "AWS::AccountId": self.account.account,
            "AWS::Partition": self.account.partition,
            "AWS::Region": self.account.region,
            "AWS::URLSuffix": self.account.url_suffix,
            "AWS::StackName": stack,
            "AWS::StackId": self._arn("cloudformation", f"stack/{stack}/{KEY_ID}"),
            "AWS::NoValue": _NO_VALUE,
        }
        if name in pseudo:
            return pseudo[name]
        if name in template.get("Parameters", {}):
            return self.parameters.get(name, template["Parameters"][name].get("Default", ""))
        kind = template["Resources"][name]["Type"]
        if kind == "AWS::SQS::Queue":
            host = f"sqs.{self.account.region}.{self.account.url_suffix}"
            return f"https://{host}/{self.account.account}/{self._name(stack, name)}"
        return self._resource_arn(stack, name) if kind in _REF_IS_ARN else self._name(stack, name)

    def _getatt(self, stack: str, argument: Any) -> Any:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        kind = self.templates[stack]["Resources"][name]["Type"]
        if kind.startswith(("Custom::", "AWS::CloudFormation::CustomResource")):
            return self.attributes.get(attribute, attribute)
        return (
            self._resource_arn(stack, name)
            if attribute.endswith("Arn")
            else self._name(stack, name)
        )

    def _join(self, stack: str, argument: Any) -> str:
        separator, members = argument
        return str(separator).join(str(member) for member in self.resolve(stack, members))

    def _sub(self, stack: str, argument: Any) -> str:
        text, values = (argument, {}) if isinstance(argument, str) else argument

        def value(matched: re.Match[str]) -> str:
            name = matched[1]
            if name in values:
                return str(self.resolve(stack, values[name]))
            if "." in name:
                return str(self._getatt(stack, name))
            return str(self._ref(stack, name))

        return re.sub(r"\$\{([^!}]+)\}", value, text)

    def _select(self, stack: str, argument: Any) -> Any:
        position, members = argument
        return self.resolve(stack, members)[int(position)]

    def _split(self, stack: str, argument: Any) -> list[str]:
        separator, text = argument
        return str(self.resolve(stack, text)).split(separator)

    def _if(self, stack: str, argument: Any) -> Any:
        condition, yes, no = argument
        return self.resolve(stack, yes if self._condition(stack, condition) else no)

    def _findinmap(self, stack: str, argument: Any) -> Any:
        mapping, top, second = (self.resolve(stack, member) for member in argument)
        return self.templates[stack]["Mappings"][mapping][top][second]

    def _importvalue(self, stack: str, argument: Any) -> Any:
        name = self.resolve(stack, argument)
        for exporter, template in self.templates.items():
            for output in template.get("Outputs", {}).values():
                if self.resolve(exporter, output.get("Export", {}).get("Name")) == name:
                    return self.resolve(exporter, output["Value"])
        raise KeyError(f"{stack} imports {name}, which no stack exports")

    def _name(self, stack: str, logical_id: str) -> str:
        item = self.templates[stack]["Resources"][logical_id]
        given = item.get("Properties", {}).get(_NAME_PROPERTIES.get(item["Type"], ""))
        if given is not None:
            return str(self.resolve(stack, given))
        return generated_name(stack, logical_id, item["Type"])

    def _resource_arn(self, stack: str, logical_id: str) -> str:
        item = self.templates[stack]["Resources"][logical_id]
        name = self._name(stack, logical_id)
        partition = self.account.partition
        if item["Type"] == "AWS::S3::Bucket":
            return f"arn:{partition}:s3:::{name}"
        if item["Type"] == "AWS::IAM::Role":
            path = self.resolve(stack, item["Properties"].get("Path", "/"))
            return f"arn:{partition}:iam::{self.account.account}:role{path}{name}"
        service, resource = _ARN_RESOURCES[item["Type"]]
        return self._arn(service, resource.format(name))

    def _arn(self, service: str, resource: str) -> str:
        account = self.account
        return f"arn:{account.partition}:{service}:{account.region}:{account.account}:{resource}"


def generated_name(stack: str, logical_id: str, kind: str) -> str:
    """Return the name that CloudFormation gives a resource without one.

    Sources: CloudFormation Template Reference, "Name type"; for SageMaker, whose names begin with
    the logical ID, aws/aws-cli#4021.
    """
    if kind == "AWS::KMS::Key":
        return KEY_ID
    if kind.startswith("AWS::SageMaker::"):
        return f"{logical_id}-{SUFFIX}"
    if kind == "AWS::S3::Bucket":
        return f"{stack}-{logical_id}".lower()[:50] + f"-{SUFFIX}"
    return f"{stack}-{logical_id}"[:51] + f"-{SUFFIX}"
