"""A numeric column compared on a coarser grid, for a window whose values were rounded.

Rounding moves values by a step at most, which is no drift. So the reference is rounded too: its
counts are cut where rounding cuts. The window's values lie on the lattice alone, so that its count
below the edge of a knot is its count up to the lattice point before. The reference's count below a
cut is known to within what lies at the cut (values half-way between two lattice points) and about
it (at most the mass between two knots), and is taken as near to the window's as that allows. Of
three ways to round (to the nearest, downwards, towards zero) the one that fits best is taken.
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
"""Beyond, multiples overflow."""

BESIDE = 1.001
"""A cut beside a value lies just outside of the half unit that the value stands for."""


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Counts ``before`` (reference) and ``now`` int64[p] below ascending ``points`` float64[p]."""

    points: Floats
    before: Counts
    now: Counts
    unit: float


@dataclass(frozen=True, slots=True, eq=False)
class _Rounded:
    """Counts up to each lattice point of ``ends``, the reference's rounded in one way.

    ``distance`` is the Kolmogorov-Smirnov distance, ``slack`` the largest share of the reference of
    which it is not known on which side of a cut it lies.
    """

    ends: Floats
    before: Counts
    now: Counts
    distance: float
    slack: float


def pair_on_rounding_grid(
    binning: NumericBinning,
    reference: NumericCounts,
    current: NumericCounts,
    rounding_grid: RoundingGrid,
) -> ColumnPair:
    """The forms of a column whose window lies on the lattice; both were counted on the grid."""
    fine = pair_columns(binning, reference, current)
    if fine.cdfs is None:
        return fine
    known = _known(binning, reference, current)
    below, above = rounding_grid.neighbors(known.points)
    _, first = np.unique(below, return_index=True)
    below, above, now = below[first], above[first], known.now[first]
    sizes = reference.present, current.present
    ways = _cuts(below, above, binning.resolution)
    found = [_rounded(known, below, cuts, now, sizes) for cuts in ways]
    best = min(found, key=lambda rounded: rounded.distance)
    deciles = cumulative_counts(reference)[1][binning.bin_edges]
    bins, labels = _bins(best, deciles, sizes)
    distributions = _distributions(best, above[-1], fine.cdfs)
    return replace(fine, bins=bins, labels=labels, cdfs=distributions)


def _known(binning: NumericBinning, reference: NumericCounts, current: NumericCounts) -> _Known:
    points = np.column_stack([binning.low, binning.high]).ravel()
    before, now = (
        np.column_stack(cumulative_counts(side)).ravel() for side in (reference, current)
    )
    usable = np.abs(points) < MAX_CUT
    return _Known(points[usable], before[usable], now[usable], binning.resolution)


def _cuts(below: Floats, above: Floats, unit: float) -> tuple[Floats, ...]:
    """Which values go to ``below`` and which to ``above``: the cut, for each way to round."""
    down = above - _beside(above, unit)
    up = below + _beside(below, unit)
    return (below + above) / 2, down, np.where(below < 0, up, down)


def _beside(values: Floats, unit: float) -> Floats:
    return half_resolution(np.abs(values), unit) * BESIDE


def _rounded(
    known: _Known, ends: Floats, cuts: Floats, now: Counts, sizes: tuple[int, int]
) -> _Rounded:
    n, m = sizes
    counts = np.concatenate([[0], known.before, [n]])
    least = counts[np.searchsorted(known.points, cuts, side="right")]
    most = counts[np.searchsorted(known.points, cuts, side="left") + 1]
    before = _nearest(np.rint(now * (n / m)).astype(np.int64), least, most)
    distance = float(np.abs(before / n - now / m).max(initial=0.0))
    return _Rounded(ends, before, now, distance, float((most - least).max(initial=0) / n))


def _nearest(wanted: Counts, least: Counts, most: Counts) -> Counts:
    """The ascending counts within bounds that are nearest to those wanted.

    Where no value of the window lies between several cuts, so does none of the reference, if that
    can be.
    """
    starts = np.flatnonzero(np.diff(wanted, prepend=-1))
    lengths = np.diff(np.append(starts, len(wanted)))
    low, high = np.maximum.reduceat(least, starts), np.minimum.reduceat(most, starts)
    together = np.repeat(low <= high, lengths)
    least = np.where(together, np.repeat(low, lengths), least)
    most = np.where(together, np.repeat(high, lengths), most)
    return np.clip(wanted, least, most)


def _bins(
    rounded: _Rounded, deciles: Counts, sizes: tuple[int, int]
) -> tuple[BinnedCounts, tuple[str, ...]]:
    """Lattice points where they are few, else bins that end nearest to the reference's deciles."""
    n, m = sizes
    inner = np.flatnonzero((rounded.before + rounded.now > 0) & (rounded.before < n))
    pairs = np.column_stack([rounded.before, rounded.now])[inner]
    _, first = np.unique(pairs, axis=0, return_index=True)
    places = inner[np.sort(first)]
    if len(places) > MAX_SINGLE_VALUES:
        right = np.clip(np.searchsorted(rounded.before[places], deciles), 1, len(places) - 1)
        gap = rounded.before[places]
        places = places[np.unique(right - (deciles - gap[right - 1] < gap[right] - deciles))]
    sides = [
        np.diff(np.concatenate([[0], counts[places], [size]]))
        for counts, size in zip((rounded.before, rounded.now), (n, m), strict=True)
    ]
    ends = [f"{end:.12g}" for end in rounded.ends[places]]
    between = [f"({a}, {b}]" for a, b in itertools.pairwise(ends)]
    return BinnedCounts(*sides), (f"<= {ends[0]}", *between, f"> {ends[-1]}") if ends else ("all",)


def _distributions(rounded: _Rounded, last: float, fine: CdfPair) -> CdfPair:
    """All mass lies at lattice points; ``last`` is the one beyond all cuts."""
    before, now = rounded.before / fine.reference_count, rounded.now / fine.current_count
    return replace(
        fine,
        split_points=np.append(rounded.ends, last),
        reference_left=np.append(0.0, before),
        reference_at=np.append(before, 1.0),
        current_left=np.append(0.0, now),
        current_at=np.append(now, 1.0),
        tie_tolerance=rounded.slack,
    )
