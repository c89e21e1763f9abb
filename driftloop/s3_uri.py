"""S3 URIs: ``s3://bucket/key``.

A key is any text. What has a meaning in URLs (``#``, ``?``, ``%``) has none in a key.
"""

from typing import NamedTuple

from driftloop.errors import InputError

SCHEME = "s3://"


class S3Location(NamedTuple):
    """A bucket and the key of an object in it; the key is empty for the whole bucket."""

    bucket: str
    key: str


def is_s3_uri(uri: str) -> bool:
    """Whether the URI is on S3."""
    return uri.startswith(SCHEME)


def parse_s3_uri(uri: str, *, requires_key: bool = True) -> S3Location:
    """Bucket and key of an S3 URI.

    Args:
        uri: The text ``s3://bucket/key``.
        requires_key: False allows ``s3://bucket``, whose key is empty.
    Raises:
        InputError: The text is no such URI.
    """
    bucket, _, key = uri.removeprefix(SCHEME).partition("/")
    if not is_s3_uri(uri) or not bucket or (requires_key and not key):
        raise InputError(f"{uri!r} is not an S3 URI: write it as s3://bucket/key")
    return S3Location(bucket, key)
