"""URIs of SageMaker's container images: each region has its own registry account."""

from functools import cache

from aws_cdk import CfnMapping, Stack
from constructs import Construct

from pipelines.container_images import image_registries, image_uri
from pipelines.families import FAMILIES

ANY_REGION = "us-east-1"
"""Repository and tag are the same in every region; they are taken from the URI in this one."""


class ContainerImages(Construct):
    """A CloudFormation mapping from region to registry account: a template fits any region."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self._registries = CfnMapping(self, "Registries", mapping=registry_accounts())

    def uri(self, *, family: str, repository: str) -> str:
        """Return the image's URI in the stack's region; both arguments may be CDK tokens."""
        stack = Stack.of(self)
        account = self._registries.find_in_map(stack.region, family)
        return f"{account}.dkr.ecr.{stack.region}.{stack.url_suffix}/{repository}"


@cache
def registry_accounts() -> dict[str, dict[str, str]]:
    """Return accounts by region and family, for the regions that have an image of every family."""
    accounts: dict[str, dict[str, str]] = {}
    for family in FAMILIES:
        for region, account in image_registries(family).items():
            accounts.setdefault(region, {})[family] = account
    return {
        region: by_family
        for region, by_family in accounts.items()
        if len(by_family) == len(FAMILIES)
    }


@cache
def image_repository(family: str) -> str:
    """Return ``name:tag`` of a family's image."""
    return image_uri(family, ANY_REGION).partition("/")[2]
