"""A bottom-k sample of records: those with the smallest hashes of event id and row.

The same records are kept however the data is split, so that samples of parts merge into the sample
of the whole (Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftloop.capture.event_ids import GOLDEN_RATIO, EventIds, Hashes, mix

SAMPLE_SIZE = 2048
"""Records in a sample: enough to see a correlation change its sign, in some 8 kB per column."""


@dataclass(frozen=True, slots=True, eq=False)
class BottomKSample:
    """The k records of a sample.

    Attributes:
        hashes: uint64[k], ascending.
        values: float32[k, columns], NaN for missing values. A category is its position in the
            binning's categories; a new one is their number. float32 keeps the six significant
            digits by which values are compared.
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
    """A sample of no records."""
    return BottomKSample(np.empty(0, dtype=np.uint64), np.empty((0, columns), dtype=np.float32))


def smallest_hashes(hashes: Hashes) -> NDArray[np.intp]:
    """Positions of the ``SAMPLE_SIZE`` smallest hashes, and of ties with the largest of them."""
    if len(hashes) <= SAMPLE_SIZE:
        return np.arange(len(hashes))
    largest_hash = np.partition(hashes, SAMPLE_SIZE - 1)[SAMPLE_SIZE - 1]
    return np.flatnonzero(hashes <= largest_hash)


def make_sample(hashes: Hashes, values: NDArray[np.float32]) -> BottomKSample:
    """The sample of some records, uint64[n] and float32[n, columns], whatever their order."""
    without_negative_zero = values + np.float32(0)  # -0.0 equals 0.0, but has other bytes
    return _smallest(
        hashes, np.where(np.isnan(without_negative_zero), np.float32(np.nan), without_negative_zero)
    )


def record_hashes(event_ids: Sequence[str], rows: NDArray[np.int32]) -> Hashes:
    """uint64[n]: hashes of each record's event id and its row (int32[n]) in the request."""
    return mix(
        EventIds.from_strings(event_ids).hashes + rows.astype(np.uint64) * np.uint64(GOLDEN_RATIO)
    )


def _smallest(hashes: Hashes, values: NDArray[np.float32]) -> BottomKSample:
    order = np.argsort(hashes, kind="stable")
    sorted_hashes = hashes[order]
    if np.any(sorted_hashes[1:] == sorted_hashes[:-1]):
        # copies of one record are ordered by their values, so that their own order has no effect
        order = np.lexsort([*values.T[::-1], hashes])
        sorted_hashes = hashes[order]
    return BottomKSample(sorted_hashes[:SAMPLE_SIZE].copy(), values[order[:SAMPLE_SIZE]].copy())
