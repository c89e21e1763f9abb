"""A column of the reference and the same column of a window, in the forms that metrics take."""

import itertools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from driftloop.profile.categorical import CategoricalBinning, CategoricalCounts
from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.numeric.counts import NumericBinning, NumericCounts
from driftloop.profile.numeric.precision import MAX_FLOAT
from driftloop.profile.pooled_bins import pool_rare_bins

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

OTHERS = "(others)"
"""Label of the bin of all other values: of new categories without a count of their own, or of
values that the reference did not have."""

MIN_EXPECTED = 5
"""Records that a category must expect on the smaller side to be a bin beside a sum of others; the
usual bound for a chi-square test."""


@dataclass(frozen=True, slots=True, eq=False)
class BinnedCounts:
    """Records in the same bins (deciles of the reference, or categories), int64[b] on each side."""

    reference: Counts
    current: Counts
    _pooled: dict[float, Counts] = field(default_factory=dict, init=False, repr=False)

    def pooled_table(self, min_expected: float) -> Counts:
        """Counts int64[2, k], bins pooled that expect fewer than ``min_expected`` records.

        Made once for each ``min_expected``: the chi-square test and the chi-square metric share it.
        """
        if min_expected not in self._pooled:
            table = np.array([self.reference, self.current])
            self._pooled[min_expected] = pool_rare_bins(table, min_expected)
        return self._pooled[min_expected]

    def shares(self) -> tuple[Floats, Floats] | None:
        """Shares of the records, float64[b] on each side; None if a side has no records."""
        n, m = int(self.reference.sum()), int(self.current.sum())
        return (self.reference / n, self.current / m) if n and m else None


@dataclass(frozen=True, slots=True, eq=False)
class CdfPair:
    """The cumulative distribution functions of both sides at K split points, where they are exact.

    Attributes:
        split_points: float64[K], ascending.
        reference_left: float64[K], P(X < split point).
        reference_at: float64[K], P(X <= split point).
        current_left: float64[K], P(X < split point).
        current_at: float64[K], P(X <= split point).
        low: The smallest finite value of both sides.
        high: The largest finite value of both sides.
        reference_std: Standard deviation of the reference (ddof = 0).
        reference_count: Values of the reference.
        current_count: Values of the window.
        tie_tolerance: The largest share of the reference at one split point that stands for
            several values, whose order relative to the window's values there is unknown.
    """

    split_points: Floats
    reference_left: Floats
    reference_at: Floats
    current_left: Floats
    current_at: Floats
    low: float
    high: float
    reference_std: float
    reference_count: int
    current_count: int
    tie_tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class MissingCounts:
    """Records without a value that can be read, and all records, of both sides."""

    reference_missing: int
    reference_records: int
    current_missing: int
    current_records: int


@dataclass(frozen=True, slots=True, eq=False)
class ColumnPair:
    """One column in every form that metrics take.

    ``labels`` name the bins. ``cdfs`` is None for categorical columns, and without values.
    """

    bins: BinnedCounts
    labels: tuple[str, ...]
    missing_counts: MissingCounts
    cdfs: CdfPair | None


def pair_columns(binning: Binning, reference: ColumnCounts, current: ColumnCounts) -> ColumnPair:
    """Pair the counts of a column; both sides were counted on the binning."""
    missing_counts = MissingCounts(
        reference.without_value, reference.rows, current.without_value, current.rows
    )
    if isinstance(binning, NumericBinning):
        if not isinstance(reference, NumericCounts) or not isinstance(current, NumericCounts):
            raise TypeError("a numeric binning needs numeric counts")
        bins, labels = numeric_bins(binning, reference, current)
        return ColumnPair(bins, labels, missing_counts, _pair_cdfs(binning, reference, current))
    if not isinstance(reference, CategoricalCounts) or not isinstance(current, CategoricalCounts):
        raise TypeError("a categorical binning needs categorical counts")
    bins, labels = category_bins(binning, reference, current)
    return ColumnPair(bins, labels, missing_counts, None)


