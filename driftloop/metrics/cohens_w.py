"""Cohen's w of two samples, less its bias: w^2 = max(0, sum (p - q)^2 / ((p + q) / 2) - E).

Source: Cohen, "Statistical Power Analysis for the Behavioral Sciences" (1988), chapter 7, with the
mixture (p + q) / 2 in place of a known null. E is the expectation of the sum without drift. For a
mean shift by d standard deviations w is near d.

Where a bin of c records holds enough of them, its part of E is (1 - c / (n + m)) (1/n + 1/m),
together (b - 1)(1/n + 1/m) over b bins. In sparse bins this is far too much (a category of one
record adds at most 2/n or 2/m), so their part is summed over the ways in which the c records fall
on both sides.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from driftloop.profile.column_pair import BinnedCounts

MIN_DENSE_EXPECTED = 20
"""Expected records on the smaller side from which the short formula is right to 1%."""

_MAX_SPARSE_RECORDS = 60
"""Records on the smaller side up to which the sum goes: where fewer than 20 are expected, more
have a probability below 1e-12."""

Floats = NDArray[np.float64]


def cohens_w(bins: BinnedCounts, design_effect: float = 1.0) -> float | None:
    """The effect size of a changed distribution over bins.

    Args:
        bins: Counts of both sides.
        design_effect: By how much dependence of records inflates variance, 1 or more. E is that of
            all counts divided by it.

    Returns:
        w >= 0; None where a side has no record.
    """
    shares = bins.shares()
    if shares is None:
        return None
    counts = bins.reference + bins.current
    p, q = (side[counts > 0] for side in shares)
    raw = float(np.sum((p - q) ** 2 / ((p + q) / 2)))
    n, m = (int(side.sum()) / design_effect for side in (bins.reference, bins.current))
    independent = np.maximum(np.rint(counts[counts > 0] / design_effect), 1.0)
    return float(np.sqrt(max(0.0, raw - expected_by_chance(independent, n, m))))


def expected_by_chance(counts: Floats, n: float, m: float) -> float:
    """E, given the records float64[b] >= 1 of each bin on both sides together."""
    total, smaller = n + m, min(n, m)
    dense = counts * smaller >= MIN_DENSE_EXPECTED * total
    of_dense = float(np.sum(1 - counts[dense] / total)) * (1 / n + 1 / m)
    if dense.all():
        return of_dense
    sizes, bins = np.unique(counts[~dense], return_counts=True)
    return of_dense + float(bins @ _expected_of_sparse(sizes, smaller, total - smaller))


def _expected_of_sparse(sizes: Floats, smaller: float, larger: float) -> Floats:
    """E of one bin of each size, float64[sizes]: the mean over binomial counts of either side."""
    share = smaller / (smaller + larger)
    size = sizes[:, None]
    on_smaller = np.arange(_MAX_SPARSE_RECORDS + 1, dtype=np.float64)[None, :]
    on_larger = np.maximum(size - on_smaller, 0.0)
    log_mass = gammaln(size + 1) - gammaln(on_smaller + 1) - gammaln(on_larger + 1)
    log_mass += xlogy(on_smaller, share) + xlogy(on_larger, 1 - share)
    mass = np.where(on_smaller <= size, np.exp(log_mass), 0.0)
    p, q = on_larger / larger, on_smaller / smaller
    return np.asarray(np.sum(mass * (p - q) ** 2 / ((p + q) / 2), axis=1), dtype=np.float64)
