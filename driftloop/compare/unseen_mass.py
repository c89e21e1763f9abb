"""Whether more values are of levels never seen before than the reference lets expect.

Of a column with a long tail some values are always new: the share that a next record's level is
none of those of n records is near f1 / n, where f1 of these levels were met once (Good, "The
population frequencies of species", Biometrika 40, 1953; it is what leaving out one record at a time
gives). So the u new values among m are compared with the f1 among n by Fisher's test. A new level
that comes c times is one finding and not c: counts are divided by sum c^2 / sum c, as records of a
cluster are.
"""

from collections.abc import Collection

from driftloop.metrics.fisher import fisher_exact
from driftloop.metrics.missingness import cohens_h
from driftloop.profile.pair import MissingCounts


def unseen_mass_test(
    singles: int, n: int, unseen: int, m: int, counts: Collection[int], design_effect: float = 1.0
) -> tuple[float, float]:
    """P-value and Cohen's h; 1 and 0 where not more is unseen than expected.

    ``singles`` of the reference's ``n`` values are of levels met once, ``unseen`` of the window's
    ``m`` of levels that the reference has not; ``counts`` are those of such levels, or of a random
    part of them.
    """
    if not n or not m or unseen * n <= singles * m:
        return 1.0, 0.0
    cluster = sum(count * count for count in counts) / max(sum(counts), 1)
    p_value = fisher_exact(MissingCounts(singles, n, unseen, m), max(1.0, cluster) * design_effect)
    return 1.0 if p_value is None else p_value, cohens_h(singles / n, unseen / m)
