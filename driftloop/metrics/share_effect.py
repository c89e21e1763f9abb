"""Cohen's w between two samples, less what chance alone gives.

w^2 = sum (p - q)^2 / ((p + q) / 2) - (k - 1)(1/n + 1/m), clipped at 0 (Cohen 1988, chapter 7, with
the mixture in place of a known null; the second term is the expectation of the first without
drift, which a design effect multiplies). For a mean shift by d standard deviations it is near d.
"""

import numpy as np

from driftloop.profile.pair import Bins


def share_effect(bins: Bins, design_effect: float = 1.0) -> float | None:
    """w >= 0; None where a side has no record."""
    shares = bins.shares()
    if shares is None:
        return None
    p, q = (side[(bins.reference + bins.current) > 0] for side in shares)
    raw = float(np.sum((p - q) ** 2 / ((p + q) / 2)))
    chance = (len(p) - 1) * (1 / int(bins.reference.sum()) + 1 / int(bins.current.sum()))
    return float(np.sqrt(max(0.0, raw - chance * design_effect)))
