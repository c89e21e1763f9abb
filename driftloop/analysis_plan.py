"""Plans an analysis: which captured objects it reads in which batches, and a day's windows."""

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from driftloop.errors import InputError
from driftloop.window import HOUR, Window

MAX_BATCH_BYTES = 64 * 1024 * 1024
"""Bytes of captured files in a batch: one invocation of the profile function reads them."""

MAX_BATCH_OBJECTS = 500
"""Captured files in a batch, for the same reason."""

MAX_SINGLE_BATCH_BYTES = 4 * 1024 * 1024 * 1024
"""Bytes of the batch of a window that can't be split. Finding repeated entities and then reading
processed at least 30 MB of captured lines per second on one busy core: this takes about 140 of the
profile function's 600 seconds, and a quarter of its memory."""

MAX_SINGLE_BATCH_OBJECTS = 800
"""Objects of that batch: the map item that names them may have 256 KiB, each up to 270 bytes."""


@dataclass(frozen=True, slots=True, order=True)
class CapturedObject:
    """One captured file; ``etag`` is S3's.

    ``overlap``: it was started before the window for which it is read. Its unreadable lines, which
    have no time, count in the window in which it was started.
    """

    key: str
    size: int
    etag: str
    overlap: bool = field(default=False, compare=False)

    def to_dict(self) -> dict[str, object]:
        """As in a manifest."""
        return {"key": self.key, "size": self.size, "etag": self.etag, "overlap": self.overlap}


def capture_hours(window: Window) -> list[datetime]:
    """Hours whose files can hold the window's records.

    A file is named by its first record: one of the hour before may have records of the window.
    """
    return Window(window.start - HOUR, window.end).hours()


def earlier_windows(window: Window, allowed_lateness_hours: int) -> list[Window]:
    """The windows before ``window`` in which late files are searched, newest first."""
    length = window.end - window.start
    count = -(-timedelta(hours=allowed_lateness_hours) // length)
    return [
        Window(window.start - length * step, window.end - length * step)
        for step in range(1, count + 1)
    ]


def unplanned_objects(
    objects: Iterable[CapturedObject], planned: Collection[CapturedObject] = ()
) -> list[CapturedObject]:
    """The objects that have not been planned, sorted by key, each content once.

    A duplicate under another key has the same ETag and size; empty objects are no duplicates. With
    KMS an ETag says nothing about content: the profile function finds such duplicates.
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
    """All objects in one batch; raises InputError if one function can't read that many."""
    total = sum(item.size for item in objects)
    if total > MAX_SINGLE_BATCH_BYTES or len(objects) > MAX_SINGLE_BATCH_OBJECTS:
        raise InputError(
            f"window {window.label} has {len(objects):,} captured files of {total:,} bytes; with"
            f" `entity` they are read together, and at most {MAX_SINGLE_BATCH_OBJECTS:,} files of"
            f" {MAX_SINGLE_BATCH_BYTES:,} bytes can be. Lower monitoring.window_hours or"
            " serving.capture_sampling_percentage, or remove `entity`: hour-of-week profiles and"
            " design effects account for repeated entities, too"
        )
    return [sorted(objects)] if objects else []


def batches(
    objects: Sequence[CapturedObject],
    *,
    batch_bytes: int = MAX_BATCH_BYTES,
    batch_objects: int = MAX_BATCH_OBJECTS,
) -> list[list[CapturedObject]]:
    """Split into as few batches as the limits allow, balanced by bytes.

    Deterministic: the largest object first, each to the smallest batch that is not full.
    """
    if not objects:
        return []
    total = sum(item.size for item in objects)
    count = min(len(objects), max(-(-total // batch_bytes), -(-len(objects) // batch_objects), 1))
    split: list[list[CapturedObject]] = [[] for _ in range(count)]
    # Bytes, then objects: of two batches without bytes the empty one comes first.
    loads = [(0, 0, number) for number in range(count)]
    for item in sorted(objects, key=lambda item: (-item.size, item.key)):
        held, _, number = heapq.heappop(loads)
        split[number].append(item)
        if len(split[number]) < batch_objects:
            heapq.heappush(loads, (held + item.size, len(split[number]), number))
    return [sorted(batch) for batch in split]


def non_overlapping(windows: Iterable[Window]) -> list[Window]:
    """The windows in order of time, without those that start within another one.

    Windows overlap if ``window_hours`` was changed within the day: the records of the shorter ones
    are in the longer one, too, and must not count twice.
    """
    chosen: list[Window] = []
    for window in sorted(windows, key=lambda window: (window.start, -window.end.timestamp())):
        if not chosen or window.start >= chosen[-1].end:
            chosen.append(window)
    return chosen


def missing_windows(
    day: Window, present: Iterable[Window], length: timedelta, since: datetime
) -> list[Window]:
    """Windows of ``length`` within ``day``, from ``since`` on, that overlap none of ``present``."""
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


def uncovered_windows(period: Window, planned: Iterable[Window], length: timedelta) -> list[Window]:
    """The parts of ``period`` that no planned window covers, in order of time.

    They are split where windows of ``length`` begin, counted from midnight. So each is such a
    window, or a part of one if windows had another length before.
    """
    uncovered = []
    start = period.start
    for window in sorted(planned):
        if window.start > start:
            uncovered += _split(start, min(window.start, period.end), length)
        start = max(start, window.end)
    return uncovered + _split(start, period.end, length)


def _split(start: datetime, end: datetime, length: timedelta) -> list[Window]:
    parts = []
    while start < end:
        midnight = Window(start, end).day.start
        following = midnight + length * ((start - midnight) // length + 1)
        parts.append(Window(start, min(following, end)))
        start = following
    return parts
