"""Bins of a 2 x b table, pooled until each can expect enough records for a chi-square test.

Bins are pooled in the order of their counts on both sides together, and bins of the same count are
always pooled together. So chance does not choose the pools, and categories that are all new do not
end in one pool with known ones.
"""

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def pool_rare_bins(table: Counts, min_expected: float) -> Counts:
    """Pool the bins of a table that expect too few records.

    Args:
        table: Counts int64[2, b], the reference's row first.
        min_expected: Records that each bin must expect on either side.

    Returns:
        Counts int64[2, k] with k <= b. A last pool that is still too small joins the pool before
        it, or the smallest other bin.
    """
    bin_sizes, side_sizes = table.sum(axis=0), table.sum(axis=1)
    min_size = min_expected * max(int(table.sum()), 1) / max(int(side_sizes.min()), 1)
    rare = bin_sizes < min_size
    frequent = table[:, ~rare]
    pools = _pool_neighbors(_sum_by_size(table[:, rare], bin_sizes[rare]), min_size)
    if pools and int(pools[-1].sum()) < min_size:
        remainder = pools.pop()
        if pools:
            pools[-1] += remainder
        elif frequent.shape[1]:
            frequent = frequent.copy()
            frequent[:, int(np.argmin(frequent.sum(axis=0)))] += remainder
        else:
            pools.append(remainder)
    return np.column_stack([frequent, *pools])


def _sum_by_size(rare: Counts, bin_sizes: Counts) -> Counts:
    """Counts int64[2, s] of bins of equal size, from the smallest size to the largest."""
    sizes, positions = np.unique(bin_sizes, return_inverse=True)
    sums = np.zeros((2, len(sizes)), dtype=np.int64)
    for side in (0, 1):
        np.add.at(sums[side], positions, rare[side])
    return sums


def _pool_neighbors(by_size: Counts, min_size: float) -> list[Counts]:
    """Neighbors summed until a pool has ``min_size`` records; the last pool may have fewer."""
    pools: list[Counts] = []
    for column in by_size.T:
        if not pools or int(pools[-1].sum()) >= min_size:
            pools.append(np.zeros(2, dtype=np.int64))
        pools[-1] += column
    return [pool for pool in pools if pool.any()]
