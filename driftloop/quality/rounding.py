"""Finds values that were rounded on the way: to fewer decimals or significant digits.

It works on the samples that profiles keep. Where nearly all of the window's values lie on a
rounding grid and a good part of the reference's do not, the values were rounded. No population
causes that.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from driftloop.profile import Baseline, Profile
from driftloop.profile.bottom_k_sample import BottomKSample
from driftloop.profile.numeric.counts import NumericBinning
from driftloop.profile.numeric.precision import (
    SAMPLE_TOLERANCE,
    SIGNIFICANT_DIGITS,
    Floats,
    RoundingGrid,
)
from driftloop.quality.violations import Constraint, Violation
from driftloop.seasonality.hourly_counts import PREDICTION

MIN_SAMPLED = 20
"""Sampled values that each side needs."""

MAX_STRAY_SHARE = 0.01
"""Share of the window's values that may lie off the grid: not all may have come the same way."""

MIN_OFF_GRID_SHARE = 0.05
"""Share of the reference's values that must lie off the grid; else rounding changes little."""

MAX_P_VALUE = 1e-9
"""Largest probability that so few of the window's values are off the grid by chance. It is small,
since every column of every window is compared with every grid."""

MIN_RELEVANT_STEP = 0.005
"""Smallest step, in standard deviations, that is a violation. Rounding to a smaller one moves a
normal column's distribution by at most 0.4 * 0.005 / 2 = 0.001, which changes no verdict on a
million records."""

NORMAL_QUARTILES = 1.349
"""Standard deviations between the quartiles of a normal distribution."""

HEAD = 64
"""Values that are checked first: they rule most grids out."""

STEP_GRIDS = tuple(
    RoundingGrid(step=float(f"{multiple * 10.0**exponent:.2g}"))
    for exponent in range(6, -7, -1)
    for multiple in (5, 2.5, 2, 1)
)
DIGIT_GRIDS = tuple(RoundingGrid(digits=digits) for digits in range(1, SIGNIFICANT_DIGITS))
"""Both from the coarsest grid to the finest."""


@dataclass(frozen=True, slots=True)
class RoundingFinding:
    """The grid that a window's values were rounded to.

    Attributes:
        rounding_grid: The grid.
        reference_share: Share of the reference's values that lie on it.
        reference_grid: The reference's own grid, None where it has none.
        is_relevant: Whether the step is large enough to be a violation. The comparison is made on
            the grid in any case, for columns with few values.
    """

    rounding_grid: RoundingGrid
    reference_share: float
    reference_grid: RoundingGrid | None
    is_relevant: bool

    def to_violation(self, name: str) -> Violation:
        """The violation of a column."""
        own = "finer values" if self.reference_grid is None else str(self.reference_grid)
        message = (
            f"{name}: the values are {self.rounding_grid}, and the reference has {own}: they were"
            " rounded on the way; compared with the reference rounded in the same way"
        )
        return Violation(name, Constraint.ROUNDED_VALUES, 1.0, self.reference_share, message)


def find_rounding(
    baseline: Baseline, profile: Profile, excluded_features: Collection[str] = ()
) -> Mapping[str, RoundingFinding]:
    """Columns whose values were rounded and the training data's were not.

    Args:
        baseline: Has the reference's sample.
        profile: Has the window's sample.
        excluded_features: Features that are not checked.

    Returns:
        Findings by column, the prediction as ``(prediction)``.
    """
    binnings = dict(baseline.binnings.features)
    if baseline.binnings.prediction is not None:
        binnings[PREDICTION] = baseline.binnings.prediction
    reference, current = baseline.reference.sample, profile.counts.sample
    findings = {
        name: detect_rounding(
            _finite_values(reference, position), _finite_values(current, position)
        )
        for position, (name, binning) in enumerate(binnings.items())
        if isinstance(binning, NumericBinning) and name not in excluded_features
    }
    return {name: finding for name, finding in findings.items() if finding is not None}


def detect_rounding(reference: Floats, current: Floats) -> RoundingFinding | None:
    """The coarsest grid that the current values were rounded to, and the reference's were not.

    A step is preferred to significant digits unless it explains less.

    Args:
        reference: Finite values float64[n].
        current: Finite values float64[m].
    """
    if min(len(reference), len(current)) < MIN_SAMPLED or current.min() == current.max():
        return None
    by_step, by_digits = (
        _find_coarsest(grids, reference, current) for grids in (STEP_GRIDS, DIGIT_GRIDS)
    )
    if not by_step or not by_digits:
        return by_step or by_digits
    if by_digits.reference_share < by_step.reference_share - MIN_OFF_GRID_SHARE:
        return by_digits
    return by_step


def _is_relevant(rounding_grid: RoundingGrid, values: Floats) -> bool:
    """Whether the step is large enough, compared with the standard deviation of the values."""
    low, high = np.quantile(values, (0.25, 0.75))
    spread = float(high - low) / NORMAL_QUARTILES or float(np.std(values))
    step = float(np.median(rounding_grid.spacing(values[values != 0])))
    return step >= MIN_RELEVANT_STEP * spread


def _find_coarsest(
    rounding_grids: Sequence[RoundingGrid], reference: Floats, current: Floats
) -> RoundingFinding | None:
    allowed = MAX_STRAY_SHARE * len(current)
    for rounding_grid in rounding_grids:
        if np.count_nonzero(~rounding_grid.contains(current[:HEAD])) > allowed:
            continue  # most grids are ruled out by a few values
        if not rounding_grid.is_evident(current):
            continue
        stray = int(np.count_nonzero(~rounding_grid.contains(current)))
        if stray > allowed:
            continue
        if rounding_grid.digits is not None and not _is_coarser(rounding_grid, reference, current):
            return None
        off = float(np.mean(~rounding_grid.contains(reference)))
        if off >= MIN_OFF_GRID_SHARE and bdtr(stray, len(current), off) <= MAX_P_VALUE:
            return RoundingFinding(
                rounding_grid=rounding_grid,
                reference_share=1 - off,
                reference_grid=_own_grid(reference),
                is_relevant=_is_relevant(rounding_grid, reference),
            )
        if off < MIN_OFF_GRID_SHARE:
            return None  # as coarse as the reference; a coarser grid would have been found before
    return None


def _is_coarser(rounding_grid: RoundingGrid, reference: Floats, current: Floats) -> bool:
    """Whether significant digits are coarser than the reference's own step at most of the values.

    A window of some hours may have small values only: of 0.1 to 9.9 with one decimal, all have two
    digits.
    """
    own = _own_grid(reference)
    if own is None or own.step is None:
        return True
    spacing = rounding_grid.spacing(current[current != 0])
    return bool(np.median(spacing) > own.step * (1 + SAMPLE_TOLERANCE))


def _own_grid(values: Floats) -> RoundingGrid | None:
    return next(
        (grid for grid in STEP_GRIDS if grid.is_evident(values) and grid.contains(values).all()),
        None,
    )


def _finite_values(sample: BottomKSample, position: int) -> Floats:
    column = sample.values[:, position].astype(np.float64)
    return column[np.isfinite(column) & (np.abs(column) < np.finfo(np.float32).max)]
