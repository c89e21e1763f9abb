"""Resolved labels: of several labels of one request the last one counts, in whatever order they are
read.

The last one is that with the latest collection time, then the greatest object key, then the last
line. Merging is idempotent, commutative and associative, so repeated files, retries and overlapping
readings give equal columns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.event_ids import Hashes, hash_ids
from driftloop.labels.lines import split_lines
from driftloop.labels.parse import parse_labels

Floats = NDArray[np.float64]

BLANK = -1
"""Code of a cell without a label."""

MAX_EXAMPLES = 3
"""Ids of requests that are kept as text, for messages."""

_BLOCK_LINES = 20_000
"""Lines that are parsed together."""


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedLabels:
    """The labels of n requests with m cells, one cell for each record of a request.

    Attributes:
        ids: uint64[n], hashes of the requests' ids, ascending.
        starts: int64[n + 1]; the cells of request i are ``codes[starts[i]:starts[i + 1]]``.
        codes: int32[m], positions in ``values``; ``BLANK`` where a cell is blank.
        values: The distinct labels as text, sorted.
        collected: float64[n], epoch seconds by which the label was collected; NaN if unknown.
        first_collected: float64[n], the same of the request's first label.
        sources: int32[n], positions of the labels' objects in ``keys``.
        keys: Keys of objects, sorted.
        lines: int64[n], lines of the labels in their objects, from 1.
        unreadable: uint64[u], hashes of the distinct unreadable lines, ascending.
        examples: Ids of a few requests, those with the smallest hashes.
    """

    ids: Hashes
    starts: NDArray[np.int64]
    codes: NDArray[np.int32]
    values: tuple[str, ...]
    collected: Floats
    first_collected: Floats
    sources: NDArray[np.int32]
    keys: tuple[str, ...]
    lines: NDArray[np.int64]
    unreadable: Hashes
    examples: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """int64[n]: the number of cells of each request."""
        return np.diff(self.starts)


@dataclass(frozen=True, slots=True)
class LabelSource:
    """An object with labels, one request a line.

    Attributes:
        key: The object's key or name; it orders labels of one collection time.
        collected: Epoch seconds by which its labels were collected; NaN if unknown.
        pieces: The object's content.
    """

    key: str
    collected: float
    pieces: Iterable[bytes]


def read_resolved_labels(sources: Iterable[LabelSource]) -> ResolvedLabels:
    """Read label files in any order; no line raises an error.

    Example:
        >>> line = (
        ...     b'{"groundTruthData": {"data": "1"}, "eventMetadata": {"eventId": "e1"}}'
        ... )
        >>> resolved = read_resolved_labels([LabelSource("a.jsonl", 0.0, [line])])
        >>> len(resolved), resolved.values
        (1, ('1',))
    """
    return merge_labels([part for source in sources for part in _read(source)])


def resolved_from_cells(cells: dict[str, tuple[str, ...]]) -> ResolvedLabels:
    """Resolved labels of requests whose last labels are known already, by id."""
    part = _part([*cells], [*cells.values()], [0] * len(cells), LabelSource("", np.nan, ()), [])
    return merge_labels([part])


def merge_labels(parts: Sequence[ResolvedLabels]) -> ResolvedLabels:
    """The labels of all parts, of each request the last one; equal for every order of the parts."""
    values = sorted({value for part in parts for value in part.values})
    keys = sorted({key for part in parts for key in part.keys})
    ids = _concat([part.ids for part in parts], np.uint64)
    collected = _concat([part.collected for part in parts], np.float64)
    sources = _concat([_recode(p.sources, p.keys, keys) for p in parts], np.int32)
    lines = _concat([part.lines for part in parts], np.int64)
    sizes = _concat([part.sizes for part in parts], np.int64)
    codes = _concat([_recode(p.codes, p.values, values) for p in parts], np.int32)
    order = np.lexsort((lines, sources, np.nan_to_num(collected, nan=-np.inf), ids))
    sorted_ids = ids[order]
    is_last = np.ones(len(ids), dtype=np.bool_)
    is_last[:-1] = sorted_ids[1:] != sorted_ids[:-1]
    last = order[is_last]
    first = _first_collected(parts, order, is_last)
    cell_positions, starts = _cells_of(last, sizes)
    kept_codes, kept_values = _used(codes[cell_positions], values)
    kept_sources, kept_keys = _used(sources[last], keys)
    return ResolvedLabels(
        ids=ids[last],
        starts=starts,
        codes=kept_codes,
        values=kept_values,
        collected=collected[last],
        first_collected=first,
        sources=kept_sources,
        keys=kept_keys,
        lines=lines[last],
        unreadable=np.unique(_concat([part.unreadable for part in parts], np.uint64)),
        examples=_smallest({*chain.from_iterable(part.examples for part in parts)}),
    )


def _read(source: LabelSource) -> Iterable[ResolvedLabels]:
    block: list[bytes] = []
    first = 1
    for line in split_lines(source.pieces):
        block.append(line)
        if len(block) >= _BLOCK_LINES:
            yield _parse(block, first, source)
            first += len(block)
            block = []
    yield _parse(block, first, source)


def _parse(lines: list[bytes], first: int, source: LabelSource) -> ResolvedLabels:
    parsed = parse_labels(lines)
    found = [(number, item) for number, item in enumerate(parsed, first) if item is not None]
    unreadable = [
        line for line, item in zip(lines, parsed, strict=True) if item is None and line.strip()
    ]
    return _part(
        [item[0] for _, item in found],
        [item[1] for _, item in found],
        [number for number, _ in found],
        source,
        unreadable,
    )


def _part(
    ids: list[str],
    cells: list[tuple[str, ...]],
    lines: list[int],
    source: LabelSource,
    unreadable: list[bytes],
) -> ResolvedLabels:
    """A part with one entry for each line, which is not resolved yet."""
    texts = [*chain.from_iterable(cells)]
    values = sorted({text for text in texts if text.strip()})
    code = {value: position for position, value in enumerate(values)}
    sizes = np.fromiter(map(len, cells), np.int64, len(cells))
    times = np.full(len(ids), source.collected)
    return ResolvedLabels(
        ids=hash_ids(ids),
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        codes=np.fromiter((code.get(text, BLANK) for text in texts), np.int32, len(texts)),
        values=(*values,),
        collected=times,
        first_collected=times,
        sources=np.zeros(len(ids), dtype=np.int32),
        keys=(source.key,),
        lines=np.array(lines, dtype=np.int64),
        unreadable=np.array([_line_hash(line) for line in unreadable], dtype=np.uint64),
        examples=_smallest({*ids[: 100 * MAX_EXAMPLES]}),
    )


def _first_collected(
    parts: Sequence[ResolvedLabels], order: NDArray[np.intp], is_last: NDArray[np.bool_]
) -> Floats:
    first = _concat([part.first_collected for part in parts], np.float64)[order]
    if not len(first):
        return first
    begins = np.concatenate([[0], np.flatnonzero(is_last)[:-1] + 1])
    return np.fmin.reduceat(first, begins)


def _cells_of(
    requests: NDArray[np.intp], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the cells of some requests, and where each request's cells begin and end."""
    begins = np.concatenate([[0], np.cumsum(sizes)])[:-1][requests]
    kept = sizes[requests]
    starts = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    within = np.arange(starts[-1]) - np.repeat(starts[:-1], kept)
    return np.repeat(begins, kept) + within, starts


