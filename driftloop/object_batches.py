"""Splits captured objects into batches while they are listed, whatever their number."""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from driftloop.errors import InputError
from driftloop.window import Window

T = TypeVar("T")

MAX_BATCH_BYTES = 256 * 1024 * 1024
"""Bytes of captured files in a batch: one invocation of the profile function reads them. Each batch
costs three state transitions. Records of 700 bytes that take 100 µs each, as the slowest payloads
do, take 40 of the function's 600 seconds."""

MAX_BATCH_OBJECTS = 1000
"""Captured files in a batch, for the same reason: each is a request or two to S3, one after the
other. They are as many as one response of ListObjectsV2 names."""

MAX_SINGLE_BATCH_BYTES = 4 * 1024 * 1024 * 1024
"""Bytes of the batch of a window that can't be split. Finding repeated entities and then reading
processed at least 30 MB of captured lines per second on one busy core: this takes about 140 of the
profile function's 600 seconds, and a quarter of its memory."""

MAX_SINGLE_BATCH_OBJECTS = 4000
"""Objects of that batch. Each is requested up to three times, one after the other: with 30 ms a
request that takes 360 of the profile function's 600 seconds."""


class CapturedObject(msgspec.Struct, frozen=True, order=True, array_like=True):
    """One captured file.

    ``overlap``: it was started before the window for which it is read. Its unreadable lines, which
    have no time, count in the window in which it was started.
    """

    key: str
    size: int
    overlap: bool = False


class Batches(Generic[T]):
    """Collects captured objects in the order in which they are listed.

    A batch is stored, and not kept, as soon as the next object exceeds one of its limits. So at
    most one batch is in memory, and the batches of a listing are consecutive ranges of its keys.

    Attributes:
        stored: What ``store`` returned for each batch so far.
    """

    def __init__(self, store: Callable[[list[CapturedObject]], T]) -> None:
        self.stored: list[T] = []
        self._store = store
        self._objects: list[CapturedObject] = []
        self._bytes = 0

    def add(self, item: CapturedObject) -> None:
        """Add the next object."""
        if self._exceeds(len(self._objects) + 1, self._bytes + item.size):
            self._end_batch()
        self._objects.append(item)
        self._bytes += item.size

    def extend(self, other: "Batches[T]") -> None:
        """Add the batches that ``other`` has stored, and the objects that it has not."""
        self.stored += other.stored
        for item in other._objects:
            self.add(item)

    def finish(self) -> list[T]:
        """Store the last batch; returns what ``store`` returned for each batch."""
        if self._objects:
            self._store_objects()
        return self.stored

    def _exceeds(self, count: int, size: int) -> bool:
        return count > MAX_BATCH_OBJECTS or size > MAX_BATCH_BYTES

    def _end_batch(self) -> None:
        if self._objects:
            self._store_objects()

    def _store_objects(self) -> None:
        self.stored.append(self._store(self._objects))
        self._objects, self._bytes = [], 0


class SingleBatch(Batches[T]):
    """Collects all captured objects of a window in one batch.

    ``add`` raises InputError if there are more than one function can read.
    """

    def __init__(self, store: Callable[[list[CapturedObject]], T], window: Window) -> None:
        super().__init__(store)
        self._window = window

    def _exceeds(self, count: int, size: int) -> bool:
        return count > MAX_SINGLE_BATCH_OBJECTS or size > MAX_SINGLE_BATCH_BYTES

    def _end_batch(self) -> None:
        raise InputError(
            f"window {self._window.label} has more captured files than one function can read; with"
            f" `entity` they are read together, and at most {MAX_SINGLE_BATCH_OBJECTS:,} files of"
            f" {MAX_SINGLE_BATCH_BYTES:,} bytes can be. Lower monitoring.window_hours or"
            " serving.capture_sampling_percentage, or remove `entity`: hour-of-week profiles and"
            " design effects account for repeated entities, too"
        )
