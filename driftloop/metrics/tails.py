"""Values beyond all of the reference: k of the window's m values above its largest, or below its
smallest.

If the n + m values of both sides are in random order, the k largest are all of the window with the
probability P = C(m, k) / C(n + m, k), whatever their distribution. Ties make it smaller. Source:
Gumbel and von Schelling, "The distribution of the number of exceedances", Ann. Math. Stat. 21
(1950). P is that of a new category of k records, so both tails are tested as such
(:mod:`driftloop.metrics.category_tests`).

The Kolmogorov-Smirnov distance does not see such values while they are few: 2% of them are a
distance of 0.02.
"""

from typing import NamedTuple

import numpy as np

from driftloop.profile.column_pair import BinnedCounts, CdfPair


class Tails(NamedTuple):
    """Values below ``low``, within, and above ``high``, the extremes of the reference.

    ``bins`` are the counts of these three, in this order.
    """

    low: float
    high: float
    bins: BinnedCounts


def tails(pair: CdfPair) -> Tails:
    """Count the values beyond all of the reference.

    Where an extreme of the reference lies between two split points, the split point beyond it
    counts as the extreme.
    """
    n, m = pair.reference_count, pair.current_count
    last = len(pair.split_points) - 1
    lowest = max(0, int(np.searchsorted(pair.reference_left, 0.0, side="right")) - 1)
    highest = min(int(np.searchsorted(pair.reference_at, 1.0)), last)
    below = round(float(pair.current_left[lowest]) * m) if pair.reference_left[lowest] == 0 else 0
    above = m - round(float(pair.current_at[highest]) * m) if pair.reference_at[highest] == 1 else 0
    return Tails(
        float(pair.split_points[lowest]),
        float(pair.split_points[highest]),
        BinnedCounts(np.array([0, n, 0]), np.array([below, m - below - above, above])),
    )
