"""``initial_model`` becomes a version: its files are copied once, and registered once.

The copies are below the model's ``runs/`` in the artifacts bucket, as those of every other version,
so nothing else reads the files where driftloop.yaml names them. A copy is never overwritten: the
metadata of the version has the archive's ETag, and a release deploys no other archive.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from driftloop.contract import s3_keys
from driftloop.contract.registry_resource import InitialModelProperties
from driftloop.errors import InputError
from lambdas.aws.clients import AwsClients
from lambdas.aws.storage import Bucket, S3Object, locate
from lambdas.registry.packages import APPROVED, find_package

_IDENTITY = "initial_model_id"
"""Key of the metadata with the identity of the initial model that a version was made from."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A file where driftloop.yaml, or the asset bucket, has it."""

    uri: str
    bucket: Bucket
    object: S3Object


def register_initial_model(
    aws: AwsClients,
    group: str,
    model: str,
    initial: InitialModelProperties,
    request_id: str,
) -> str:
    """Copy and register the initial model; return the ARN of its version, an earlier one if any.

    Args:
        aws: Clients and environment of the function.
        group: The model package group.
        model: Name of the model in driftloop.yaml.
        initial: Files, image, environment and content types.
        request_id: Of CloudFormation's request: two deliveries of it register one version.
    Raises:
        InputError: A file does not exist.
    """
    archive = _find(aws, initial.model_uri, "initial_model")
    baseline = _find(aws, initial.baseline_uri, "initial_baseline")
    identity = _identity(archive, baseline)
    artifacts = Bucket(aws.client("s3"), aws.setting("ARTIFACTS_BUCKET"))
    copied = _copy(archive, artifacts, s3_keys.initial_model(model, identity))
    copied_baseline = _copy(baseline, artifacts, s3_keys.initial_baseline(model, identity))
    metadata = {
        "baseline_uri": f"s3://{artifacts.name}/{copied_baseline.key}",
        "reason": "initial_model of driftloop.yaml",
        "decision_id": "none",
        "champion_version": "none",
        "training_data_range": "unknown",
        "model_data_etag": copied.etag,
        _IDENTITY: identity,
    }
    earlier = _find_registered(aws, group, metadata)
    if earlier is not None:
        return earlier
    return _register(
        aws, group, initial, f"s3://{artifacts.name}/{copied.key}", metadata, request_id
    )


def _find(aws: AwsClients, uri: str, setting: str) -> _Source:
    bucket, key = locate(aws, uri)
    found = bucket.find_object(key)
    if found is None:
        raise InputError(f"{setting}: there is no object {uri}")
    return _Source(uri, bucket, found)


def _identity(*sources: _Source) -> str:
    """Hash of the files' locations and ETags: it changes when a file is replaced."""
    text = "\n".join(f"{source.uri} {source.object.etag}" for source in sources)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _copy(source: _Source, target: Bucket, key: str) -> S3Object:
    existing = target.find_object(key)
    if existing is not None:
        return existing
    target.copy(source.bucket.name, source.object, key)
    copied = target.find_object(key)
    if copied is None or copied.size != source.object.size:
        raise InputError(f"the copy of {source.uri} is not complete; deploy the stack again")
    return copied


def _find_registered(aws: AwsClients, group: str, metadata: dict[str, str]) -> str | None:
    """An approved version of the same initial model, with the same copies of its files."""
    pages = (
        aws.client("sagemaker")
        .get_paginator("list_model_packages")
        .paginate(ModelPackageGroupName=group, ModelApprovalStatus=APPROVED)
    )
    for page in pages:
        for summary in page["ModelPackageSummaryList"]:
            found = find_package(aws, summary["ModelPackageArn"]) or {}
            properties = found.get("CustomerMetadataProperties", {})
            if all(properties.get(key) == value for key, value in metadata.items()):
                return str(found["ModelPackageArn"])
    return None


def _register(
    aws: AwsClients,
    group: str,
    initial: InitialModelProperties,
    model_data_url: str,
    metadata: dict[str, str],
    request_id: str,
) -> str:
    container: dict[str, Any] = {
        "Image": initial.image,
        "ModelDataUrl": model_data_url,
        "Environment": initial.environment,
    }
    created = aws.client("sagemaker").create_model_package(
        ModelPackageGroupName=group,
        ModelPackageDescription="initial_model of driftloop.yaml",
        ModelApprovalStatus=APPROVED,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": list(initial.content_types),
            "SupportedResponseMIMETypes": list(initial.content_types),
        },
        CustomerMetadataProperties=metadata,
        ClientToken=request_id,
    )
    return str(created["ModelPackageArn"])
