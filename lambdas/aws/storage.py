"""Reads and writes objects in S3."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from driftloop.contract import s3_keys
from driftloop.errors import InputError
from driftloop.s3_uri import parse_s3_uri
from lambdas.aws.clients import AwsClients
from lambdas.aws.transient_errors import is_transient

ABSENT_CODES = frozenset({"NoSuchKey", "404", "NotFound"})
"""Codes of S3's errors for a key without an object; HeadObject has no body to name one."""

LOST_OBJECT_CODES = frozenset(
    {"AccessDenied", "InvalidObjectState", "InvalidRequest", "MethodNotAllowed", "NoSuchKey"}
)
"""Refusals that concern one object: it is gone, archived, encrypted with a key of the caller's own,
or with a KMS key that the function may not use. Without s3:ListBucket, a missing key is denied.
Source: S3 API reference, "Error responses" and GetObject."""

CHUNK_BYTES = 1 << 20
"""Bytes of an object that are read at a time."""

_PART_BYTES = 64 * 1024 * 1024
_COPY = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES)
"""CopyObject takes at most 5 GB: larger objects are copied in parts, by S3 itself."""


_OVERTAKEN_CODES = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


@dataclass(frozen=True, slots=True)
class S3Object:
    """One object of a listing."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class ObjectContent:
    """The whole object, and its ETag: that of one write."""

    data: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class ObjectDigest:
    """An object's content (``sha256``, hexadecimal) and the ETag that S3 gave this content."""

    etag: str
    sha256: str


class Bucket:
    """One bucket; objects get the bucket's default encryption."""

    def __init__(self, s3: Any, name: str) -> None:
        self._s3 = s3
        self.name = name

    def list(self, prefix: str, *, after: str = "") -> Iterator[S3Object]:
        """All objects under ``prefix`` whose key sorts after ``after``, in order of their keys."""
        pages = self._s3.get_paginator("list_objects_v2")
        start = {"StartAfter": after} if after else {}
        for page in pages.paginate(Bucket=self.name, Prefix=prefix, **start):
            for item in page.get("Contents", ()):
                yield _to_object(item)

    def find_object(self, key: str) -> S3Object | None:
        """Size and ETag of one object, or None if it does not exist."""
        response = self._s3.list_objects_v2(Bucket=self.name, Prefix=key, MaxKeys=1)
        for item in response.get("Contents", ()):
            if item["Key"] == key:
                return _to_object(item)
        return None

    def copy(self, source_bucket: str, source: S3Object, key: str) -> None:
        """Copy an object into this bucket, without reading it; fails if it has changed.

        The copy has no tags: copying them would need GetObjectTagging and PutObjectTagging
        (AWS Knowledge Center, "troubleshoot copying objects between S3 buckets").
        """
        self._s3.copy(
            {"Bucket": source_bucket, "Key": source.key},
            self.name,
            key,
            ExtraArgs={"TaggingDirective": "REPLACE", "CopySourceIfMatch": f'"{source.etag}"'},
            Config=_COPY,
        )

    def stream(self, key: str) -> Any:
        """The object's body as a stream."""
        return self._s3.get_object(Bucket=self.name, Key=key)["Body"]

    def chunks(self, key: str) -> Iterator[bytes]:
        """The object's bytes in pieces; the connection is closed with the iterator."""
        body = self.stream(key)
        with body:
            yield from body.iter_chunks(CHUNK_BYTES)

    def get(self, key: str, *, max_bytes: int | None = None) -> bytes:
        """The whole object; raises InputError if it has more than ``max_bytes``."""
        response = self._s3.get_object(Bucket=self.name, Key=key)
        body = response["Body"]
        with body:
            if max_bytes is not None and response["ContentLength"] > max_bytes:
                raise InputError(
                    f"s3://{self.name}/{key} has {response['ContentLength']:,} bytes, and at most"
                    f" {max_bytes:,} are read: was another file given?"
                )
            return bytes(body.read())

    def digest(self, key: str) -> ObjectDigest:
        """Hash the whole object; ETag and content are of one request, hence of one write."""
        response = self._s3.get_object(Bucket=self.name, Key=key)
        content = hashlib.sha256()
        body = response["Body"]
        with body:
            for chunk in body.iter_chunks(CHUNK_BYTES):
                content.update(chunk)
        return ObjectDigest(response["ETag"].strip('"'), content.hexdigest())

    def find(self, key: str) -> bytes | None:
        """The whole object, or None if it does not exist."""
        try:
            return self.get(key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT_CODES:
                return None
            raise

    def find_content(self, key: str) -> ObjectContent | None:
        """The whole object with its ETag, or None if it does not exist."""
        try:
            response = self._s3.get_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT_CODES:
                return None
            raise
        body = response["Body"]
        with body:
            return ObjectContent(bytes(body.read()), response["ETag"])

    def put_unchanged(self, key: str, data: bytes, found: ObjectContent | None) -> bool:
        """Write the object unless another one wrote it after ``found`` was read; False then.

        Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes":
        412 if the ETag differs, 409 if another write is in progress, 404 if the object is gone.
        """
        condition = {"IfNoneMatch": "*"} if found is None else {"IfMatch": found.etag}
        try:
            self._s3.put_object(
                Bucket=self.name,
                Key=key,
                Body=data,
                ContentType="application/octet-stream",
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _OVERTAKEN_CODES | ABSENT_CODES:
                return False
            raise
        return True

    def put(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        """Write the object; repeating the call changes nothing."""
        self._s3.put_object(Bucket=self.name, Key=key, Body=data, ContentType=content_type)

    def put_new(self, key: str, data: bytes, content_type: str = "application/json") -> None:
        """Write the object; ClientError with PreconditionFailed if it exists already."""
        self._s3.put_object(
            Bucket=self.name, Key=key, Body=data, ContentType=content_type, IfNoneMatch="*"
        )

    def upload(self, key: str, source: Any) -> None:
        """Write an object from an open file, as a multipart upload if it is large."""
        self._s3.upload_fileobj(source, self.name, key)

    def put_json(self, key: str, value: Any) -> None:
        """Write canonical JSON: equal values give equal bytes."""
        self.put(key, canonical_json(value), "application/json")

    def delete(self, key: str) -> None:
        """Delete the object, if it exists."""
        self._s3.delete_object(Bucket=self.name, Key=key)


def is_lost_object(error: ClientError) -> bool:
    """Whether S3 refuses to return this object for good, which says nothing of other objects.

    S3 passes the errors of KMS on as ``KMS.<error>``.
    """
    code = error.response["Error"]["Code"]
    is_kms_refusal = code.startswith("KMS.") and not is_transient(error)
    return code in LOST_OBJECT_CODES or is_kms_refusal


def locate(aws: AwsClients, uri: str) -> tuple[Bucket, str]:
    """The bucket and the key of an S3 URI; raises InputError for any other text."""
    name, key = parse_s3_uri(uri)
    return Bucket(aws.client("s3"), name), key


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys, as UTF-8; raises ValueError on NaN and infinity."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()


def late_profile_key(item: dict[str, Any]) -> str:
    """S3 key of a late batch's profile: beside its window's, named for the analysis that found it.

    Plan, which deletes such profiles, and detect, which writes them, share this key.
    """
    analysis = item["output"].split("/")[2]
    identity = f"{analysis}-{item['batch']:05d}"
    return s3_keys.late_profile(item["model"], item["version"], item["label"], identity)


def _to_object(item: dict[str, Any]) -> S3Object:
    return S3Object(item["Key"], int(item["Size"]), item["ETag"].strip('"'))
