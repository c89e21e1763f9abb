"""The most significant change in correlation of normal scores, over all pairs of numeric columns.

Each column becomes Phi^-1((rank - 1/2) / n) on its own side (van der Waerden 1952; ties share their
middle rank), so that shifts of single columns do not change it. The correlation r of two such
columns has the influence function psi = x y - r (x^2 + y^2) / 2 (Klaassen and Wellner, Bernoulli 3,
1997) and the variance V / n with V = mean(psi^2).

The test: z = (r' - r) / sqrt(V (1/n + 1/n')), two-sided by Student's t with n - 1 degrees of
freedom of the smaller side, times the number of pairs (Bonferroni). V is the larger of both sides':
the V of few records of sparse columns can be far too small by chance (two ones that coincide, or
none that do), just where the correlation is far off.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

Floats = NDArray[np.float64]

MIN_PAIR_RECORDS = 300
"""Records with both values that each side of a pair must have. With fewer, the variance of
heavy-tailed pairs is not known well enough: at 100 records, 2% to 6% of runs without drift were
significant."""

MIN_OFF_MODE_RECORDS = 30
"""Records of either side that each column must have beside its most frequent value: with fewer, a
correlation depends on single records."""


class CorrelationChange(NamedTuple):
    """The pair with the smallest p-value: columns ``first`` and ``second``, both correlations."""

    first: int
    second: int
    reference: float
    current: float
    p_value: float


class _Correlations(NamedTuple):
    """Of one side, float64[columns, columns]: r, V, records with both values; and
    float64[columns]: records beside the most frequent value."""

    correlation: Floats
    variance: Floats
    n: Floats
    off_mode: Floats


def correlation_change(
    reference: Floats, current: Floats, design_effects: Floats | None = None
) -> CorrelationChange | None:
    """Test the correlations of all pairs of columns.

    Args:
        reference: Values float64[records, columns], NaN where one is missing.
        current: Values of the window, likewise.
        design_effects: float64[columns], by how much dependence of records inflates the variance of
            each column, 1 or more. The records of a pair count as n divided by the larger of both.

    Returns:
        The pair with the smallest p-value, which is over all pairs; None where no pair can be
        tested.
    """
    old, new = _correlations(reference), _correlations(current)
    effects = np.ones(reference.shape[1]) if design_effects is None else design_effects
    effect = np.maximum.outer(effects, effects)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.maximum(old.variance, new.variance)
        std = np.sqrt(variance * (1 / old.n + 1 / new.n) * effect)
        z = np.abs(new.correlation - old.correlation) / std
    n = np.minimum(old.n, new.n)
    varied = np.minimum(old.off_mode, new.off_mode) >= MIN_OFF_MODE_RECORDS
    testable = (n >= MIN_PAIR_RECORDS) & np.isfinite(z) & np.logical_and.outer(varied, varied)
    first, second = np.triu_indices(z.shape[0], 1)
    pairs = testable[first, second]
    if not pairs.any():
        return None
    first, second = first[pairs], second[pairs]
    dof = np.maximum(n / effect - 1, 1.0)
    p_values = np.minimum(1.0, 2 * stdtr(dof, -np.where(testable, z, 0.0))[first, second])
    smallest = int(np.argmin(p_values))
    pair = int(first[smallest]), int(second[smallest])
    p_value = min(1.0, float(p_values[smallest]) * len(p_values))
    return CorrelationChange(
        *pair, float(old.correlation[pair]), float(new.correlation[pair]), p_value
    )


def _correlations(values: Floats) -> _Correlations:
    """The correlations of one side, from its values float64[records, columns]."""
    scored = [_normal_scores(column) for column in values.T]
    scores = np.column_stack([score for score, _ in scored])
    present = (~np.isnan(values)).astype(np.float64)
    n = present.T @ present
    square = scores**2
    cube, fourth = scores**3, scores**4
    with np.errstate(invalid="ignore", divide="ignore"):
        # (i, j): the sum of squares of column i over the records that have column j too
        own = square.T @ present
        scale = np.sqrt(own * own.T)
        r = np.clip((scores.T @ scores) / scale, -1.0, 1.0)
        both = square.T @ square
        mixed = cube.T @ scores
        fourths = fourth.T @ present
        psi = both - r * (mixed + mixed.T) + r**2 / 4 * (fourths + 2 * both + fourths.T)
        # scores of few or tied values have a variance below 1
        variance = psi / (scale / n) ** 2 / n
    off_mode = np.array([records for _, records in scored], dtype=np.float64)
    return _Correlations(r, np.maximum(variance, 0.0), n, off_mode)


def _normal_scores(column: Floats) -> tuple[Floats, int]:
    """Scores float64[records] with mean near 0, 0 where a value is missing; and the number of
    records beside the most frequent value."""
    present = ~np.isnan(column)
    scores = np.zeros(len(column))
    values, positions, counts = np.unique(column[present], return_inverse=True, return_counts=True)
    if len(values) > 1:
        ranks = np.cumsum(counts) - counts / 2
        found = ndtri(ranks / counts.sum())[positions]
        scores[present] = found - found.mean()
    return scores, int(counts.sum() - counts.max(initial=0))
