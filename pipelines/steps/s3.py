"""S3 as the curate step needs it."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from driftloop.errors import InputError

MISSING = ("NoSuchKey", "404")
LOST_RACE = ("PreconditionFailed", "ConditionalRequestConflict")


def list_prefixes(s3: Any, bucket: str, prefix: str) -> list[str]:
    """The prefixes one level below ``prefix``."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, Delimiter="/"
    )
    return [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]


def list_keys_between(s3: Any, bucket: str, prefix: str, first: str, last: str) -> Iterator[str]:
    """Keys below ``prefix`` whose rest starts with ``first`` to ``last``, both included, in order.

    The listing begins at ``first``, so that years of other hours are not gone through.
    """
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, StartAfter=prefix + first
    )
    for page in pages:
        for each in page.get("Contents", []):
            if each["Key"][len(prefix) :][: len(last)] > last:
                return
            yield each["Key"]


def get(s3: Any, bucket: str, key: str) -> bytes | None:
    """An object's bytes; None where it does not exist."""
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            return None
        raise
    return body


def put_once(s3: Any, bucket: str, key: str, content: bytes) -> bytes:
    """Write an object where there is none yet; what lies there afterwards."""
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=content, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] not in LOST_RACE:
            raise
        found = get(s3, bucket, key)
        if found is None:
            raise
        return found
    return content


def parse_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI; raises InputError on anything else."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket or not key:
        raise InputError(f"{uri!r} is no S3 URI: write it as s3://bucket/key")
    return bucket, key
