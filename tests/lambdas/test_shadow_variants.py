"""A shadow variant captures beside the production variant: its records are not analyzed."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from driftloop.contract.resource_names import VARIANT
from driftloop.window import Window
from lambdas.plan.capture_listing import Listing

START = datetime(2026, 3, 10, 11, tzinfo=UTC)


class Listed(NamedTuple):
    key: str
    size: int = 1
    etag: str = "e"


class FakeBucket:
    """Lists keys by prefix, as S3 does."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def list(self, prefix: str) -> list[Listed]:
        return [Listed(key) for key in self.keys if key.startswith(prefix)]


def test_the_deployed_analysis_reads_only_the_production_variant() -> None:
    hour = "2026/03/10/11/10-00-000-a.jsonl"
    own = f"late/v1/endpoint/{VARIANT}/{hour}"
    bucket = FakeBucket(
        own,
        f"late/v1/endpoint/shadow/{hour}",
        f"late/v1/endpoint/{VARIANT}-shadow/{hour}",
        f"late/v1/other/{VARIANT}/{hour}",
        f"late/v10/endpoint/{VARIANT}/{hour}",
    )
    listing = Listing(bucket, "late", "endpoint")  # type: ignore[arg-type]
    found = listing.objects(1, Window(START, START + timedelta(hours=1)))
    assert [item.key for item in found] == [own]
