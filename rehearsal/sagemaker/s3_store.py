"""Objects of S3 by URI, through boto3."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

MISSING_OBJECT_CODES = {"NoSuchKey", "NoSuchBucket", "404"}


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of ``s3://bucket/key``; raises ValueError for any other text."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise ValueError(f"{uri!r} is not an S3 URI; an S3 URI is s3://bucket/key")
    return bucket, key


class S3Store:
    """Objects in S3, accessed with credentials given as environment variables.

    ``endpoint_url`` is the address of the emulator.
    """

    def __init__(
        self,
        *,
        endpoint_url: str | None = None,
        region: str = "us-east-1",
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        given = credentials or {}
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint_url,
            region_name=region,
            aws_access_key_id=given.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=given.get("AWS_SESSION_TOKEN"),
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 3}),
        )

    def get(self, uri: str) -> bytes:
        """Return the bytes of an object; raises FileNotFoundError."""
        bucket, key = split_uri(uri)
        try:
            return bytes(self._client.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING_OBJECT_CODES:
                raise FileNotFoundError(f"there is no object {uri}") from error
            raise

    def put(self, uri: str, body: bytes, *, kms_key: str | None = None) -> None:
        """Write one object, encrypted with ``kms_key`` if given."""
        bucket, key = split_uri(uri)
        if kms_key:
            self._client.put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ServerSideEncryption="aws:kms",
                SSEKMSKeyId=kms_key,
            )
        else:
            self._client.put_object(Bucket=bucket, Key=key, Body=body)

    def list(self, uri: str) -> list[str]:
        """Return the URIs of all objects whose key begins with the URI's key, sorted."""
        bucket, prefix = split_uri(uri)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return [f"s3://{bucket}/{key}" for key in sorted(keys)]
