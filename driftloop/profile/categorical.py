"""A categorical column: the reference's levels, and bounded counts of them that add up.

However many levels there are, a column keeps at most ``MOST_LEVELS`` + ``MOST_NEW`` counts. Every
count that is kept is exact, and no value is lost: those of levels that are not told apart are one
exact sum. So the error is this. The share of a level told apart is exact. A level that is not has
at most 1 / ``MOST_LEVELS`` of the reference's values, and on either side at most the sum's share.
Chi-square, Jensen-Shannon, Hellinger and, where no cell is empty, PSI over the table with the sum
never exceed those over all levels (merging cells can't add to a divergence: Liese and Vajda, IEEE
Trans. Inf. Theory 52, 2006); they fall short by what changes among the summed levels alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn

Counts = NDArray[np.int64]

MOST_LEVELS = 4096
"""Levels of the reference that are told apart: its most frequent ones."""

MOST_NEW = 1024
"""Other levels that are told apart. Where there are more, those with the smallest hashes stay,
each with its exact count, and the rest is one sum: so adding is associative and a kept count is
never wrong. A level is then told apart with probability 1024 / (number of new levels)."""


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalGrid:
    """Levels of the reference, the most frequent first; ``exhaustive`` unless some were left out.

    Where some were, a level outside the list can't be called new.
    """

    levels: tuple[str, ...]
    exhaustive: bool
    index: Mapping[str, int]

    @classmethod
    def of(cls, levels: tuple[str, ...], *, exhaustive: bool) -> "CategoricalGrid":
        """A grid with the index that follows from its levels."""
        return cls(levels, exhaustive, {level: place for place, level in enumerate(levels)})


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalCounts:
    """Additive counts: ``known`` int64[L] by the grid's levels, ``new`` by name, ``other`` beyond.

    ``rows`` = missing + sum(known) + sum(new) + other.
    """

    rows: int
    missing: int
    known: Counts
    new: Mapping[str, int]
    other: int

    @property
    def present(self) -> int:
        """Values that are there."""
        return self.rows - self.missing

    @property
    def unseen(self) -> int:
        """Values that are none of the grid's levels."""
        return sum(self.new.values()) + self.other

    def __add__(self, other: "CategoricalCounts") -> "CategoricalCounts":
        merged = dict(self.new)
        for level, count in other.new.items():
            merged[level] = merged.get(level, 0) + count
        new, beyond = _bounded(merged)
        return CategoricalCounts(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            known=self.known + other.known,
            new=new,
            other=self.other + other.other + beyond,
        )


def fit_categorical(columns: list[CategoricalColumn]) -> CategoricalGrid:
    """Freeze the levels of the reference: all, or the ``MOST_LEVELS`` most frequent."""
    counts: dict[str, int] = {}
    for column in columns:
        for level, count in zip(column.levels, _level_counts(column).tolist(), strict=True):
            if count:
                counts[level] = counts.get(level, 0) + count
    ranked = sorted(counts, key=lambda level: (-counts[level], level))
    return CategoricalGrid.of(tuple(ranked[:MOST_LEVELS]), exhaustive=len(ranked) <= MOST_LEVELS)


def count_categorical(grid: CategoricalGrid, column: CategoricalColumn) -> CategoricalCounts:
    """Count a column on a grid."""
    by_level = _level_counts(column)
    known = np.zeros(len(grid.levels), dtype=np.int64)
    unknown: dict[str, int] = {}
    for level, count in zip(column.levels, by_level.tolist(), strict=True):
        place = grid.index.get(level)
        if place is not None:
            known[place] += count
        elif count:
            unknown[level] = count
    # where the reference's own levels were left out none can be called new, so no name is kept
    new, beyond = _bounded(unknown) if grid.exhaustive else ({}, sum(unknown.values()))
    missing = len(column.codes) - int(by_level.sum())
    return CategoricalCounts(len(column.codes), missing, known, new, beyond)


def empty_categorical(grid: CategoricalGrid) -> CategoricalCounts:
    """The neutral element of adding."""
    return CategoricalCounts(0, 0, np.zeros(len(grid.levels), dtype=np.int64), {}, 0)


def _level_counts(column: CategoricalColumn) -> Counts:
    """Rows of each of the column's own levels, int64[levels]."""
    with_missing = np.bincount(column.codes + 1, minlength=len(column.levels) + 1)
    return with_missing[1:].astype(np.int64)


def _bounded(counts: dict[str, int]) -> tuple[dict[str, int], int]:
    """At most ``MOST_NEW`` levels, sorted by name, and the count of all the others."""
    kept = sorted(counts)
    if len(kept) > MOST_NEW:
        kept = sorted(sorted(kept, key=_hash)[:MOST_NEW])
    beyond = sum(counts.values()) - sum(counts[level] for level in kept)
    return {level: counts[level] for level in kept}, beyond


def _hash(level: str) -> bytes:
    return blake2b(level.encode("utf-8", "surrogatepass"), digest_size=8).digest()
