"""Stores which captured objects a batch has, and finds objects in the lists of other batches.

An item of the manifest names the list of its objects and the range of their keys. So a plan fits
into memory whatever the number of objects, and a list is read only where its range is asked for.

Keys decide what a batch has, and times do not: an object can become visible after a plan and have
a time before it. Source: Amazon S3 User Guide, "Working with object metadata": for multipart
uploads, the creation date is the date of initiation of the upload.
"""

import hashlib
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from driftloop.contract import s3_keys
from driftloop.errors import InputError
from driftloop.object_batches import CapturedObject
from lambdas.aws.storage import Bucket

Listed = dict[str, Any] | list[dict[str, Any]]
"""The field ``objects`` of a manifest item: an :class:`ObjectList`, or the objects themselves in a
plan from before a deployment."""


class ExpiredListError(InputError):
    """The list of a batch's objects does not exist any more."""


class ObjectList(msgspec.Struct, frozen=True, kw_only=True):
    """Where the objects of a batch are listed; ``first`` and ``last`` are their keys' range."""

    list_key: str
    first: str
    last: str
    count: int
    bytes: int


def store_objects(analysis: Bucket, work: str, objects: list[CapturedObject]) -> ObjectList:
    """Write the objects of a batch below an analysis' prefix ``work``; they are not empty.

    Its key contains a digest of its content: two plans of the same analysis that run at once do not
    replace each other's lists.
    """
    objects = sorted(objects)
    data = msgspec.json.encode(objects)
    key = s3_keys.object_list(work, hashlib.sha256(data).hexdigest()[:32])
    analysis.put(key, data, "application/json")
    return ObjectList(
        list_key=key,
        first=objects[0].key,
        last=objects[-1].key,
        count=len(objects),
        bytes=sum(item.size for item in objects),
    )


def load_objects(analysis: Bucket, listed: Listed) -> list[CapturedObject]:
    """The objects of a batch, in order of their keys; raises ExpiredListError."""
    if isinstance(listed, list):
        found = [CapturedObject(one["key"], one["size"], one["overlap"]) for one in listed]
        return sorted(found)
    data = analysis.find(listed["list_key"])
    if data is None:
        raise ExpiredListError(
            f"s3://{analysis.name}/{listed['list_key']} has expired: start the analysis with a new"
            " revision"
        )
    return msgspec.json.decode(data, type=list[CapturedObject])


class KnownObjects:
    """The objects of many batches, without having all of them in memory.

    Keys are asked for in ascending order. A list is read once, if a key in its range is asked for,
    and forgotten after a key beyond it.
    """

    def __init__(self, analysis: Bucket, batches: Iterable[Listed]) -> None:
        self._analysis = analysis
        ranges = [(*_key_range(listed), number, listed) for number, listed in enumerate(batches)]
        self._unread = deque(sorted(ranges))
        self._read: list[tuple[str, frozenset[str]]] = []

    def has(self, key: str) -> bool:
        """Whether one of the batches has the object; raises ExpiredListError."""
        while self._unread and self._unread[0][0] <= key:
            _, last, _, listed = self._unread.popleft()
            if last >= key:
                keys = frozenset(item.key for item in load_objects(self._analysis, listed))
                self._read = [one for one in self._read if one[0] >= key] + [(last, keys)]
        return any(key in keys for _, keys in self._read)


def count_known(
    batches: Mapping[str, Iterable[CapturedObject]], known: KnownObjects
) -> Counter[str]:
    """How many objects of each batch are known, by the name of the batch."""
    asked = sorted((item.key, name) for name, items in batches.items() for item in items)
    return Counter(name for key, name in asked if known.has(key))


def _key_range(listed: Listed) -> tuple[str, str]:
    if isinstance(listed, list):
        keys = [item["key"] for item in listed]
        return min(keys), max(keys)
    return listed["first"], listed["last"]
