"""Finds the captured objects that windows have to read; lists each hour of a version once.

Any number of objects can be captured in an hour. So the batches of a window are stored while it is
listed, and each search has at most one batch of each hour in memory.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from driftloop.analysis_plan import capture_hours
from driftloop.contract import s3_keys
from driftloop.contract.resource_names import VARIANT
from driftloop.object_batches import Batches, CapturedObject, SingleBatch
from driftloop.window import Window
from lambdas.aws.object_lists import (
    ExpiredListError,
    KnownObjects,
    Listed,
    ObjectList,
    store_objects,
)
from lambdas.aws.storage import Bucket, S3Object

THREADS = 8
"""Hours that are listed at once, if they have many objects: S3 returns 1,000 keys a request."""

MANY_OBJECTS = 1000
"""An hour with more objects needs more than one request: then the other hours are listed at once.
The hours of a small endpoint are listed one after the other, which takes no longer."""


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A window of a version for which objects are searched, without those of ``known``."""

    version: int
    window: Window
    known: Sequence[Listed] = ()

    def hours(self) -> list["VersionHour"]:
        """The hours in which its objects may be, in order of time."""
        return [VersionHour(self.version, hour) for hour in capture_hours(self.window)]


@dataclass(frozen=True, slots=True, order=True)
class VersionHour:
    """An hour in which files of a version were started."""

    version: int
    hour: datetime


class Listing:
    """Finds captured objects of one model's endpoint, and stores their lists below ``work``."""

    def __init__(
        self, *, capture: Bucket, analysis: Bucket, work: str, model: str, endpoint: str
    ) -> None:
        self._capture, self._analysis, self._work = capture, analysis, work
        self._model, self._endpoint = model, endpoint

    def find(
        self, searches: Sequence[Search], *, is_single_batch: bool = False
    ) -> list[list[ObjectList] | None]:
        """The batches of each search.

        Args:
            searches: What is searched. Each hour of a version is listed once for all of them.
            is_single_batch: Whether all objects of a search are one batch.

        Returns:
            Lists of objects by search; None if a list of its known objects has expired.

        Raises:
            InputError: A single batch has more objects than one function can read.
        """

        def new_batches(search: Search) -> Batches[ObjectList]:
            return (
                SingleBatch(self._store, search.window) if is_single_batch else Batches(self._store)
            )

        readers: dict[VersionHour, dict[Search, _Reader]] = {}
        for search in searches:
            for hour in search.hours():
                known = KnownObjects(self._analysis, search.known)
                is_overlap = hour.hour < search.window.start
                reader = _Reader(known, new_batches(search), is_overlap=is_overlap)
                readers.setdefault(hour, {})[search] = reader
        newest_first = sorted(readers, reverse=True)
        _scan_all(lambda hour: self._scan(hour, readers[hour].values()), newest_first)
        return [
            _join(new_batches(search), [readers[hour][search] for hour in search.hours()])
            for search in searches
        ]

    def _scan(self, hour: VersionHour, readers: Iterable["_Reader"]) -> int:
        """Give the objects of an hour to its readers; returns their number."""
        prefix = s3_keys.capture_hour(self._model, hour.version, self._endpoint, VARIANT, hour.hour)
        count = 0
        for item in self._capture.list(prefix):
            count += 1
            for reader in readers:
                reader.read(item)
        return count

    def _store(self, objects: list[CapturedObject]) -> ObjectList:
        return store_objects(self._analysis, self._work, objects)


class _Reader:
    """Collects the objects of one hour that a search has to find."""

    def __init__(
        self, known: KnownObjects, batches: Batches[ObjectList], *, is_overlap: bool
    ) -> None:
        self.batches = batches
        self.is_expired = False
        self._known = known
        self._is_overlap = is_overlap

    def read(self, item: S3Object) -> None:
        """Take the next object of the hour."""
        if self.is_expired:
            return
        try:
            is_known = self._known.has(item.key)
        except ExpiredListError:
            self.is_expired = True
            return
        if not is_known:
            self.batches.add(CapturedObject(item.key, item.size, self._is_overlap))


def _join(batches: Batches[ObjectList], readers: Iterable[_Reader]) -> list[ObjectList] | None:
    """The batches of all hours: what is left of each hour is joined."""
    for reader in readers:
        if reader.is_expired:
            return None
        batches.extend(reader.batches)
    return batches.finish()


def _scan_all(scan: Callable[[VersionHour], int], hours: Sequence[VersionHour]) -> None:
    """Scan the hours one after the other, until one of them has many objects."""
    for number, hour in enumerate(hours, start=1):
        if scan(hour) > MANY_OBJECTS:
            with ThreadPoolExecutor(THREADS) as pool:
                for _ in pool.map(scan, hours[number:]):
                    pass
            return
