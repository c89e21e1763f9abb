"""The independent units of evaluated rows: days, hours, entities, or the rows themselves.

Rows of one day have errors in common, such as the day's weather. On 14 months of flights the
variance of a score between days is 6 to 68 times the one that independent rows would have, so that
intervals from single rows are far too narrow.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from driftloop.evaluation.weighted import Floats

MIN_BLOCKS = 7
"""Minimum number of days, or of hours, from which a variance is estimated."""

_HOUR_SECONDS, _DAY_SECONDS = 3_600, 86_400

ClusterKind = Literal["day", "hour", "entity", "row"]


@dataclass(frozen=True, slots=True)
class Clusters:
    """The cluster of each of n rows: ``codes`` int64[n] of 0 to ``count`` - 1."""

    kind: ClusterKind
    codes: NDArray[np.int64]
    count: int

    @property
    def is_time_block(self) -> bool:
        """Whether rows are clustered by their time."""
        return self.kind in ("day", "hour")


def cluster_rows(
    rows: int,
    local_seconds: Floats | None = None,
    entities: NDArray[np.int64] | None = None,
) -> Clusters:
    """The clusters of rows: days, else hours, else entities, else single rows.

    Rows are clustered by day where all have a time and there are at least ``MIN_BLOCKS`` days, by
    hour where there are at least as many hours. Hours show how errors vary within a day and not how
    days differ: intervals by hour are too narrow where days differ.

    Args:
        rows: Number of rows, n.
        local_seconds: Seconds of the local wall clock since 1970, float64[n], NaN where unknown.
        entities: A code of the entity that each row describes, int64[n].

    Example:
        >>> cluster_rows(4, np.array([0.0, 60.0, 3_600.0, 7_200.0])).kind
        'row'
        >>> cluster_rows(8, np.arange(8) * 86_400.0).kind
        'day'
    """
    if local_seconds is not None and rows and np.isfinite(local_seconds).all():
        blocks: tuple[tuple[ClusterKind, int], ...] = (
            ("day", _DAY_SECONDS),
            ("hour", _HOUR_SECONDS),
        )
        for kind, length in blocks:
            clusters = _clusters(kind, np.floor(local_seconds / length))
            if clusters.count >= MIN_BLOCKS:
                return clusters
    if entities is not None:
        return _clusters("entity", entities)
    return Clusters("row", np.arange(rows), rows)


def _clusters(kind: ClusterKind, keys: NDArray[np.generic]) -> Clusters:
    distinct, codes = np.unique(keys, return_inverse=True)
    return Clusters(kind, codes.astype(np.int64), len(distinct))
