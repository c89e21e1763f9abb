"""The archive of a version: whether it is the one that was approved.

A model package names its archive by S3 URI, and SageMaker reads it when an instance starts. So
anyone who may write the object could replace it after the approval. The archive's ETag changes with
its content: it is recorded when the challenger is evaluated (in the package's metadata), otherwise
when the approval is recorded, and compared before the model is created.
"""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from driftloop.errors import InputError
from driftloop.s3_uri import parse_s3_uri
from driftloop.untrusted_text import quoted_uri, unlinked
from lambdas.aws.context import ModelContext
from lambdas.aws.storage import ABSENT_CODES

_UNREADABLE = frozenset({"403", "AccessDenied", "Forbidden", "301", "PermanentRedirect", "400"})
"""Denied, in another region, or encrypted with a key that can't be used: a retry does not help."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What S3 has under an archive's URI: its ETag, or why there is none."""

    etag: str | None
    problem: str = ""


def find_archive(context: ModelContext, model_data_url: str) -> Archive:
    """Look the archive up; raises ClientError for an error that can pass, such as throttling.

    S3 answers 403 for an absent key to a caller without s3:ListBucket (API reference, HeadObject).
    """
    try:
        bucket, key = parse_s3_uri(model_data_url)
    except InputError as error:
        return Archive(None, unlinked(str(error)))
    try:
        response = context.aws.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ABSENT_CODES:
            return Archive(None, "there is no such object")
        if code in _UNREADABLE:
            return Archive(
                None, f"no object that the release function may read (S3 answers {code})"
            )
        raise
    return Archive(response["ETag"].strip('"'))


def mismatch(context: ModelContext, model_data_url: str, expected: str | None) -> str | None:
    """Why the archive is not the approved one, with what was expected and found; None if it is."""
    found = find_archive(context, model_data_url)
    if found.etag is not None and found.etag == expected:
        return None
    recorded = (
        f"the ETag {expected}" if expected else "nothing, as it could not be read at the approval"
    )
    actual = f"the ETag {found.etag}" if found.etag else found.problem
    return (
        f"The archive {quoted_uri(model_data_url)} is not the one that was approved."
        f" Expected: {recorded}. Found: {actual}."
    )
