"""Which captured objects a window's analysis reads, in which batches.

Which windows a day is made of, and which it lacks.
"""

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from driftloop.errors import InputError
from driftloop.window import HOUR, Window

BATCH_BYTES = 64 * 1024 * 1024
BATCH_OBJECTS = 500

ONE_BATCH_BYTES = 4 * 1024 * 1024 * 1024
"""Most that is read as one, where a window can't be split. Looking for repeated entities, and then
reading, went at 30 MB of captured lines a second or more on one busy core: this takes some 140 of
the profile function's 600 seconds, and about a quarter of its memory."""

ONE_BATCH_OBJECTS = 800
"""Most objects of it: the map's item that names them may have 256 KiB, and each takes up to 270."""


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


def earlier_windows(window: Window, allowed_lateness_hours: int) -> list[Window]:
    """The windows before ``window`` that late files are looked for, newest first."""
    length = window.end - window.start
    count = -(-timedelta(hours=allowed_lateness_hours) // length)
    return [
        Window(window.start - length * step, window.end - length * step)
        for step in range(1, count + 1)
    ]


def unplanned_objects(
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


def one_batch(objects: Sequence[CapturedObject], window: Window) -> list[list[CapturedObject]]:
    """All objects together; raises InputError where they are more than one function can read."""
    total = sum(item.size for item in objects)
    if total > ONE_BATCH_BYTES or len(objects) > ONE_BATCH_OBJECTS:
        raise InputError(
            f"window {window.label} has {len(objects):,} captured files of {total:,} bytes; with"
            f" `entity` they are read together, and at most {ONE_BATCH_OBJECTS:,} of"
            f" {ONE_BATCH_BYTES:,} bytes can be. Lower monitoring.window_hours or"
            " serving.capture_sampling_percentage, or leave `entity` out: hours of the week"
            " and design"
            " effects account for repeats too"
        )
    return [sorted(objects)] if objects else []


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
    # bytes, then objects: among batches of no bytes the empty one comes first
    loads = [(0, 0, number) for number in range(count)]
    for item in sorted(objects, key=lambda item: (-item.size, item.key)):
        held, _, number = heapq.heappop(loads)
        split[number].append(item)
        if len(split[number]) < batch_objects:
            heapq.heappush(loads, (held + item.size, len(split[number]), number))
    return [sorted(batch) for batch in split]


def non_overlapping(windows: Iterable[Window]) -> list[Window]:
    """The windows in order of time, without those that begin within another.

    Windows overlap where ``window_hours`` was changed within the day: the records of the shorter
    ones are in the longer one too, and must not count twice.
    """
    chosen: list[Window] = []
    for window in sorted(windows, key=lambda window: (window.start, -window.end.timestamp())):
        if not chosen or window.start >= chosen[-1].end:
            chosen.append(window)
    return chosen


def missing_windows(
    day: Window, present: Iterable[Window], length: timedelta, since: datetime
) -> list[Window]:
    """The windows of ``length`` within ``day`` of which nothing is present, from ``since`` on."""
    known = list(present)
    count = (day.end - day.start) // length
    steps = (
        Window(day.start + length * step, day.start + length * (step + 1)) for step in range(count)
    )
    return [
        window
        for window in steps
        if window.end > since
        and not any(other.start < window.end and window.start < other.end for other in known)
    ]
