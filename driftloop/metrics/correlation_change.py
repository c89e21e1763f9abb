"""The largest change in correlation of normal scores, over all pairs of numeric columns.

Each column becomes Phi^-1((rank - 1/2) / n) on its own side (van der Waerden 1952; ties share their
middle rank), so that shifts of single columns leave it alone. The correlation r of two such columns
has the influence function psi = xy - r (x^2 + y^2) / 2 (Klaassen and Wellner, Bernoulli 3, 1997),
and the variance V / n with V = mean(psi^2); z = (r' - r) / sqrt(V (1/n + 1/n')), two-sided by
Student's t with the smaller side's n - 1, times the number of pairs (Bonferroni). V is the larger
of both sides': that of few records of sparse columns can be far too small by chance (two ones that
meet, or none that do), just where the correlation is far off.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

LEAST = 300
"""Records with both values that each side of a pair must have: with fewer, the variance of
heavy-tailed pairs is not known well enough (2% to 6% of quiet runs flagged at 100 records)."""

Floats = NDArray[np.float64]


MIN_OFF_MODE = 30
"""Records of either side that each column must have beside its commonest value: what fewer have in
common is a matter of single records."""


class CorrelationChange(NamedTuple):
    """The surest change: columns ``first`` and ``second``, either correlation, P by chance."""

    first: int
    second: int
    reference: float
    current: float
    p_value: float


class _Side(NamedTuple):
    correlation: Floats
    variance: Floats
    n: Floats
    off_mode: Floats


def correlation_change(
    reference: Floats, current: Floats, design_effects: Floats | None = None
) -> CorrelationChange | None:
    """The pair whose correlation changed most surely; None where no pair can be tested.

    Both are float64[records, columns], NaN where a value is missing. ``design_effects``
    float64[columns] say by how much the records of each column depend on each other: a pair's
    records count as n divided by the larger of its two.
    """
    old, new = _side(reference), _side(current)
    effects = np.ones(reference.shape[1]) if design_effects is None else design_effects
    effect = np.maximum.outer(effects, effects)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.maximum(old.variance, new.variance)
        std = np.sqrt(variance * (1 / old.n + 1 / new.n) * effect)
        z = np.abs(new.correlation - old.correlation) / std
    n = np.minimum(old.n, new.n)
    first, second = np.triu_indices(z.shape[0], 1)
    varied = np.minimum(old.off_mode, new.off_mode) >= MIN_OFF_MODE
    tested = (n >= LEAST) & np.isfinite(z) & np.logical_and.outer(varied, varied)
    pairs = tested[first, second]
    if not pairs.any():
        return None
    first, second = first[pairs], second[pairs]
    dof = np.maximum(n / effect - 1, 1.0)
    p_values = np.minimum(1.0, 2 * stdtr(dof, -np.where(tested, z, 0.0))[first, second])
    place = int(np.argmin(p_values))
    at = int(first[place]), int(second[place])
    bounded = min(1.0, float(p_values[place]) * len(p_values))
    return CorrelationChange(*at, float(old.correlation[at]), float(new.correlation[at]), bounded)


def _side(values: Floats) -> _Side:
    """Correlations, their V and complete records, float64[columns, columns], and off the mode."""
    found = [_normal_scores(column) for column in values.T]
    scores = np.column_stack([score for score, _ in found])
    there = (~np.isnan(values)).astype(np.float64)
    n = there.T @ there
    square = scores**2
    cube, fourth = scores**3, scores**4
    with np.errstate(invalid="ignore", divide="ignore"):
        # (i, j): the sum of squares of column i where column j is there too
        own = square.T @ there
        scale = np.sqrt(own * own.T)
        r = np.clip((scores.T @ scores) / scale, -1.0, 1.0)
        both = square.T @ square
        mixed = cube.T @ scores
        quads = fourth.T @ there
        psi = both - r * (mixed + mixed.T) + r**2 / 4 * (quads + 2 * both + quads.T)
        # scores of few or tied values have a variance below 1
        variance = psi / (scale / n) ** 2 / n
    off_mode = np.array([off for _, off in found], dtype=np.float64)
    return _Side(r, np.maximum(variance, 0.0), n, off_mode)


def _normal_scores(column: Floats) -> tuple[Floats, int]:
    """Scores with mean near 0, float64[records], 0 where there is no value; how many are off the
    mode."""
    present = ~np.isnan(column)
    scores = np.zeros(len(column))
    values, places, counts = np.unique(column[present], return_inverse=True, return_counts=True)
    if len(values) > 1:
        ranks = np.cumsum(counts) - counts / 2
        found = ndtri(ranks / counts.sum())[places]
        scores[present] = found - found.mean()
    return scores, int(counts.sum() - counts.max(initial=0))
