"""S3 for the command line; boto3 is loaded when a place is on S3, and not before."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from driftloop.errors import InputError

_SCHEME = "s3://"


def is_uri(place: str) -> bool:
    """Whether the place is on S3."""
    return place.startswith(_SCHEME)


def read_bytes(uri: str) -> bytes:
    """An object's content."""
    bucket, key = _parts(uri)
    with _told_about(uri):
        return cast(bytes, _client().get_object(Bucket=bucket, Key=key)["Body"].read())


def open_object(uri: str) -> BinaryIO:
    """An object's content as a stream."""
    bucket, key = _parts(uri)
    with _told_about(uri):
        return cast(BinaryIO, _client().get_object(Bucket=bucket, Key=key)["Body"])


def write_bytes(uri: str, data: bytes) -> None:
    """Put an object."""
    bucket, key = _parts(uri)
    with _told_about(uri):
        _client().put_object(Bucket=bucket, Key=key, Body=data)


def caller_arn() -> str:
    """ARN of whoever's credentials these are."""
    with _told_about("sts:GetCallerIdentity"):
        return str(_client("sts").get_caller_identity()["Arn"])


def list_objects(uri: str) -> list[tuple[str, int, str]]:
    """Objects below a prefix: name within, size in bytes, URI; in the order of their keys."""
    bucket, prefix = _parts(uri if uri.endswith("/") else f"{uri}/", key_needed=False)
    found = []
    with _told_about(uri):
        pages = _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for item in page.get("Contents", []):
                name = item["Key"].removeprefix(prefix)
                if name and not name.endswith("/"):
                    found.append((name, item["Size"], f"{_SCHEME}{bucket}/{item['Key']}"))
    return found


def _parts(uri: str, *, key_needed: bool = True) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix(_SCHEME).partition("/")
    if not bucket or (key_needed and not key):
        raise InputError(f"{uri}: an S3 place is written s3://bucket/key")
    return bucket, key


def _client(service: str = "s3") -> Any:
    try:
        import boto3
    except ImportError as error:
        raise InputError("places on S3 need boto3: install driftloop[aws]") from error
    return boto3.client(service)  # type: ignore[call-overload]


@contextmanager
def _told_about(uri: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise InputError(f"{uri}: {error}") from error
