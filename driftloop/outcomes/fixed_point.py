"""Losses of probabilities as integers, so that neither order nor split can change a bit of a sum.

A loss is rounded to a multiple of 2^-20. So a mean of losses is within 2^-21 of the exact one,
and mostly within a thousandth of that, since roundings cancel.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop.outcomes.split_points import Counts, Floats

BITS, SQUARE_BITS = 20, 12
"""Binary digits after the point of losses and scores, and of squared log-losses, which are up to
1300. A block's sums of them are exact in float64: 2^11 * 2^12 * 2^17 rows < 2^53."""

MEAN_ERROR = 2.0 ** -(BITS + 1)
"""By how much the mean of rounded losses may differ from that of the exact ones."""

SMALLEST = 2.0**-52
"""Probabilities are clipped to at least this, as scikit-learn does: the loss of 0 is infinite."""

LOSSES = 4
"""Sums of losses: log-loss, its square, Brier score, its square."""

_ROOT_OF_HALF, _LN_2 = 0.7071067811865476, 0.6931471805599453

_LAST_TERM = 23
"""Of the series of the logarithm: the next term is less than 2^-60 of it."""

_SCALES = np.array([1 << BITS, 1 << SQUARE_BITS, 1 << BITS, 1 << BITS], dtype=np.float64)


def binary_losses(scores: Floats, positives: Counts) -> Floats:
    """float64[4, n]: integers, the losses of each row in units of fixed point.

    Args:
        scores: float64[n] from 0 to 1.
        positives: int64[n], 1 for a positive row and 0 for a negative one.
    """
    log_losses = -natural_log(
        np.clip(np.where(positives == 1, scores, 1 - scores), SMALLEST, 1 - SMALLEST)
    )
    return rounded_losses(log_losses, (scores - positives) ** 2)


def natural_log(values: Floats) -> Floats:
    """ln of positive finite float64[n], with the same bits on every processor.

    ``numpy.log`` differs in its last bit from one processor to the next, and a loss that is rounded
    with it could, in one of a billion rows. This one has additions, multiplications and a division:
    with v = m 2^e, sqrt(1/2) <= m < sqrt 2 and s = (m - 1) / (m + 1),

        ln v = e ln 2 + 2 s (1 + s^2 / 3 + s^4 / 5 + ...)

    (Abramowitz and Stegun, "Handbook of Mathematical Functions", 4.1.27).
    """
    fractions, exponents = np.frexp(values)
    is_small = fractions < _ROOT_OF_HALF
    fractions[is_small] *= 2
    s = (fractions - 1) / (fractions + 1)
    square = s * s
    series = np.full(len(values), 1 / _LAST_TERM)
    for term in range(_LAST_TERM - 2, 0, -2):
        series *= square
        series += 1 / term
    return np.asarray((exponents - is_small) * _LN_2 + 2 * s * series, dtype=np.float64)


def rounded_losses(log_losses: Floats, brier: Floats) -> Floats:
    """float64[4, n]: integers, of log-losses and Brier scores of n rows."""
    losses = np.stack([log_losses, log_losses**2, brier, brier**2])
    return np.rint(losses * _SCALES[:, None], out=losses)


def to_losses(sums: NDArray[Any]) -> Floats:
    """Sums of losses float64[..., 4] in their own unit."""
    return np.asarray(sums / _SCALES, dtype=np.float64)


def rounded_scores(scores: Floats) -> Floats:
    """float64[n]: integers, scores in units of fixed point."""
    return np.rint(scores * (1 << BITS))


def to_scores(sums: NDArray[Any]) -> Floats:
    """Sums of scores in their own unit."""
    return np.asarray(sums / (1 << BITS), dtype=np.float64)
