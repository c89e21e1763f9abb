"""Captured objects as open streams, one at a time."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from driftloop.capture.deduplication import deduplicate_objects
from lambdas.aws.storage import Bucket

logger = logging.getLogger(__name__)

_PIECE = 1024 * 1024


def open_objects(capture: Bucket, keys: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Key and pieces of each object; none is held in memory whole."""
    for key in keys:
        body = capture.stream(key)
        with body:
            yield key, body.iter_chunks(_PIECE)


def distinct(capture: Bucket, listed: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A manifest item's objects, each content once.

    The plan can't tell: under KMS two objects of the same bytes have different ETags.
    """
    chosen, copies = deduplicate_objects(
        listed,
        size=lambda item: int(item["size"]),
        read=lambda item: capture.stream(item["key"]).iter_chunks(_PIECE),
    )
    for copy in copies:
        logger.warning("%s repeats another object's content and is left out", copy["key"])
    return chosen
