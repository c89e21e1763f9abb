"""Deduplication: one record per entity and window, and one captured object per content.

Records of one user, device or account resemble each other. Tests that treat them as independent
find drift where there is none, so only the first record of each entity counts. Objects with the
content of another one are copies, and are read once, whatever their names.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.event_ids import Hashes, hash_ids
from driftloop.capture.line_counts import SkipReason
from driftloop.capture.reader import ReadBatch
from driftloop.capture.record_batch import CategoricalColumn, RecordBatch
from driftloop.cell_values import category_key
from driftloop.errors import IncompleteError
from driftloop.schema import Entity

Mask = NDArray[np.bool_]
T = TypeVar("T")


def deduplicate_entities(
    entity: Entity | None, read: Callable[[bool], Iterator[ReadBatch]]
) -> Iterator[ReadBatch]:
    """Keep the first record of each entity.

    The first record in time may be read last, so the objects are read twice.

    Args:
        entity: What identifies the entity of a record; None keeps all records.
        read: Reads the objects from the start. It is called with True for the first reading,
            which only finds the records to keep, and with False for the second one. Without an
            ``entity``, it is called once, with False.

    Yields:
        The parts of the second reading, without repeated entities. Lines of which no record is
        left count as skipped.

    Raises:
        IncompleteError: The objects have changed between the two readings.
    """
    if entity is None:
        yield from read(False)
        return
    firsts = FirstPerEntity(entity)
    for part in read(True):
        firsts.add(part.batch)
    mask = firsts.mask()
    for part in read(False):
        yield mask.apply(part)
    mask.check_end()


class FirstPerEntity:
    """Finds the first record in time of each entity; takes 17 bytes a record."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self._keys: list[Hashes] = []
        self._is_known: list[Mask] = []
        self._times: list[NDArray[np.float64]] = []

    def add(self, batch: RecordBatch) -> None:
        """Add the next records of the first reading."""
        keys, is_known = entity_keys(batch, self._entity)
        self._keys.append(keys)
        self._is_known.append(is_known)
        self._times.append(batch.times)

    def mask(self) -> "RecordMask":
        """The records to keep in the second reading."""
        if not self._keys:
            return RecordMask(np.empty(0, dtype=np.bool_))
        keys, is_known = np.concatenate(self._keys), np.concatenate(self._is_known)
        return RecordMask(first_rows(keys, is_known, np.concatenate(self._times)))


class RecordMask:
    """The records to keep of a reading, in its order."""

    def __init__(self, is_kept: Mask) -> None:
        self._is_kept = is_kept
        self._position = 0

    def apply(self, part: ReadBatch) -> ReadBatch:
        """The records to keep of the next part; raises IncompleteError if the objects have grown.

        The number of records is compared: the same number in other objects is not noticed.
        """
        count = len(part.batch)
        is_kept = self._is_kept[self._position : self._position + count]
        if len(is_kept) < count:
            raise IncompleteError("the objects have grown between two readings: read them again")
        self._position += count
        return drop_repeated_entities(part, is_kept)

    def check_end(self) -> None:
        """Raises IncompleteError if the second reading had fewer records than the first one."""
        if self._position < len(self._is_kept):
            raise IncompleteError("the objects have shrunk between two readings: read them again")


def drop_repeated_entities(part: ReadBatch, is_kept: Mask) -> ReadBatch:
    """The records where ``is_kept`` (bool[n]), with their line counts."""
    if is_kept.all():
        return part
    line_of_record = np.cumsum(part.batch.rows == 0)
    emptied_lines = int(line_of_record[-1]) - len(np.unique(line_of_record[is_kept]))
    dropped, line_counts = int((~is_kept).sum()), part.line_counts
    skipped = {**line_counts.skipped}
    skipped[SkipReason.REPEATED_ENTITY] = skipped.get(SkipReason.REPEATED_ENTITY, 0) + emptied_lines
    counts_after = replace(
        line_counts,
        used=line_counts.used - emptied_lines,
        records=line_counts.records - dropped,
        deduplicated_records=line_counts.deduplicated_records + dropped,
        skipped={name: skipped[name] for name in sorted(skipped) if skipped[name]},
    )
    return ReadBatch(part.batch.take(np.flatnonzero(is_kept)), counts_after)