def _used(
    codes: NDArray[np.int32], texts: Sequence[str]
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Codes into those texts that are used."""
    present = np.unique(codes[codes >= 0])
    table = np.full(len(texts) + 1, -1, dtype=np.int32)
    table[present] = np.arange(len(present), dtype=np.int32)
    return table[codes], tuple(texts[position] for position in present.tolist())


def _recode(
    codes: NDArray[np.int32], own: Sequence[str], texts: Sequence[str]
) -> NDArray[np.int32]:
    position = {text: index for index, text in enumerate(texts)} if len(own) > 8 else None
    table = [position[text] if position is not None else texts.index(text) for text in own]
    return np.array([*table, -1], dtype=np.int32)[codes]


def _smallest(ids: Iterable[str]) -> tuple[str, ...]:
    distinct = sorted({*ids})
    order = np.argsort(hash_ids(distinct), kind="stable")[:MAX_EXAMPLES]
    return tuple(distinct[position] for position in order.tolist())


def _line_hash(line: bytes) -> int:
    return int.from_bytes(blake2b(line.strip(), digest_size=8).digest(), "little")


def _concat(arrays: Sequence[NDArray], dtype: type) -> NDArray:  # type: ignore[type-arg]
    return np.concatenate([np.empty(0, dtype=dtype), *arrays]).astype(dtype, copy=False)
