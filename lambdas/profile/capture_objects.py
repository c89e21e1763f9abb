"""Opens captured objects as streams, one at a time."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from driftloop.capture.deduplication import deduplicate_objects
from lambdas.aws.storage import Bucket

logger = logging.getLogger(__name__)

_CHUNK_BYTES = 1024 * 1024


def open_objects(capture: Bucket, keys: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Key and chunks of each object; no object is in memory as a whole."""
    for key in keys:
        body = capture.stream(key)
        with body:
            yield key, body.iter_chunks(_CHUNK_BYTES)


def distinct(capture: Bucket, listed: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A manifest item's objects, each content once.

    The plan can't find all duplicates: with KMS, objects of the same bytes have different ETags.
    """
    chosen, copies = deduplicate_objects(
        listed,
        size=lambda item: int(item["size"]),
        read=lambda item: capture.stream(item["key"]).iter_chunks(_CHUNK_BYTES),
    )
    for copy in copies:
        logger.warning("%s has the content of another object and is skipped", copy["key"])
    return chosen
