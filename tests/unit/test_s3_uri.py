"""S3 URIs. The keys are examples of characters of "Naming Amazon S3 objects" (S3 User Guide)."""

import pytest

from driftloop.errors import InputError
from driftloop.s3_uri import is_s3_uri, parse_s3_uri


@pytest.mark.parametrize(
    "key", ["a.csv", "a#b?c.csv", "a%20b.csv", "/a//b", "folder/", "a b/ä.csv", "s3://b/k"]
)
def test_all_after_the_bucket_is_the_key(key: str) -> None:
    assert is_s3_uri(f"s3://bucket/{key}")
    assert parse_s3_uri(f"s3://bucket/{key}") == ("bucket", key)


@pytest.mark.parametrize(
    "uri", ["", "bucket/key", "s3://", "s3:///key", "s3:/bucket/key", "https://bucket/key"]
)
@pytest.mark.parametrize("requires_key", [True, False])
def test_any_other_text_is_refused(uri: str, requires_key: bool) -> None:
    with pytest.raises(InputError, match="write it as s3://bucket/key"):
        parse_s3_uri(uri, requires_key=requires_key)


@pytest.mark.parametrize("uri", ["s3://bucket", "s3://bucket/"])
def test_a_bucket_alone_is_accepted_only_on_request(uri: str) -> None:
    assert parse_s3_uri(uri, requires_key=False) == ("bucket", "")
    with pytest.raises(InputError, match="is not an S3 URI"):
        parse_s3_uri(uri)
