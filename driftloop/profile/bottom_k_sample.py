"""A bottom-k sample of records: those whose hash of event id and row is smallest.

The same records are kept however the data is split, so samples of parts merge into the sample of
the whole (Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.event_ids import GOLDEN_RATIO, EventIds, Hashes, mix

SAMPLE_SIZE = 2048
"""Records kept: enough to see a correlation change its sign."""


@dataclass(frozen=True, slots=True, eq=False)
class BottomKSample:
    """``hashes`` uint64[k] ascending; ``values`` float32[k, columns], NaN where there is none.

    A category stands as its place in the grid's levels, a new one as the number of levels. float32
    keeps the six significant digits by which values are compared.
    """

    hashes: Hashes
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.hashes)

    def __add__(self, other: "BottomKSample") -> "BottomKSample":
        return _smallest(
            np.concatenate([self.hashes, other.hashes]),
            np.concatenate([self.values, other.values]),
        )


def empty_sample(columns: int) -> BottomKSample:
    """The neutral element of adding."""
    return BottomKSample(np.empty(0, dtype=np.uint64), np.empty((0, columns), dtype=np.float32))


def smallest_hashes(hashes: Hashes) -> NDArray[np.intp]:
    """Positions of the ``SAMPLE_SIZE`` smallest hashes, and of ties with the largest of them."""
    if len(hashes) <= SAMPLE_SIZE:
        return np.arange(len(hashes))
    limit = np.partition(hashes, SAMPLE_SIZE - 1)[SAMPLE_SIZE - 1]
    return np.flatnonzero(hashes <= limit)


def make_sample(hashes: Hashes, values: NDArray[np.float32]) -> BottomKSample:
    """The sample of candidate records, in the one order that does not depend on theirs."""
    one_zero = values + np.float32(0)  # -0.0 equals 0.0 in any order, but is other bytes
    return _smallest(hashes, np.where(np.isnan(one_zero), np.float32(np.nan), one_zero))


def record_hashes(events: Sequence[str], rows: NDArray[np.int32]) -> Hashes:
    """uint64[n], a good mix of each record's event id and its row in the request."""
    return mix(
        EventIds.from_strings(events).hashes + rows.astype(np.uint64) * np.uint64(GOLDEN_RATIO)
    )


def _smallest(hashes: Hashes, values: NDArray[np.float32]) -> BottomKSample:
    order = np.argsort(hashes, kind="stable")
    ranked = hashes[order]
    if np.any(ranked[1:] == ranked[:-1]):
        # repeats of one record: their values decide, so that the order they came in does not
        order = np.lexsort([*values.T[::-1], hashes])
        ranked = hashes[order]
    return BottomKSample(ranked[:SAMPLE_SIZE].copy(), values[order[:SAMPLE_SIZE]].copy())
