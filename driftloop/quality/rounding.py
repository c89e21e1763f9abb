"""A payload coarser than the training data: rounded to fewer decimals or significant digits.

Read off the samples that profiles keep: what is on a lattice in nearly all of the window's records
and off it in a good part of the reference's was rounded on the way. A population never does that.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from driftloop.profile import Baseline, Profile
from driftloop.profile.bottom_k_sample import BottomKSample
from driftloop.profile.numeric.counts import NumericBinning
from driftloop.profile.numeric.precision import SIGNIFICANT_DIGITS, Floats, RoundingGrid
from driftloop.quality.violations import Constraint, Violation
from driftloop.seasonality.hourly_counts import PREDICTION

FEWEST = 20
"""Sampled values of either side, without which nothing is said."""

STRAY = 0.01
"""Share of the window's values that may lie off the lattice: not all of it came the same way."""

OFF = 0.05
"""Share of the reference's values that must lie off the lattice: else rounding changes little."""

CHANCE = 1e-9
"""Probability that as few of the window's values are off it by chance: small, since every column
is held against every lattice, window by window."""

MATERIAL = 0.005
"""Least step, in standard deviations, that is told. Rounding to a smaller one moves a normal
column's distribution by at most 0.4 * 0.005 / 2 = 0.001: no verdict, on a million records."""

NORMAL_QUARTILES = 1.349
"""Standard deviations between the quartiles of a normal distribution."""

HEAD = 64

STEPS = tuple(
    RoundingGrid(step=float(f"{multiple * 10.0**exponent:.2g}"))
    for exponent in range(6, -7, -1)
    for multiple in (5, 2.5, 2, 1)
)
SIGNIFICANT = tuple(RoundingGrid(digits=digits) for digits in range(1, SIGNIFICANT_DIGITS))
"""Either from the coarsest to the finest."""


@dataclass(frozen=True, slots=True)
class RoundingFinding:
    """A window's ``rounding_grid``, on which only ``before`` (a share) of the reference's values
    lie.

    ``was`` is the reference's own step, None where it has none. ``matters`` where steps are worth
    telling; the comparison is made on them in any case, for the sake of columns of few values.
    """

    rounding_grid: RoundingGrid
    before: float
    was: RoundingGrid | None
    matters: bool

    def to_violation(self, name: str) -> Violation:
        """The finding of a column."""
        was = "finer values" if self.was is None else str(self.was)
        message = (
            f"{name}: the values are {self.rounding_grid}, and the baseline has {was}:"
            f" something rounds"
            " them on the way; compared with the baseline rounded alike"
        )
        return Violation(name, Constraint.ROUNDED_VALUES, 1.0, self.before, message)


def find_rounding(
    baseline: Baseline, profile: Profile, excluded_features: Collection[str] = ()
) -> Mapping[str, RoundingFinding]:
    """Columns that are coarser than in the training data, by name; the prediction's is
    ``(prediction)``."""
    binnings = dict(baseline.binnings.features)
    if baseline.binnings.prediction is not None:
        binnings[PREDICTION] = baseline.binnings.prediction
    before, now = baseline.reference.sample, profile.counts.sample
    found = {
        name: detect_rounding(_values(before, place), _values(now, place))
        for place, (name, binning) in enumerate(binnings.items())
        if isinstance(binning, NumericBinning) and name not in excluded_features
    }
    return {name: item for name, item in found.items() if item is not None}


def detect_rounding(reference: Floats, current: Floats) -> RoundingFinding | None:
    """The coarsest lattice that finite values float64[m] were rounded to, and float64[n] not.

    A step says more than significant digits do, unless it explains less.
    """
    if min(len(reference), len(current)) < FEWEST or current.min() == current.max():
        return None
    by_step, by_digits = (_coarsest(way, reference, current) for way in (STEPS, SIGNIFICANT))
    found = by_step or by_digits
    if by_step and by_digits and by_digits.before < by_step.before - OFF:
        found = by_digits
    return found


def _matters(rounding_grid: RoundingGrid, values: Floats) -> bool:
    """Whether the distance between neighbors is worth telling, beside the values' spread."""
    low, high = np.quantile(values, (0.25, 0.75))
    spread = float(high - low) / NORMAL_QUARTILES or float(np.std(values))
    step = float(np.median(rounding_grid.spacing(values[values != 0])))
    return step >= MATERIAL * spread


def _coarsest(
    rounding_grids: Sequence[RoundingGrid], reference: Floats, current: Floats
) -> RoundingFinding | None:
    allowed = STRAY * len(current)
    for rounding_grid in rounding_grids:
        if not rounding_grid.is_evident(current):
            continue
        if np.count_nonzero(~rounding_grid.contains(current[:HEAD])) > allowed:
            continue  # most lattices are ruled out by a few values
        stray = int(np.count_nonzero(~rounding_grid.contains(current)))
        if stray > allowed:
            continue
        off = float(np.mean(~rounding_grid.contains(reference)))
        if off >= OFF and bdtr(stray, len(current), off) <= CHANCE:
            return RoundingFinding(
                rounding_grid, 1 - off, _own(reference), _matters(rounding_grid, reference)
            )
        if off < OFF:
            return None  # as coarse as the baseline; coarser still would have been found before
    return None


def _own(values: Floats) -> RoundingGrid | None:
    return next(
        (own for own in STEPS if own.is_evident(values) and own.contains(values).all()), None
    )


def _values(sample: BottomKSample, place: int) -> Floats:
    column = sample.values[:, place].astype(np.float64)
    return column[np.isfinite(column) & (np.abs(column) < np.finfo(np.float32).max)]
