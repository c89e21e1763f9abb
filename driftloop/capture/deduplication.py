"""One record per entity: of whoever sends many requests, only the first in time counts.

Records of one user, device or account resemble each other, and tests that take them for
independent are too sure. What is kept of them here is independent, as far as entities are.

Objects that repeat another's content: each content is judged once, whatever it is named.
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
from driftloop.errors import InputError
from driftloop.schema import Entity

Mask = NDArray[np.bool_]


def deduplicate_entities(
    entity: Entity | None, read: Callable[[bool], Iterator[ReadBatch]]
) -> Iterator[ReadBatch]:
    """All chunks, without the rows that repeat an entity.

    ``read`` reads the same objects each time: with True only to look ahead, with False for good.
    Without an ``entity`` they are read once.
    """
    if entity is None:
        yield from read(False)
        return
    firsts = FirstPerEntity(entity)
    for chunk in read(True):
        firsts.add(chunk.batch)
    chosen = firsts.chosen()
    for chunk in read(False):
        yield chosen.apply(chunk)


class FirstPerEntity:
    """Finds the first row of each entity among all rows, in 17 bytes a row.

    Reading is done twice, since the first in time may be read last: rows are added in a first
    reading, and chosen in a second one of the same objects in the same order.
    """

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self._keys: list[Hashes] = []
        self._known: list[Mask] = []
        self._times: list[NDArray[np.float64]] = []

    def add(self, batch: RecordBatch) -> None:
        """Take the next rows into account."""
        keys, known = entity_keys(batch, self._entity)
        self._keys.append(keys)
        self._known.append(known)
        self._times.append(batch.times)

    def chosen(self) -> "RecordMask":
        """The rows that are kept, for the second reading."""
        if not self._keys:
            return RecordMask(np.empty(0, dtype=np.bool_))
        keys, known = np.concatenate(self._keys), np.concatenate(self._known)
        return RecordMask(first_rows(keys, known, np.concatenate(self._times)))


class RecordMask:
    """The rows that are kept, given out in the order in which they were added."""

    def __init__(self, kept: Mask) -> None:
        self._kept = kept
        self._place = 0

    def apply(self, chunk: ReadBatch) -> ReadBatch:
        """What is kept of the next rows, and their tally; raises InputError where they changed."""
        count = len(chunk.batch)
        kept = self._kept[self._place : self._place + count]
        if len(kept) < count:
            raise InputError("the objects have grown between two readings: read them again")
        self._place += count
        return drop_repeated_entities(chunk, kept)


def drop_repeated_entities(chunk: ReadBatch, kept: Mask) -> ReadBatch:
    """The rows where ``kept``, and the tally of these; a line of which none is left is filtered."""
    if kept.all():
        return chunk
    lines = np.cumsum(chunk.batch.rows == 0)
    emptied = int(lines[-1]) - len(np.unique(lines[kept]))
    gone, line_counts = int((~kept).sum()), chunk.line_counts
    filtered = {**line_counts.skipped}
    filtered[SkipReason.REPEATED_ENTITY] = filtered.get(SkipReason.REPEATED_ENTITY, 0) + emptied
    counted = replace(
        line_counts,
        used=line_counts.used - emptied,
        records=line_counts.records - gone,
        deduplicated_records=line_counts.deduplicated_records + gone,
        skipped={name: filtered[name] for name in sorted(filtered) if filtered[name]},
    )
    return ReadBatch(chunk.batch.take(np.flatnonzero(kept)), counted)


def first_row_per_entity(batch: RecordBatch, entity: Entity, hours: int) -> RecordBatch:
    """Training data with one row per entity in each window of ``hours``; over all of it where the
    rows have no times."""
    keys, known = entity_keys(batch, entity)
    windows = np.nan_to_num(batch.times // (3600 * hours), nan=-1.0)
    return batch.take(np.flatnonzero(first_rows(keys, known, batch.times, windows)))


def entity_keys(batch: RecordBatch, entity: Entity) -> tuple[Hashes, Mask]:
    """uint64[n] that are equal for rows of one entity, and bool[n] whether it is known.

    Texts are told apart by a 64-bit hash: among a million entities two would be mistaken for each
    other about once in 37 million windows.
    """
    if entity.attribute:
        return _text_keys(batch.entities if batch.entities is not None else [None] * len(batch))
    column = batch.columns[entity.name]
    if isinstance(column, CategoricalColumn):
        hashes = np.append(hash_ids(column.categories), np.uint64(0))
        return hashes[column.codes], column.codes >= 0
    return column.values.view(np.uint64), ~np.isnan(column.values)


def first_rows(
    keys: Hashes,
    known: Mask,
    times: NDArray[np.float64],
    windows: NDArray[np.float64] | None = None,
) -> Mask:
    """bool[n]: the first in time of each key (in each window), of equal times the first read, and
    every row whose entity is not known."""
    windows = np.zeros(len(keys)) if windows is None else windows
    order = np.lexsort((times, windows, keys))
    sorted_keys, sorted_windows = keys[order], windows[order]
    begins = np.ones(len(keys), dtype=np.bool_)
    begins[1:] = (sorted_keys[1:] != sorted_keys[:-1]) | (sorted_windows[1:] != sorted_windows[:-1])
    first = ~known
    first[order[begins]] = True
    return first


def _text_keys(texts: list[str | None]) -> tuple[Hashes, Mask]:
    keys = list(_canonical(texts))
    return hash_ids([key or "" for key in keys]), np.array(
        [key is not None for key in keys], dtype=np.bool_
    )


def _canonical(texts: list[str | None]) -> Iterator[str | None]:
    known: dict[str | None, str | None] = {}
    for text in texts:
        if text not in known:
            known[text] = category_key(text)
        yield known[text]


T = TypeVar("T")


def deduplicate_objects(
    objects: Iterable[T], *, size: Callable[[T], int], read: Callable[[T], Iterable[bytes]]
) -> tuple[list[T], list[T]]:
    """The first object of each content, and the copies, each in the order given.

    Only objects whose size (in bytes) another one has are read for it, piece by piece; an empty
    object is nobody's copy.
    """
    objects = list(objects)
    sizes = Counter(size(item) for item in objects)
    seen: set[tuple[int, bytes]] = set()
    chosen: list[T] = []
    copies: list[T] = []
    for item in objects:
        if not size(item) or sizes[size(item)] == 1:
            chosen.append(item)
            continue
        content = (size(item), _digest(read(item)))
        (copies if content in seen else chosen).append(item)
        seen.add(content)
    return chosen, copies


def _digest(pieces: Iterable[bytes]) -> bytes:
    digest = blake2b(digest_size=16)
    for piece in pieces:
        digest.update(piece)
    return digest.digest()
