"""ARNs by name: of what other stacks or the functions make under the fleet's prefix."""

from dataclasses import dataclass

from aws_cdk import Stack

from driftloop.contract.resource_names import ResourceNames


@dataclass(frozen=True, slots=True)
class Arns:
    """ARNs in the account and region of ``stack``; ``*`` ends every name that is not known yet."""

    stack: Stack
    names: ResourceNames

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of ``service``."""
        stack = self.stack
        return f"arn:{stack.partition}:{service}:{stack.region}:{stack.account}:{resource}"

    def fleet(self, service: str, kind: str, separator: str = "/") -> str:
        """All of the environment's resources of one kind."""
        return self.arn(service, f"{kind}{separator}{self.names.prefix}-*")

    def roles(self, kind: str) -> str:
        """All of the environment's roles of one kind, which share a path."""
        stack = self.stack
        return f"arn:{stack.partition}:iam::{stack.account}:role{role_path(self.names, kind)}*"

    @property
    def bus(self) -> str:
        """The default event bus."""
        return self.arn("events", "event-bus/default")

    @property
    def assets(self) -> str:
        """The bucket of CDK's bootstrap stack, where synthesis puts code and files."""
        qualifier = self.stack.node.try_get_context("@aws-cdk/core:bootstrapQualifier")
        place = f"{self.stack.account}-{self.stack.region}"
        return f"cdk-{qualifier or 'hnb659fds'}-assets-{place}"

    def objects(self, bucket: str, *keys: str) -> list[str]:
        """The ARNs of objects in a bucket given by its name."""
        return [f"arn:{self.stack.partition}:s3:::{bucket}/{key}" for key in keys]


def role_path(names: ResourceNames, kind: str) -> str:
    """Path of the roles of one kind: a policy names the path, CloudFormation the role."""
    return f"/driftloop/{names.environment}/{kind}/"
