"""A categorical column: the reference's categories, and bounded counts of them that add up.

Up to ``MAX_CATEGORIES`` categories of the reference have a count each. Of new categories, up to
``MAX_NEW_CATEGORIES`` have one, and the rest is one exact sum. Of a reference with more categories,
only the clearly frequent ones have a count each; all other categories, known or new, are counted in
``GROUP_COUNT`` groups by a hash of their names. So a column has at most ``MAX_CATEGORIES`` +
``MAX_NEW_CATEGORIES`` counts, every count is exact, no value is lost, and an increase of any
category, however rare it was, increases the count of its group. Chi-square, Jensen-Shannon,
Hellinger and (if no cell is empty) PSI over groups and sums never exceed those over all categories,
since merging cells can't add to a divergence (Liese and Vajda, IEEE Trans. Inf. Theory 52, 2006).
They fall short by what changes within one group, or within the sum.

Groups do not depend on counts. The choice of the categories with a count of their own does, and
categories that are chosen because they were frequent in the reference are less frequent afterwards
(regression to the mean), which is not drift. So only categories of many records are chosen, by a
count with noise: its variance is ``NOISE_VARIANCE_FACTOR`` times the variance that the count has by
chance, so that chance decides only 1 / (``NOISE_VARIANCE_FACTOR`` + 1) of the choice. The noise
comes from the hash, so that it is the same in any order.
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
"""Categories of the reference up to which each has a count of its own; bounds a profile to some
tens of kB per column."""

GROUP_COUNT = 1024
"""Groups of the categories without a count of their own. A group has about a thousandth of their
values, so that a category of half a percent stands out in it."""

MIN_FREQUENT_SHARE, MIN_FREQUENT_RECORDS = 0.001, 200
"""Values of the reference that a category must have for a count of its own, as a share and in
records, if there are more than ``MAX_CATEGORIES``."""

NOISE_VARIANCE_FACTOR = 15
"""Variance of the noise in the choice of frequent categories, as a multiple of the count's own."""

MAX_NEW_CATEGORIES = 1024
"""New categories with a count of their own, if the binning is exhaustive. If there are more, those
with the smallest hashes are kept, and the rest is one sum: so adding is associative, and a kept
count is always exact. A new category is kept with probability 1024 / (number of new ones)."""


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalBinning:
    """The categories of a reference.

    Attributes:
        categories: Categories with a count of their own, the most frequent first.
        group_count: Groups of all other categories; 0 if the list is exhaustive. A category that
            is counted in a group can't be recognized as new.
        index: Position of each category in ``categories``.
    """

    categories: tuple[str, ...]
    group_count: int
    index: Mapping[str, int]

    @classmethod
    def from_categories(
        cls, categories: tuple[str, ...], *, group_count: int = 0
    ) -> "CategoricalBinning":
        """A binning of some categories, with their index."""
        return cls(
            categories,
            group_count,
            {category: position for position, category in enumerate(categories)},
        )

    @property
    def is_exhaustive(self) -> bool:
        """Whether every category of the reference has a count of its own."""
        return not self.group_count

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the categories and of the groups."""
        numbers = range(1, self.group_count + 1)
        return (*self.categories, *(f"(others, group {n} of {self.group_count})" for n in numbers))

    def count_grouped(self, counts: "CategoricalCounts") -> int:
        """Values that were counted in groups."""
        return int(counts.known[len(self.categories) :].sum())

    def find_code(self, category: str) -> int | None:
        """Position of a category's count; None for a new category."""
        position = self.index.get(category)
        if position is None and self.group_count:
            return len(self.categories) + int.from_bytes(_hash(category), "big") % self.group_count
        return position


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalCounts:
    """Mergeable counts: ``rows == missing + sum(known) + sum(new) + other``.

    Attributes:
        rows: All records.
        missing: Records without a value.
        known: int64[categories + groups], values by the binning's categories and groups.
        new: Values of new categories, by name.
        other: Values of further new categories.
    """

    rows: int
    missing: int
    known: Counts
    new: Mapping[str, int]
    other: int

    @property
    def present(self) -> int:
        """Values that are not missing."""
        return self.rows - self.missing

    @property
    def without_value(self) -> int:
        """Records without a value, as for numbers; any value is a category."""
        return self.missing

    @property
    def unseen_count(self) -> int:
        """Values of new categories."""
        return sum(self.new.values()) + self.other

    def __add__(self, other: "CategoricalCounts") -> "CategoricalCounts":
        merged = dict(self.new)
        for category, count in other.new.items():
            merged[category] = merged.get(category, 0) + count
        new, further = _bound_new(merged)
        return CategoricalCounts(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            known=self.known + other.known,
            new=new,
            other=self.other + other.other + further,
        )


