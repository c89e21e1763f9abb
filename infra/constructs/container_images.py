"""SageMaker's own images: each region has its own registry account."""

from functools import cache

from aws_cdk import CfnMapping, Stack
from constructs import Construct

from pipelines.container_images import image_registries, image_uri
from pipelines.families import FAMILIES

ANY_REGION = "us-east-1"
"""Repository and tag are the same everywhere; they are read from the image's URI there."""


class Images(Construct):
    """A mapping from region to registry for every family, so that a template fits any region."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self._registries = CfnMapping(self, "Registries", mapping=registries())

    def uri(self, family: str, repository: str) -> str:
        """The image's URI in the stack's region; both arguments may be tokens."""
        stack = Stack.of(self)
        account = self._registries.find_in_map(stack.region, family)
        return f"{account}.dkr.ecr.{stack.region}.{stack.url_suffix}/{repository}"


@cache
def registries() -> dict[str, dict[str, str]]:
    """Account by family by region, for the regions that have every family."""
    table: dict[str, dict[str, str]] = {}
    for family in FAMILIES:
        for region, account in image_registries(family).items():
            table.setdefault(region, {})[family] = account
    return {region: row for region, row in table.items() if len(row) == len(FAMILIES)}


@cache
def repository(family: str) -> str:
    """``name:tag`` of a family's image."""
    return image_uri(family, ANY_REGION).partition("/")[2]
