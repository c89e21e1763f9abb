"""The S3 operations of the step Curate."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

MISSING_CODES = ("NoSuchKey", "404")
CONFLICT_CODES = ("PreconditionFailed", "ConditionalRequestConflict")
"""Error codes of a conditional write that another writer was faster than."""

_CHUNK_BYTES = 1 << 20


def iterate_prefixes(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """The prefixes one level below ``prefix``, sorted."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, Delimiter="/"
    )
    for page in pages:
        yield from (item["Prefix"] for item in page.get("CommonPrefixes", []))


def list_keys_between(s3: Any, bucket: str, prefix: str, first: str, last: str) -> Iterator[str]:
    """Keys below ``prefix`` whose remainder starts with ``first`` to ``last``, inclusive, sorted.

    The listing starts at ``first``, so that the keys of earlier years are not listed.
    """
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, StartAfter=prefix + first
    )
    for page in pages:
        for item in page.get("Contents", []):
            if item["Key"][len(prefix) :][: len(last)] > last:
                return
            yield item["Key"]


def get(s3: Any, bucket: str, key: str) -> bytes | None:
    """The content of an object, None where it does not exist."""
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING_CODES:
            return None
        raise
    return body


def iterate_chunks(s3: Any, bucket: str, key: str) -> Iterator[bytes]:
    """The content of an object in pieces, however large it is; none where it does not exist."""
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING_CODES:
            return
        raise
    with body:
        yield from body.iter_chunks(_CHUNK_BYTES)


def put_if_absent(s3: Any, bucket: str, key: str, content: bytes) -> bytes:
    """Write an object if it does not exist; returns the object's content afterwards."""
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=content, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] not in CONFLICT_CODES:
            raise
        existing = get(s3, bucket, key)
        if existing is None:
            raise
        return existing
    return content