def fit_categorical(columns: list[CategoricalColumn]) -> CategoricalBinning:
    """Fit a binning on the parts of a reference: all categories, or frequent ones and groups."""
    counts: dict[str, int] = {}
    for column in columns:
        for category, count in zip(
            column.categories, _category_counts(column).tolist(), strict=True
        ):
            if count:
                counts[category] = counts.get(category, 0) + count
    is_exhaustive = len(counts) <= MAX_CATEGORIES
    chosen = list(counts) if is_exhaustive else _frequent_categories(counts)
    by_frequency = sorted(chosen, key=lambda category: (-counts[category], category))
    return CategoricalBinning.from_categories(
        tuple(by_frequency[:MAX_CATEGORIES]), group_count=0 if is_exhaustive else GROUP_COUNT
    )


def count_categorical(binning: CategoricalBinning, column: CategoricalColumn) -> CategoricalCounts:
    """Count a column on a binning."""
    by_category = _category_counts(column)
    known = np.zeros(len(binning.categories) + binning.group_count, dtype=np.int64)
    new_counts: dict[str, int] = {}
    for category, count in zip(column.categories, by_category.tolist(), strict=True):
        if not count:
            continue
        position = binning.find_code(category)
        if position is None:
            new_counts[category] = count
        else:
            known[position] += count
    new, other = _bound_new(new_counts)
    missing = len(column.codes) - int(by_category.sum())
    return CategoricalCounts(len(column.codes), missing, known, new, other)


def zero_categorical(binning: CategoricalBinning) -> CategoricalCounts:
    """Counts of no records."""
    known = np.zeros(len(binning.categories) + binning.group_count, dtype=np.int64)
    return CategoricalCounts(0, 0, known, {}, 0)


def _frequent_categories(counts: Mapping[str, int]) -> list[str]:
    """Categories whose count, with noise, is that of a frequent category."""
    min_count = max(MIN_FREQUENT_SHARE * sum(counts.values()), MIN_FREQUENT_RECORDS)
    return [
        category
        for category, count in counts.items()
        if count + math.sqrt(NOISE_VARIANCE_FACTOR * count) * _standard_normal(category)
        >= min_count
    ]


def _standard_normal(category: str) -> float:
    """A nearly standard normal number from the hash of a category.

    It is the sum of twelve uniform bytes, with mean 12 * 127.5 and variance 256^2 - 1.
    """
    digest = blake2b(_encode(category), digest_size=12, person=b"blur").digest()
    return (sum(digest) - 12 * 127.5) / math.sqrt(256**2 - 1)


def _category_counts(column: CategoricalColumn) -> Counts:
    """int64[categories]: values of each of the column's own categories."""
    with_missing = np.bincount(column.codes + 1, minlength=len(column.categories) + 1)
    return with_missing[1:].astype(np.int64)


def _bound_new(counts: dict[str, int]) -> tuple[dict[str, int], int]:
    """At most ``MAX_NEW_CATEGORIES`` counts, sorted by name, and the sum of the others."""
    kept = sorted(counts)
    if len(kept) > MAX_NEW_CATEGORIES:
        kept = sorted(sorted(kept, key=_hash)[:MAX_NEW_CATEGORIES])
    other = sum(counts.values()) - sum(counts[category] for category in kept)
    return {category: counts[category] for category in kept}, other


def _hash(category: str) -> bytes:
    return blake2b(_encode(category), digest_size=8).digest()


def _encode(category: str) -> bytes:
    return category.encode("utf-8", "surrogatepass")
