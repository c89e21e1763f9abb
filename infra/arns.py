"""ARNs built from resource names, for resources of other stacks and of the Lambda functions."""

from dataclasses import dataclass

from aws_cdk import Stack

from driftloop.contract.resource_names import ResourceNames

DEFAULT_QUALIFIER = "hnb659fds"
"""Qualifier in the resource names of CDK's bootstrap stack, unless the account sets its own."""


@dataclass(frozen=True, slots=True)
class Arns:
    """ARNs in the account and region of ``stack``."""

    stack: Stack
    names: ResourceNames

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of ``service``."""
        stack = self.stack
        return f"arn:{stack.partition}:{service}:{stack.region}:{stack.account}:{resource}"

    def fleet_pattern(self, service: str, kind: str, separator: str = "/") -> str:
        """Return the ARN pattern of the environment's resources of one kind; it ends in ``*``."""
        return self.arn(service, f"{kind}{separator}{self.names.prefix}-*")

    def role(self, kind: str, model: str) -> str:
        """Return the ARN of a model's role of one kind; ``model`` may be ``*``."""
        stack = self.stack
        name = self.names.role(model, kind, stack.region)
        return f"arn:{stack.partition}:iam::{stack.account}:role{role_path(self.names, kind)}{name}"

    def function(self, folder: str) -> str:
        """Return the ARN of the function of ``lambdas/<folder>``.

        Other stacks refer to a function by this name and not by CloudFormation's export: an export
        that only some configurations use can't be removed while a deployed stack imports it.
        """
        return self.arn("lambda", f"function:{self.names.function(folder)}")

    def objects(self, bucket_name: str, *keys: str) -> list[str]:
        """Return the ARNs of objects in a bucket."""
        return [f"arn:{self.stack.partition}:s3:::{bucket_name}/{key}" for key in keys]

    def bucket(self, name: str) -> str:
        """Return the ARN of a bucket."""
        return f"arn:{self.stack.partition}:s3:::{name}"

    @property
    def default_event_bus(self) -> str:
        """The account's default event bus."""
        return self.arn("events", "event-bus/default")

    @property
    def state_machine(self) -> str:
        """The analysis state machine."""
        return self.arn("states", f"stateMachine:{self.names.state_machine}")

    @property
    def assets_bucket_name(self) -> str:
        """Name of the bucket of CDK's bootstrap stack, which holds code and files as assets."""
        qualifier = self.stack.node.try_get_context("@aws-cdk/core:bootstrapQualifier")
        suffix = f"{self.stack.account}-{self.stack.region}"
        return f"cdk-{qualifier or DEFAULT_QUALIFIER}-assets-{suffix}"


def role_path(names: ResourceNames, kind: str) -> str:
    """Return the IAM path of the roles of one kind."""
    return f"/driftloop/{names.environment}/{kind}/"
