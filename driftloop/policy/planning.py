"""Which captured objects a window's analysis reads, in which batches."""

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from driftloop.window import HOUR, Window

BATCH_BYTES = 64 * 1024 * 1024
BATCH_OBJECTS = 500


@dataclass(frozen=True, slots=True, order=True)
class CapturedObject:
    """One captured file; ``etag`` is S3's.

    ``overlap``: begun before the window that it is read for, so that its unreadable lines, which
    have no time, count with the window that it was begun in.
    """

    key: str
    size: int
    etag: str
    overlap: bool = field(default=False, compare=False)

    def to_dict(self) -> dict[str, object]:
        """As it stands in a manifest."""
        return {"key": self.key, "size": self.size, "etag": self.etag, "overlap": self.overlap}


def capture_hours(window: Window) -> list[datetime]:
    """Hours whose files can hold the window's records.

    A file is named by its first record, so one begun in the hour before can reach into the window.
    """
    return Window(window.start - HOUR, window.end).hours()


def earlier_windows(window: Window, late_hours: int) -> list[Window]:
    """The windows before ``window`` that late files are looked for, newest first."""
    length = window.end - window.start
    count = -(-timedelta(hours=late_hours) // length)
    return [
        Window(window.start - length * step, window.end - length * step)
        for step in range(1, count + 1)
    ]


def fresh(
    objects: Iterable[CapturedObject], planned: Collection[CapturedObject] = ()
) -> list[CapturedObject]:
    """The objects that have not been planned, each content once, by key.

    A copy under another name has the same ETag and size; an empty object is nobody's copy. With
    KMS an ETag says nothing about content: there the copies are found where a batch is read.
    """
    keys = {item.key for item in planned}
    contents = {(item.etag, item.size) for item in planned if item.size}
    chosen = []
    for item in sorted(objects):
        content = (item.etag, item.size)
        if item.key in keys or content in contents:
            continue
        keys.add(item.key)
        if item.size:
            contents.add(content)
        chosen.append(item)
    return chosen


def batches(
    objects: Sequence[CapturedObject],
    *,
    batch_bytes: int = BATCH_BYTES,
    batch_objects: int = BATCH_OBJECTS,
) -> list[list[CapturedObject]]:
    """Split into as few batches as the limits allow, balanced by bytes (largest first, to the
    lightest batch that is not full); deterministic.
    """
    if not objects:
        return []
    total = sum(item.size for item in objects)
    count = min(len(objects), max(-(-total // batch_bytes), -(-len(objects) // batch_objects), 1))
    split: list[list[CapturedObject]] = [[] for _ in range(count)]
    loads = [(0, number) for number in range(count)]
    for item in sorted(objects, key=lambda item: (-item.size, item.key)):
        held, number = heapq.heappop(loads)
        split[number].append(item)
        if len(split[number]) < batch_objects:
            heapq.heappush(loads, (held + item.size, number))
    return [sorted(batch) for batch in split]
