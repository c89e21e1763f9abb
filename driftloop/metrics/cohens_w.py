"""Cohen's w between two samples, less what chance alone gives.

w^2 = sum (p - q)^2 / ((p + q) / 2) - its expectation without drift, clipped at 0 (Cohen 1988,
chapter 7, with the mixture in place of a known null). For a mean shift by d standard deviations
w is near d. Where a bin holds enough records its part of the expectation is
(1 - c / (n + m)) (1/n + 1/m), of all bins (k - 1)(1/n + 1/m); in sparse bins, where that is far
too much (a level of one record adds at most 2/n or 2/m), it is summed over how the bin's c records
fall on both sides.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from driftloop.profile.column_pair import BinnedCounts

DENSE = 20
"""Expected records on the smaller side from which the short formula is right to 1%."""

_BEYOND = 60
"""Records up to which the sum goes: for 20 expected, more has a probability of 1e-12."""

Floats = NDArray[np.float64]


def cohens_w(bins: BinnedCounts, design_effect: float = 1.0) -> float | None:
    """w >= 0; None where a side has no record.

    Of dependent records chance gives as much as of all counts divided by their design effect.
    """
    shares = bins.shares()
    if shares is None:
        return None
    counts = bins.reference + bins.current
    p, q = (side[counts > 0] for side in shares)
    raw = float(np.sum((p - q) ** 2 / ((p + q) / 2)))
    n, m = (int(side.sum()) / design_effect for side in (bins.reference, bins.current))
    apart = np.maximum(np.rint(counts[counts > 0] / design_effect), 1.0)
    return float(np.sqrt(max(0.0, raw - expected_by_chance(apart, n, m))))


def expected_by_chance(counts: Floats, n: float, m: float) -> float:
    """The expectation of the sum without drift, given the bins' counts float64[b] >= 1 on both
    sides together."""
    total, smaller = n + m, min(n, m)
    dense = counts * smaller >= DENSE * total
    short = float(np.sum(1 - counts[dense] / total)) * (1 / n + 1 / m)
    if dense.all():
        return short
    sizes, bins = np.unique(counts[~dense], return_counts=True)
    return short + float(bins @ _of_sparse(sizes, smaller, total - smaller))


def _of_sparse(sizes: Floats, smaller: float, larger: float) -> Floats:
    """Of bins of each size, float64[sizes]: the mean over binomial numbers on the smaller side."""
    share = smaller / (smaller + larger)
    size = sizes[:, None]
    here = np.arange(_BEYOND + 1, dtype=np.float64)[None, :]
    there = np.maximum(size - here, 0.0)
    logs = gammaln(size + 1) - gammaln(here + 1) - gammaln(there + 1)
    logs += xlogy(here, share) + xlogy(there, 1 - share)
    mass = np.where(here <= size, np.exp(logs), 0.0)
    p, q = there / larger, here / smaller
    return np.asarray(np.sum(mass * (p - q) ** 2 / ((p + q) / 2), axis=1), dtype=np.float64)
