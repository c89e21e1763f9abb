"""Opens captured objects as streams, one at a time.

Anyone who may write the bucket can delete an object, or store one that this function can't decrypt.
It must not stop the window of all others: the reader counts it as lost.
"""

import logging
from collections.abc import Iterable, Iterator

from botocore.exceptions import ClientError

from driftloop.capture import LostObjectError
from driftloop.capture.deduplication import deduplicate_objects
from driftloop.object_batches import CapturedObject
from driftloop.untrusted_text import single_line
from lambdas.aws.storage import CHUNK_BYTES, Bucket, is_lost_object

logger = logging.getLogger(__name__)


def open_objects(capture: Bucket, keys: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Key and chunks of each object; no object is in memory as a whole.

    The chunks of an object that is lost raise LostObjectError.
    """
    for key in keys:
        yield key, _chunks(capture, key)


def _chunks(capture: Bucket, key: str) -> Iterator[bytes]:
    try:
        body = capture.stream(key)
    except ClientError as error:
        if not is_lost_object(error):
            raise
        logger.warning("%s can't be read: %s", single_line(key), error)
        raise LostObjectError(str(error)) from error
    with body:
        yield from body.iter_chunks(CHUNK_BYTES)


def _content(capture: Bucket, key: str) -> Iterator[bytes]:
    """What identifies the object's content: of a lost one, its key."""
    try:
        yield from _chunks(capture, key)
    except LostObjectError:
        yield key.encode()


def distinct(capture: Bucket, listed: Iterable[CapturedObject]) -> list[CapturedObject]:
    """A batch's objects, each content once.

    The plan finds no duplicates: with KMS, objects of the same bytes have different ETags.
    """
    chosen, copies = deduplicate_objects(
        listed, size=lambda item: item.size, read=lambda item: _content(capture, item.key)
    )
    for copy in copies:
        key = single_line(copy.key)
        logger.warning("%s has the content of another object and is skipped", key)
    return chosen
