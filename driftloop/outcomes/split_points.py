"""Split points of scores, frozen once, and the cells that they make.

K split points make 2 K + 1 cells: below the first one, at it, between it and the second one, and so
on. What is counted on the cells adds up exactly. A decision threshold is a split point, so that the
rows at or above it are a sum of cells.

Two coarser divisions belong to them: groups, ten of about equal size in the scores that the split
points were fitted on, and thin cells, on some of the split points, for counts of segments.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.profile.serialization import pack, pack_counts, unpack, unpack_counts

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

MAX_SPLIT_POINTS = 1024
"""Split points of scores. With so many the area under the ROC curve of a month of flights is known
to 0.0012, and the counts of the month are stored in some ten kB."""

THIN_POINTS = 64
"""Split points of the counts of segments, beside the decision thresholds."""

GROUPS = 10
"""Groups of scores."""


class StoredSplitPoints(msgspec.Struct, array_like=True):
    """:class:`SplitPoints` as they are stored."""

    points: bytes
    group_ends: bytes
    thin: bytes


@dataclass(frozen=True, slots=True, eq=False)
class SplitPoints:
    """Split points and the cells that they make.

    Attributes:
        points: float64[K], ascending and distinct.
        group_ends: int64[g <= 9], positions of the split points that end a group, which they are
            part of.
        thin: int64[t], positions of the split points of the thin cells.
        groups: int64[cells], the group of each cell.
        thin_cells: int64[cells], the thin cell of each cell.

    Example:
        >>> split_points = fit_split_points(np.array([0.2, 0.4, 0.4, 0.9]), required=(0.5,))
        >>> split_points.points
        array([0.2, 0.4, 0.5, 0.9])
        >>> split_points.cells_of(np.array([0.1, 0.2, 0.3, 0.5, 0.95]))
        array([0, 1, 2, 5, 8])
    """

    points: Floats
    group_ends: Counts
    thin: Counts
    groups: Counts = field(init=False)
    thin_cells: Counts = field(init=False)

    def __post_init__(self) -> None:
        cells = np.arange(self.cells)
        object.__setattr__(self, "groups", np.searchsorted(2 * self.group_ends + 1, cells))
        below = np.searchsorted(2 * self.thin + 1, cells)
        is_at = np.isin(cells, 2 * self.thin + 1)
        object.__setattr__(self, "thin_cells", 2 * below + is_at)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return 2 * len(self.points) + 1

    @property
    def thin_cell_count(self) -> int:
        """Number of thin cells."""
        return 2 * len(self.thin) + 1

    def cells_of(self, values: Floats) -> Counts:
        """The cell of each of float64[n], int64[n]; no value is NaN."""
        point = np.searchsorted(self.points, values, side="right")
        # the split point below or at each value; before the first one there is none
        below = np.concatenate([[-np.inf], self.points])[point]
        return np.asarray(2 * point - ((below == values) & (point > 0)), dtype=np.int64)

    def first_at(self, value: float) -> int:
        """The first cell whose rows are at or above a split point."""
        return 2 * int(np.searchsorted(self.points, value)) + 1

    def to_stored(self) -> StoredSplitPoints:
        """The stored form."""
        return StoredSplitPoints(
            pack(self.points, "<f8"), pack_counts(self.group_ends), pack_counts(self.thin)
        )

    @classmethod
    def from_stored(cls, stored: StoredSplitPoints) -> "SplitPoints":
        """The inverse of :meth:`to_stored`; raises FormatError if it is damaged."""
        return cls(
            unpack(stored.points, "<f8"),
            unpack_counts(stored.group_ends),
            unpack_counts(stored.thin),
        )


def fit_split_points(
    values: Floats,
    *,
    required: Sequence[float] = (),
    max_split_points: int = MAX_SPLIT_POINTS,
) -> SplitPoints:
    """Split points of some values; the same values in any order give the same.

    Up to ``max_split_points`` distinct values are a split point each, so that all of them are known
    exactly. With more, split points are equally spaced order statistics.

    Args:
        values: float64[n]; NaN and infinities are left away.
        required: Further split points, such as decision thresholds.
        max_split_points: Split points, without the required ones.
    """
    finite = np.sort(values[np.isfinite(values)]) + 0.0  # makes -0.0 the same value as 0.0
    distinct = np.unique(finite)
    points = _order_statistics(finite, distinct, max_split_points)
    deciles = _order_statistics(finite, distinct, GROUPS - 1, ends_below_last=True)
    thin = _order_statistics(finite, distinct, THIN_POINTS)
    edges = np.array(required, dtype=np.float64) + 0.0
    chosen = np.unique(np.concatenate([points, deciles, thin, edges]))
    return SplitPoints(
        chosen,
        np.searchsorted(chosen, deciles).astype(np.int64),
        np.searchsorted(chosen, np.unique(np.concatenate([thin, edges]))).astype(np.int64),
    )


def _order_statistics(
    ordered: Floats, distinct: Floats, count: int, *, ends_below_last: bool = False
) -> Floats:
    """At most ``count`` of the distinct values, as equally spaced quantiles (type 1 of Hyndman and
    Fan); all of them if they are so few.

    ``ends_below_last`` leaves the largest value away: it ends no group but the last one.
    """
    candidates = distinct[:-1] if ends_below_last else distinct
    if len(candidates) <= count:
        return candidates
    shares = np.arange(1, count + 1) / (count + 1)
    ranks = np.ceil(shares * len(ordered) - 1e-9).astype(np.int64) - 1
    found = np.unique(ordered[np.clip(ranks, 0, len(ordered) - 1)])
    return found[found < distinct[-1]] if ends_below_last else found
