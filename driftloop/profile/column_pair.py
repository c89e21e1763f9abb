"""A column of the reference beside the same column of a window, in the forms that metrics take."""

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
"""The sum of all new levels that are not told apart."""

MIN_EXPECTED = 5


@dataclass(frozen=True, slots=True, eq=False)
class BinnedCounts:
    """Records in the same bins (deciles of the reference, or levels), int64[b] on either side."""

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
        """Shares float64[b] on either side; None where a side has no record."""
        n, m = int(self.reference.sum()), int(self.current.sum())
        return (self.reference / n, self.current / m) if n and m else None


@dataclass(frozen=True, slots=True, eq=False)
class CdfPair:
    """Both distribution functions, exact at and just left of each knot.

    ``*_left`` and ``*_at`` float64[K] are P(X < knot) and P(X <= knot). ``low`` and ``high`` are
    the extremes of both sides together, ``std`` is the reference's (ddof = 0). ``n`` and
    ``m`` are the values of reference and window. ``slack`` is the largest share of the reference
    of which it is known to lie at a knot, but not on which side of the window's values there.
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
    """Records without a value, among all: the reference's, then the window's."""

    reference_missing: int
    reference_records: int
    current_missing: int
    current_records: int


@dataclass(frozen=True, slots=True, eq=False)
class ColumnPair:
    """One column in every form that it has; ``labels`` name the bins."""

    bins: BinnedCounts
    labels: tuple[str, ...]
    missing_counts: MissingCounts
    cdfs: CdfPair | None


def pair_columns(binning: Binning, reference: ColumnCounts, current: ColumnCounts) -> ColumnPair:
    """The forms of one column; both sides were counted on the grid."""
    missing_counts = MissingCounts(reference.missing, reference.rows, current.missing, current.rows)
    if isinstance(binning, NumericBinning):
        if not isinstance(reference, NumericCounts) or not isinstance(current, NumericCounts):
            raise TypeError("a numeric grid needs numeric counts")
        bins, labels = numeric_bins(binning, reference, current)
        return ColumnPair(bins, labels, missing_counts, _distributions(binning, reference, current))
    if not isinstance(reference, CategoricalCounts) or not isinstance(current, CategoricalCounts):
        raise TypeError("a categorical grid needs categorical counts")
    bins, labels = category_bins(binning, reference, current)
    return ColumnPair(bins, labels, missing_counts, None)


def numeric_bins(
    binning: NumericBinning, reference: NumericCounts, current: NumericCounts
) -> tuple[BinnedCounts, tuple[str, ...]]:
    """Deciles of the reference as (a, b]; single values and the rest where they are few."""
    if binning.has_few_values:
        sides = [_by_value(binning, counts) for counts in (reference, current)]
        labels = (*_names(binning.split_points[binning.bin_edges]), OTHERS)
        return BinnedCounts(*sides), labels
    sides = [_by_edge(binning, counts) for counts in (reference, current)]
    ends = _names(binning.split_points[binning.bin_edges])
    between = [f"({a}, {b}]" for a, b in itertools.pairwise(ends)]
    return BinnedCounts(*sides), (f"<= {ends[0]}", *between, f"> {ends[-1]}")


def _names(values: Floats) -> list[str]:
    """Values as text, infinities as such; narrow columns differ in late digits alone."""
    shown = np.where(np.abs(values) >= MAX_FLOAT, np.copysign(np.inf, values), values)
    return [f"{value:.12g}" for value in shown]


def category_bins(
    binning: CategoricalBinning, reference: CategoricalCounts, current: CategoricalCounts
) -> tuple[BinnedCounts, tuple[str, ...]]:
    """Levels of either side, groups of levels, and in one last bin what is not told apart.

    Where there is such, rare levels join it on both sides: which of many new levels were kept is
    chance, and next to the sum of all others would look like drift. A reference of live weeks may
    have levels that the grid's training data had not.
    """
    names = sorted({*reference.new, *current.new})
    known, fresh = (
        np.array([side.new.get(name, 0) for name in names], dtype=np.int64)
        for side in (reference, current)
    )
    old = np.concatenate([reference.known, known])
    now = np.concatenate([current.known, fresh])
    others = [reference.unseen_count - int(known.sum()), current.unseen_count - int(fresh.sum())]
    labels = (*binning.labels, *names)
    if any(others):
        rare = _rare(old, now, reference.present, current.present)
        others = [others[0] + int(old[rare].sum()), others[1] + int(now[rare].sum())]
        old, now = old[~rare], now[~rare]
        labels = tuple(label for label, out in zip(labels, rare, strict=True) if not out)
    return BinnedCounts(np.append(old, others[0]), np.append(now, others[1])), (*labels, OTHERS)


def _rare(old: Counts, now: Counts, n: int, m: int) -> NDArray[np.bool_]:
    """Levels of which the smaller side can expect fewer than ``LEAST_EXPECTED`` records."""
    return np.asarray((old + now) * min(n, m) < MIN_EXPECTED * (n + m), dtype=np.bool_)


def cumulative_counts(counts: NumericCounts) -> tuple[Counts, Counts]:
    """Counts int64[K] of values below, and up to, each knot."""
    up_to = np.cumsum(counts.counts_between[:-1] + counts.counts_at)
    return up_to - counts.counts_at, up_to


def _by_value(binning: NumericBinning, counts: NumericCounts) -> Counts:
    single = counts.counts_at[binning.bin_edges]
    return np.append(single, counts.present - int(single.sum()))


def _by_edge(binning: NumericBinning, counts: NumericCounts) -> Counts:
    _, up_to = cumulative_counts(counts)
    ends = np.concatenate([[0], up_to[binning.bin_edges], [counts.present]])
    return np.asarray(np.diff(ends), dtype=np.int64)


def _distributions(
    binning: NumericBinning, reference: NumericCounts, current: NumericCounts
) -> CdfPair | None:
    n, m = reference.present, current.present
    if not n or not m or not len(binning.split_points):
        return None
    old_left, old_at = cumulative_counts(reference)
    new_left, new_at = cumulative_counts(current)
    return CdfPair(
        split_points=binning.split_points,
        reference_left=old_left / n,
        reference_at=old_at / n,
        current_left=new_left / m,
        current_at=new_at / m,
        low=min(reference.minimum, current.minimum),
        high=max(reference.maximum, current.maximum),
        reference_std=reference.std(binning) or 0.0,
        reference_count=n,
        current_count=m,
        tie_tolerance=float(reference.counts_at[binning.is_merged].max(initial=0) / n),
    )
