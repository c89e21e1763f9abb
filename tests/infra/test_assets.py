"""Files of a model in S3."""

from pathlib import Path

import pytest
from aws_cdk import Stack

from infra.assets import StoredObject, store


@pytest.mark.parametrize("key", ["a#b?c.csv", "/a.csv", "a;b.csv", "a%20b.csv"])
def test_an_s3_uri_is_stored_with_its_whole_key(key: str, tmp_path: Path) -> None:
    uri = f"s3://data/{key}"
    assert store(Stack(), "Data", source=uri, folder=tmp_path) == StoredObject("data", key, uri)
