"""A categorical column: the reference's levels, and bounded counts of them that add up.

Up to ``MOST_LEVELS`` levels of the reference are all told apart, with exact counts; of others up
to ``MOST_NEW``, and the rest is one exact sum. A reference of more levels has its clearly frequent
ones told apart, and all others, whether it knows them or not, counted in ``GROUPS`` groups by a
hash of their names. So a column keeps at most ``MOST_LEVELS`` + ``MOST_NEW`` counts, every count
is exact, no value is lost, and a surge of any level, however rare it was, raises its group.
Chi-square, Jensen-Shannon, Hellinger and, where no cell is empty, PSI over groups and sums never
exceed those over all levels (merging cells can't add to a divergence: Liese and Vajda, IEEE Trans.
Inf. Theory 52, 2006); they fall short by what changes within one group, or within the sum, alone.

Groups know nothing of counts. Which levels are told apart does, and levels chosen because they
came often in the reference come less often ever after, which is no drift. So only levels of many
records are chosen, and by a count blurred with noise (from the hash, thus the same in any order)
of ``BLUR`` times the variance that the count has by chance: chance has then only
1 / (``BLUR`` + 1) of a say in it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from driftloop.capture import CategoricalColumn

Counts = NDArray[np.int64]

MAX_CATEGORIES = 4096
"""Levels of the reference up to which all are told apart."""

GROUP_COUNT = 1024
"""Groups of the levels that are not told apart: one has about a thousandth of their values, so
that a level of half a percent stands out."""

MIN_FREQUENT_SHARE, MIN_FREQUENT_RECORDS = 0.001, 200
"""What a level must have of the reference, in values and at least in rows, to be told apart where
there are more than ``MOST_LEVELS``."""

NOISE_VARIANCE_FACTOR = 15

MAX_NEW_CATEGORIES = 1024
"""Other levels that are told apart where all of the reference's are. Where there are more, those
with the smallest hashes stay, each with its exact count, and the rest is one sum: so adding is
associative and a kept count is never wrong. A level is then told apart with probability
1024 / (number of new levels)."""


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalBinning:
    """Levels of the reference that are told apart, the most frequent first, then ``groups`` of all
    other levels: none where the list is exhaustive. In a group no level can be called new.
    """

    categories: tuple[str, ...]
    group_count: int
    index: Mapping[str, int]

    @classmethod
    def from_categories(
        cls, categories: tuple[str, ...], *, group_count: int = 0
    ) -> "CategoricalBinning":
        """A grid with the index that follows from its levels."""
        return cls(
            categories, group_count, {category: place for place, category in enumerate(categories)}
        )

    @property
    def is_exhaustive(self) -> bool:
        """Whether all of the reference's levels are told apart."""
        return not self.group_count

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the levels and of the groups."""
        numbers = range(1, self.group_count + 1)
        return (*self.categories, *(f"(others, group {n} of {self.group_count})" for n in numbers))

    def count_grouped(self, counts: "CategoricalCounts") -> int:
        """Values that were counted in groups."""
        return int(counts.known[len(self.categories) :].sum())

    def code_of(self, category: str) -> int | None:
        """Where a level is counted; None where it is new."""
        place = self.index.get(category)
        if place is None and self.group_count:
            return len(self.categories) + int.from_bytes(_hash(category), "big") % self.group_count
        return place


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalCounts:
    """Additive counts: ``known`` int64[L + G] by the grid's levels and groups, ``new`` by name,
    ``other`` beyond.

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
    def unseen_count(self) -> int:
        """Values that are none of the grid's levels and in none of its groups."""
        return sum(self.new.values()) + self.other

    def __add__(self, other: "CategoricalCounts") -> "CategoricalCounts":
        merged = dict(self.new)
        for category, count in other.new.items():
            merged[category] = merged.get(category, 0) + count
        new, beyond = _bounded(merged)
        return CategoricalCounts(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            known=self.known + other.known,
            new=new,
            other=self.other + other.other + beyond,
        )


def fit_categorical(columns: list[CategoricalColumn]) -> CategoricalBinning:
    """Freeze the levels of the reference: all, or the frequent ones and groups of the others."""
    counts: dict[str, int] = {}
    for column in columns:
        for category, count in zip(
            column.categories, _category_counts(column).tolist(), strict=True
        ):
            if count:
                counts[category] = counts.get(category, 0) + count
    exhaustive = len(counts) <= MAX_CATEGORIES
    chosen = list(counts) if exhaustive else _frequent(counts)
    ranked = sorted(chosen, key=lambda category: (-counts[category], category))
    return CategoricalBinning.from_categories(
        tuple(ranked[:MAX_CATEGORIES]), group_count=0 if exhaustive else GROUP_COUNT
    )


def count_categorical(binning: CategoricalBinning, column: CategoricalColumn) -> CategoricalCounts:
    """Count a column on a grid."""
    by_category = _category_counts(column)
    known = np.zeros(len(binning.categories) + binning.group_count, dtype=np.int64)
    unknown: dict[str, int] = {}
    for category, count in zip(column.categories, by_category.tolist(), strict=True):
        if not count:
            continue
        place = binning.code_of(category)
        if place is None:
            unknown[category] = count
        else:
            known[place] += count
    new, beyond = _bounded(unknown)
    missing = len(column.codes) - int(by_category.sum())
    return CategoricalCounts(len(column.codes), missing, known, new, beyond)


def zero_categorical(binning: CategoricalBinning) -> CategoricalCounts:
    """The neutral element of adding."""
    known = np.zeros(len(binning.categories) + binning.group_count, dtype=np.int64)
    return CategoricalCounts(0, 0, known, {}, 0)


def _frequent(counts: Mapping[str, int]) -> list[str]:
    """Levels whose blurred count is that of a frequent one."""
    least = max(MIN_FREQUENT_SHARE * sum(counts.values()), MIN_FREQUENT_RECORDS)
    return [
        category
        for category, count in counts.items()
        if count + math.sqrt(NOISE_VARIANCE_FACTOR * count) * _normal(category) >= least
    ]


def _normal(category: str) -> float:
    """A nearly standard normal number by the hash of a level: a sum of twelve uniform bytes, which
    has the mean 12 * 127.5 and the variance 256^2 - 1."""
    digest = blake2b(_encoded(category), digest_size=12, person=b"blur").digest()
    return (sum(digest) - 12 * 127.5) / math.sqrt(256**2 - 1)


def _category_counts(column: CategoricalColumn) -> Counts:
    """Rows of each of the column's own levels, int64[levels]."""
    with_missing = np.bincount(column.codes + 1, minlength=len(column.categories) + 1)
    return with_missing[1:].astype(np.int64)


def _bounded(counts: dict[str, int]) -> tuple[dict[str, int], int]:
    """At most ``MOST_NEW`` levels, sorted by name, and the count of all the others."""
    kept = sorted(counts)
    if len(kept) > MAX_NEW_CATEGORIES:
        kept = sorted(sorted(kept, key=_hash)[:MAX_NEW_CATEGORIES])
    beyond = sum(counts.values()) - sum(counts[category] for category in kept)
    return {category: counts[category] for category in kept}, beyond


def _hash(category: str) -> bytes:
    return blake2b(_encoded(category), digest_size=8).digest()


def _encoded(category: str) -> bytes:
    return category.encode("utf-8", "surrogatepass")
