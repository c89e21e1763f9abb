"""Files of a model: its training data, its initial model, the code of its pipeline.

A local path becomes a CDK asset, an object in the bucket of CDK's bootstrap stack. An S3 URI is
used as it is.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from driftloop.config import ModelSettings
from driftloop.errors import InputError
from driftloop.s3_uri import is_s3_uri, parse_s3_uri
from infra.lambda_packages import Target, package_hash, steps_package, training_package, write_text
from pipelines.families import get_family


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object in S3. ``bucket`` is empty for an asset: its name is unknown during synthesis."""

    bucket: str
    key: str
    uri: str

    @property
    def file_name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]


def keys_by_bucket(files: Iterable[StoredObject], assets_bucket: str) -> dict[str, list[str]]:
    """Return the keys of objects, sorted, by the name of their bucket."""
    keys: dict[str, set[str]] = defaultdict(set)
    for file in files:
        keys[file.bucket or assets_bucket].add(file.key)
    return {bucket: sorted(names) for bucket, names in sorted(keys.items())}


def store(scope: Construct, id_: str, *, source: str, folder: Path) -> StoredObject:
    """Return the object of an S3 URI or of a local path, which is relative to ``folder``.

    Raises:
        InputError: The local file does not exist.
    """
    if is_s3_uri(source):
        bucket, key = parse_s3_uri(source)
        return StoredObject(bucket, key, source)
    path = folder / source
    if not path.is_file():
        raise InputError(
            f"{Stack.of(scope).stack_name}: {path} is not a file; create it, or use an S3 URI"
        )
    return _asset(scope, id_, path)


@dataclass(frozen=True, slots=True)
class InitialModel:
    """The files of ``initial_model`` and ``initial_baseline``."""

    model: StoredObject
    baseline: StoredObject


def store_initial_model(
    scope: Construct, name: str, *, settings: ModelSettings, folder: Path
) -> InitialModel | None:
    """Return the files of a model's ``initial_model``; None without the setting.

    Raises:
        InputError: A local file does not exist.
    """
    model, baseline = settings.initial_model, settings.initial_baseline
    if model is None or baseline is None:
        return None
    return InitialModel(
        store(scope, f"InitialModel-{name}", source=model, folder=folder),
        store(scope, f"InitialBaseline-{name}", source=baseline, folder=folder),
    )


@dataclass(frozen=True, slots=True)
class PipelineCode:
    """The inputs of the pipeline's containers: step code, the family's scripts, settings."""

    steps: StoredObject
    family: StoredObject
    settings: StoredObject


def store_pipeline_code(
    scope: Construct, *, family: str, settings: str, target: Target
) -> PipelineCode:
    """Build and store a model's code packages; the same code results in the same keys."""
    return PipelineCode(
        steps=_package_asset(scope, "Steps", steps_package(target)),
        family=_package_asset(scope, "Family", training_package(get_family(family).files())),
        settings=_asset(scope, "Settings", write_text("settings.json", settings)),
    )


def _package_asset(scope: Construct, id_: str, path: Path) -> StoredObject:
    return _asset(scope, id_, path, asset_hash=package_hash(path))


def _asset(
    scope: Construct, id_: str, path: Path, *, asset_hash: str | None = None
) -> StoredObject:
    asset = s3_assets.Asset(scope, id_, path=str(path), asset_hash=asset_hash)
    return StoredObject("", asset.s3_object_key, asset.s3_object_url)
