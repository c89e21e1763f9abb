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


SMALL_BYTES = 1 << 18
"""Bytes of an object that is kept after its content was compared: it is requested once then."""

KEPT_BYTES = 1 << 26
"""Bytes of all objects that are kept: a small part of the function's 2 GiB."""


class BatchObjects:
    """The captured objects of one batch; no object but small ones is in memory as a whole."""

    def __init__(self, capture: Bucket) -> None:
        self._capture = capture
        self._kept: dict[str, bytes] = {}
        self._bytes_left = KEPT_BYTES

    def open(self, keys: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Key and chunks of each object; those of a lost object raise LostObjectError."""
        for key in keys:
            kept = self._kept.get(key)
            yield key, self._chunks(key) if kept is None else (kept,)

    def distinct(self, listed: Iterable[CapturedObject]) -> list[CapturedObject]:
        """Each content once; only objects of equal size are read for it.

        The plan finds no duplicates: with KMS, objects of the same bytes have different ETags.
        """
        chosen, copies = deduplicate_objects(
            listed, size=lambda item: item.size, read=lambda item: self._content(item.key)
        )
        for copy in copies:
            self._kept.pop(copy.key, None)
            key = single_line(copy.key)
            logger.warning("%s has the content of another object and is skipped", key)
        return chosen

    def _content(self, key: str) -> Iterator[bytes]:
        """What identifies the object's content: of a lost one, its key."""
        read: list[bytes] = []
        count = 0
        try:
            for chunk in self._chunks(key):
                count += len(chunk)
                if count <= SMALL_BYTES:
                    read.append(chunk)
                yield chunk
        except LostObjectError:
            yield key.encode()
            return
        if count <= min(SMALL_BYTES, self._bytes_left):
            self._kept[key] = b"".join(read)
            self._bytes_left -= count

    def _chunks(self, key: str) -> Iterator[bytes]:
        try:
            body = self._capture.stream(key)
        except ClientError as error:
            if not is_lost_object(error):
                raise
            logger.warning("%s can't be read: %s", single_line(key), error)
            raise LostObjectError(str(error)) from error
        with body:
            yield from body.iter_chunks(CHUNK_BYTES)
