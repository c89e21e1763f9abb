"""How numeric features go together, by the samples that profiles keep.

How two numeric columns go together, free of how each lies: shares by fifths of either.
"""

from collections.abc import Collection
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.metrics.correlation_change import MIN_PAIR_RECORDS, correlation_change
from driftloop.profile import Baseline, Profile
from driftloop.profile.numeric.counts import NumericBinning
from driftloop.seasonality.adjustments import DAY_HOURS, NO_ADJUSTMENT
from driftloop.seasonality.hour_of_week import HourOfWeekProfile
from driftloop.window import Window


class QuintileShares(msgspec.Struct, frozen=True, kw_only=True):
    """Shares float[5][5] of ``records`` with both values, by quintile of the first feature (rows,
    low to high) and of the second (columns)."""

    records: int
    shares: tuple[tuple[float, ...], ...]


class Quintiles(msgspec.Struct, frozen=True, kw_only=True):
    """The quintile tables of both sides, each by its own quintiles."""

    reference: QuintileShares
    current: QuintileShares


@dataclass(frozen=True, slots=True)
class CorrelationDrift:
    """The pair of features whose correlation of normal scores has the most significant change.

    ``p_value`` is over all pairs (Bonferroni).
    """

    pair: tuple[str, str]
    reference: float
    current: float
    p_value: float
    quintiles: Quintiles

    @property
    def effect(self) -> float:
        """By how much the correlation changed, 0 to 2."""
        return abs(self.current - self.reference)


def compare_correlations(
    baseline: Baseline,
    profile: Profile,
    window: Window | None = None,
    excluded_features: Collection[str] = (),
) -> CorrelationDrift | None:
    """The surest change; None with fewer than two numeric features or too small a sample.

    Where the baseline brings a rhythm along, only whole days are tested: a cycle that two features
    share is a correlation in the training data, and none within a single hour.
    """
    seasonality: HourOfWeekProfile | None = None if window is None else baseline.seasonality
    hours = 0 if window is None else window.hour_count
    if seasonality is not None and hours < DAY_HOURS:
        return None
    features = list(baseline.binnings.features.items())
    places = [
        place
        for place, (name, binning) in enumerate(features)
        if isinstance(binning, NumericBinning) and name not in excluded_features
    ]
    before, now = baseline.reference.sample, profile.counts.sample
    if len(places) < 2 or min(len(before), len(now)) < MIN_PAIR_RECORDS:
        return None
    sides = [side.values[:, places].astype(np.float64) for side in (before, now)]
    share = len(now) / max(profile.counts.records, 1)
    effects = _design_effects(seasonality, [features[place][0] for place in places], share)
    found = correlation_change(sides[0], sides[1], effects)
    if found is None:
        return None
    first, second = found.first, found.second
    return CorrelationDrift(
        pair=(features[places[first]][0], features[places[second]][0]),
        reference=found.reference,
        current=found.current,
        p_value=found.p_value,
        quintiles=Quintiles(
            reference=quintile_table(sides[0][:, first], sides[0][:, second]),
            current=quintile_table(sides[1][:, first], sides[1][:, second]),
        ),
    )


def _design_effects(
    seasonality: HourOfWeekProfile | None, names: list[str], share: float
) -> NDArray[np.float64]:
    """Of a day's sample float64[columns]: of the records that depend on one, only ``share`` were
    kept beside it, so that the excess over 1 is as much smaller (Kish, "Survey Sampling", 5.4)."""
    granted = (
        {}
        if seasonality is None or seasonality.adjustments is None
        else seasonality.adjustments.day
    )
    whole = np.array([granted.get(name, NO_ADJUSTMENT).design_effect for name in names])
    return 1 + (whole - 1) * share


QUINTILES = 5

Floats = NDArray[np.float64]


def quintile_table(first: Floats, second: Floats) -> QuintileShares:
    """Count records by quintile of either feature.

    Both are float64[n], NaN where a value is missing. Quintiles are of the side's own records, ties
    by their middle rank: features that are not correlated have about 4% in every cell.
    """
    both = ~(np.isnan(first) | np.isnan(second))
    records = int(np.count_nonzero(both))
    cells = _quintile(first[both]) * QUINTILES + _quintile(second[both])
    counts = np.bincount(cells, minlength=QUINTILES**2).reshape(QUINTILES, QUINTILES)
    shares = (counts / max(records, 1)).tolist()
    return QuintileShares(records=records, shares=tuple(map(tuple, shares)))


def _quintile(values: Floats) -> NDArray[np.int64]:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / max(len(values), 1)
    found: NDArray[np.int64] = np.minimum(middle * QUINTILES, QUINTILES - 1).astype(np.int64)[
        places
    ]
    return found