def numeric_bins(
    binning: NumericBinning, reference: NumericCounts, current: NumericCounts
) -> tuple[BinnedCounts, tuple[str, ...]]:
    """Bins of a numeric column, and their labels.

    They are deciles of the reference as (a, b]. If the reference has few distinct values, they are
    these values, and one bin of all other values.
    """
    if binning.has_few_values:
        sides = [_count_by_value(binning, counts) for counts in (reference, current)]
        labels = (*value_labels(binning.split_points[binning.bin_edges]), OTHERS)
        return BinnedCounts(*sides), labels
    sides = [_count_by_bin(binning, counts) for counts in (reference, current)]
    ends = value_labels(binning.split_points[binning.bin_edges])
    between = [f"({a}, {b}]" for a, b in itertools.pairwise(ends)]
    return BinnedCounts(*sides), (f"<= {ends[0]}", *between, f"> {ends[-1]}")


def value_labels(values: Floats) -> list[str]:
    """Values as text, in 12 digits: the values of a narrow column may differ in late ones only."""
    with_infinities = np.where(np.abs(values) >= MAX_FLOAT, np.copysign(np.inf, values), values)
    return [f"{value:.12g}" for value in with_infinities]


def category_bins(
    binning: CategoricalBinning, reference: CategoricalCounts, current: CategoricalCounts
) -> tuple[BinnedCounts, tuple[str, ...]]:
    """Bins of a categorical column, and their labels.

    They are the categories of both sides, groups of categories, and one last bin of all other
    values. If there are others, rare categories join them on both sides: which of many new
    categories have a count of their own is chance, and looks like drift beside the sum of all
    others. A reference of recent weeks may have categories that the binning's training data had
    not.
    """
    names = sorted({*reference.new, *current.new})
    reference_new, current_new = (
        np.array([side.new.get(name, 0) for name in names], dtype=np.int64)
        for side in (reference, current)
    )
    reference_counts = np.concatenate([reference.known, reference_new])
    current_counts = np.concatenate([current.known, current_new])
    other = [
        reference.unseen_count - int(reference_new.sum()),
        current.unseen_count - int(current_new.sum()),
    ]
    labels = (*binning.labels, *names)
    if any(other):
        is_rare = _is_rare(reference_counts, current_counts, reference.present, current.present)
        other = [
            other[0] + int(reference_counts[is_rare].sum()),
            other[1] + int(current_counts[is_rare].sum()),
        ]
        reference_counts, current_counts = reference_counts[~is_rare], current_counts[~is_rare]
        labels = tuple(
            label for label, is_pooled in zip(labels, is_rare, strict=True) if not is_pooled
        )
    bins = BinnedCounts(np.append(reference_counts, other[0]), np.append(current_counts, other[1]))
    return bins, (*labels, OTHERS)


def _is_rare(reference_counts: Counts, current_counts: Counts, n: int, m: int) -> NDArray[np.bool_]:
    """bool[b]: categories of which the smaller side expects fewer than ``MIN_EXPECTED`` records."""
    return np.asarray(
        (reference_counts + current_counts) * min(n, m) < MIN_EXPECTED * (n + m), dtype=np.bool_
    )


def cumulative_counts(counts: NumericCounts) -> tuple[Counts, Counts]:
    """Counts of the values below, and up to, each split point, int64[K] each."""
    up_to = np.cumsum(counts.counts_between[:-1] + counts.counts_at)
    return up_to - counts.counts_at, up_to


def _count_by_value(binning: NumericBinning, counts: NumericCounts) -> Counts:
    single_values = counts.counts_at[binning.bin_edges]
    return np.append(single_values, counts.present - int(single_values.sum()))


def _count_by_bin(binning: NumericBinning, counts: NumericCounts) -> Counts:
    _, up_to = cumulative_counts(counts)
    ends = np.concatenate([[0], up_to[binning.bin_edges], [counts.present]])
    return np.asarray(np.diff(ends), dtype=np.int64)


def _pair_cdfs(
    binning: NumericBinning, reference: NumericCounts, current: NumericCounts
) -> CdfPair | None:
    n, m = reference.present, current.present
    if not n or not m or not len(binning.split_points):
        return None
    reference_left, reference_at = cumulative_counts(reference)
    current_left, current_at = cumulative_counts(current)
    return CdfPair(
        split_points=binning.split_points,
        reference_left=reference_left / n,
        reference_at=reference_at / n,
        current_left=current_left / m,
        current_at=current_at / m,
        low=min(reference.minimum, current.minimum),
        high=max(reference.maximum, current.maximum),
        reference_std=reference.std(binning) or 0.0,
        reference_count=n,
        current_count=m,
        tie_tolerance=float(reference.counts_at[binning.is_merged].max(initial=0) / n),
    )
