"""A numeric column compared on a rounding grid, for a window whose values were rounded.

Rounding moves values by a step at most, which is no drift. So the reference is rounded too: its
counts are cut where rounding cuts. The window's values lie on grid points only, so its count below
the edge of a split point is its count up to the grid point before. The reference's count below a
cut is known except for what lies at the cut (values half-way between two grid points) and near it
(at most the mass between two split points); within these bounds it is taken as near to the window's
count as possible. Of three ways to round (to the nearest, downwards, towards zero) the one that
fits best is used.
"""

import itertools
from dataclasses import dataclass, replace

import numpy as np

from driftloop.profile.column_pair import (
    BinnedCounts,
    CdfPair,
    ColumnPair,
    Counts,
    Floats,
    cumulative_counts,
    pair_columns,
)
from driftloop.profile.numeric.counts import MAX_SINGLE_VALUES, NumericBinning, NumericCounts
from driftloop.profile.numeric.precision import RoundingGrid, half_resolution

MAX_CUT = 1e300
"""Largest absolute value of a cut: multiples of larger ones overflow."""

BESIDE = 1.001
"""Half resolutions from a value to a cut beside it: just outside of what the value stands for."""


@dataclass(frozen=True, slots=True, eq=False)
class _CountsBelow:
    """Counts int64[p] of both sides below ascending ``points`` float64[p]."""

    points: Floats
    reference: Counts
    current: Counts


@dataclass(frozen=True, slots=True, eq=False)
class _Rounded:
    """Counts up to each grid point of ``ends``, the reference's rounded in one way.

    ``distance`` is the Kolmogorov-Smirnov distance, ``tie_tolerance`` the largest share of the
    reference that may lie on either side of a cut.
    """

    ends: Floats
    reference: Counts
    current: Counts
    distance: float
    tie_tolerance: float


def pair_on_rounding_grid(
    binning: NumericBinning,
    reference: NumericCounts,
    current: NumericCounts,
    rounding_grid: RoundingGrid,
) -> ColumnPair:
    """Pair a column whose current values lie on a rounding grid.

    Args:
        binning: The binning on which both sides were counted.
        reference: Counts of the reference, which are rounded here.
        current: Counts of the window.
        rounding_grid: The grid of the current values.
    """
    fine = pair_columns(binning, reference, current)
    if fine.cdfs is None:
        return fine
    known = _counts_below(binning, reference, current)
    below, above = rounding_grid.neighbors(known.points)
    _, first = np.unique(below, return_index=True)
    below, above, current_counts = below[first], above[first], known.current[first]
    sizes = reference.present, current.present
    candidates = [
        _round_reference(known, below, cuts, current_counts, sizes)
        for cuts in _cuts(below, above, binning.resolution)
    ]
    best = min(candidates, key=lambda rounded: rounded.distance)
    deciles = cumulative_counts(reference)[1][binning.bin_edges]
    bins, labels = _bins(best, deciles, sizes)
    cdfs = _cdfs(best, above[-1], fine.cdfs)
    return replace(fine, bins=bins, labels=labels, cdfs=cdfs)


def _counts_below(
    binning: NumericBinning, reference: NumericCounts, current: NumericCounts
) -> _CountsBelow:
    points = np.column_stack([binning.low, binning.high]).ravel()
    reference_counts, current_counts = (
        np.column_stack(cumulative_counts(side)).ravel() for side in (reference, current)
    )
    usable = np.abs(points) < MAX_CUT
    return _CountsBelow(points[usable], reference_counts[usable], current_counts[usable])


def _cuts(below: Floats, above: Floats, resolution: float) -> tuple[Floats, ...]:
    """For each way to round, the cuts between values that go to ``below`` and to ``above``."""
    down = above - _beside(above, resolution)
    up = below + _beside(below, resolution)
    return (below + above) / 2, down, np.where(below < 0, up, down)


def _beside(values: Floats, resolution: float) -> Floats:
    return half_resolution(np.abs(values), resolution) * BESIDE


def _round_reference(
    known: _CountsBelow,
    ends: Floats,
    cuts: Floats,
    current: Counts,
    sizes: tuple[int, int],
) -> _Rounded:
    n, m = sizes
    counts = np.concatenate([[0], known.reference, [n]])
    lower = counts[np.searchsorted(known.points, cuts, side="right")]
    upper = counts[np.searchsorted(known.points, cuts, side="left") + 1]
    reference = _nearest_counts(np.rint(current * (n / m)).astype(np.int64), lower, upper)
    distance = float(np.abs(reference / n - current / m).max(initial=0.0))
    tie_tolerance = float((upper - lower).max(initial=0) / n)
    return _Rounded(ends, reference, current, distance, tie_tolerance)


def _nearest_counts(target: Counts, lower: Counts, upper: Counts) -> Counts:
    """The ascending counts within bounds that are nearest to ``target``.

    Where no current value lies between several cuts, no value of the reference does either, if the
    bounds permit it.
    """
    starts = np.flatnonzero(np.diff(target, prepend=-1))
    lengths = np.diff(np.append(starts, len(target)))
    low, high = np.maximum.reduceat(lower, starts), np.minimum.reduceat(upper, starts)
    compatible = np.repeat(low <= high, lengths)
    lower = np.where(compatible, np.repeat(low, lengths), lower)
    upper = np.where(compatible, np.repeat(high, lengths), upper)
    return np.clip(target, lower, upper)


def _bins(
    rounded: _Rounded, deciles: Counts, sizes: tuple[int, int]
) -> tuple[BinnedCounts, tuple[str, ...]]:
    """Grid points where they are few, else bins that end nearest to the reference's deciles."""
    n, m = sizes
    reference, current = rounded.reference, rounded.current
    inner = np.flatnonzero((reference + current > 0) & (reference < n))
    pairs = np.column_stack([reference, current])[inner]
    _, first = np.unique(pairs, axis=0, return_index=True)
    ends_at = inner[np.sort(first)]
    if len(ends_at) > MAX_SINGLE_VALUES:
        up_to = reference[ends_at]
        right = np.clip(np.searchsorted(up_to, deciles), 1, len(ends_at) - 1)
        is_left_nearer = deciles - up_to[right - 1] < up_to[right] - deciles
        ends_at = ends_at[np.unique(right - is_left_nearer)]
    sides = [
        np.diff(np.concatenate([[0], counts[ends_at], [size]]))
        for counts, size in zip((reference, current), (n, m), strict=True)
    ]
    ends = [f"{end:.12g}" for end in rounded.ends[ends_at]]
    between = [f"({a}, {b}]" for a, b in itertools.pairwise(ends)]
    return BinnedCounts(*sides), (f"<= {ends[0]}", *between, f"> {ends[-1]}") if ends else ("all",)


def _cdfs(rounded: _Rounded, last: float, fine: CdfPair) -> CdfPair:
    """Distribution functions with all mass at grid points; ``last`` is the one beyond all cuts."""
    reference, current = (
        rounded.reference / fine.reference_count,
        rounded.current / fine.current_count,
    )
    return replace(
        fine,
        split_points=np.append(rounded.ends, last),
        reference_left=np.append(0.0, reference),
        reference_at=np.append(reference, 1.0),
        current_left=np.append(0.0, current),
        current_at=np.append(current, 1.0),
        tie_tolerance=rounded.tie_tolerance,
    )