def first_row_per_entity(batch: RecordBatch, entity: Entity, hours: int) -> RecordBatch:
    """Keep the first row of each entity in each window of training data.

    Args:
        batch: Training data. Without times, all of it is one window.
        entity: What identifies the entity of a row.
        hours: Length of a window.

    Returns:
        The rows to keep, in their order.
    """
    keys, is_known = entity_keys(batch, entity)
    windows = np.nan_to_num(batch.times // (3600 * hours), nan=-1.0)
    return batch.take(np.flatnonzero(first_rows(keys, is_known, batch.times, windows)))


def entity_keys(batch: RecordBatch, entity: Entity) -> tuple[Hashes, Mask]:
    """uint64[n] that are equal for records of one entity, and bool[n] whether it is known.

    Text keys are 64-bit hashes: in a window of a million entities, the chance that two different
    ones have the same hash is about 1 in 37 million.
    """
    if entity.attribute:
        return _attribute_keys(
            batch.entities if batch.entities is not None else [None] * len(batch)
        )
    column = batch.columns[entity.name]
    if isinstance(column, CategoricalColumn):
        hashes = np.append(hash_ids(column.categories), np.uint64(0))
        return hashes[column.codes], column.codes >= 0
    return column.values.view(np.uint64), ~np.isnan(column.values)


def first_rows(
    keys: Hashes,
    is_known: Mask,
    times: NDArray[np.float64],
    windows: NDArray[np.float64] | None = None,
) -> Mask:
    """bool[n]: the first record in time of each key, and every record without a known entity.

    Args:
        keys: Entities, uint64[n].
        is_known: Whether the entity is known, bool[n].
        times: Epoch seconds, float64[n]. Of equal times, the first record read counts.
        windows: Numbers of windows, float64[n], each with first records of its own.
    """
    windows = np.zeros(len(keys)) if windows is None else windows
    order = np.lexsort((times, windows, keys))
    sorted_keys, sorted_windows = keys[order], windows[order]
    is_first_of_key = np.ones(len(keys), dtype=np.bool_)
    is_first_of_key[1:] = (sorted_keys[1:] != sorted_keys[:-1]) | (
        sorted_windows[1:] != sorted_windows[:-1]
    )
    is_first = ~is_known
    is_first[order[is_first_of_key]] = True
    return is_first


def deduplicate_objects(
    objects: Iterable[T], *, size: Callable[[T], int], read: Callable[[T], Iterable[bytes]]
) -> tuple[list[T], list[T]]:
    """Separate objects from copies of their content.

    Only objects of equal size are read for it. Empty objects are not copies.

    Args:
        objects: Captured objects of any type.
        size: Returns an object's size in bytes.
        read: Returns an object's content in blocks.

    Returns:
        The first object of each content, and the copies, each in the order given.
    """
    objects = list(objects)
    sizes = Counter(size(item) for item in objects)
    seen: set[tuple[int, bytes]] = set()
    originals: list[T] = []
    copies: list[T] = []
    for item in objects:
        if not size(item) or sizes[size(item)] == 1:
            originals.append(item)
            continue
        content = (size(item), _digest(read(item)))
        (copies if content in seen else originals).append(item)
        seen.add(content)
    return originals, copies


def _attribute_keys(values: list[str | None]) -> tuple[Hashes, Mask]:
    keys = list(_canonical_keys(values))
    return hash_ids([key or "" for key in keys]), np.array(
        [key is not None for key in keys], dtype=np.bool_
    )


def _canonical_keys(values: list[str | None]) -> Iterator[str | None]:
    keys: dict[str | None, str | None] = {}
    for value in values:
        if value not in keys:
            keys[value] = category_key(value)
        yield keys[value]


def _digest(blocks: Iterable[bytes]) -> bytes:
    digest = blake2b(digest_size=16)
    for block in blocks:
        digest.update(block)
    return digest.digest()
