"""Files that a model brings along: its data, its first model, the code of its pipeline.

A local path becomes an asset of CDK's bootstrap bucket, an S3 URI stays what it is.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from aws_cdk import Stack
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from driftloop.errors import InputError
from infra.lambda_packages import steps_package, training_package, write_text
from pipelines.families import get_family


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object in S3. ``bucket`` is empty for CDK's own, whose name synthesis doesn't know."""

    bucket: str
    key: str
    uri: str

    @property
    def name(self) -> str:
        """The file's name: the last part of its key."""
        return self.key.rpartition("/")[2]

    def arn(self, partition: str) -> str | None:
        """The object's ARN, unless it is an asset."""
        return f"arn:{partition}:s3:::{self.bucket}/{self.key}" if self.bucket else None


def stored(scope: Construct, id_: str, source: str, folder: Path) -> StoredObject:
    """The object of a path (relative to ``folder``) or an S3 URI; raises InputError without it."""
    if source.startswith("s3://"):
        place = urlparse(source)
        return StoredObject(place.netloc, place.path.lstrip("/"), source)
    path = folder / source
    if not path.is_file():
        raise InputError(
            f"{Stack.of(scope).stack_name}: {path} is not a file; make it, or name an S3 URI"
        )
    return _asset(scope, id_, path)


@dataclass(frozen=True, slots=True)
class PipelineCode:
    """What the pipeline's containers get: the steps, the family's scripts, the settings."""

    steps: StoredObject
    family: StoredObject
    settings: StoredObject


def pipeline_code(scope: Construct, *, family: str, settings: str, target: str) -> PipelineCode:
    """Build and store a model's code packages; the same code gives the same keys."""
    return PipelineCode(
        steps=_asset(scope, "Steps", steps_package("aws" if target == "aws" else "host")),
        family=_asset(scope, "Family", training_package(get_family(family).files())),
        settings=_asset(scope, "Settings", write_text("settings.json", settings)),
    )


def _asset(scope: Construct, id_: str, path: Path) -> StoredObject:
    asset = s3_assets.Asset(scope, id_, path=str(path))
    return StoredObject("", asset.s3_object_key, asset.s3_object_url)
