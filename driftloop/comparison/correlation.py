"""Changes of correlations between numeric features, from the samples that profiles keep."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from driftloop.comparison.reference import PairedColumns
from driftloop.metrics.correlation_change import MIN_PAIR_RECORDS, correlation_change
from driftloop.profile.numeric.counts import NumericBinning
from driftloop.seasonality.adjustments import DAY_HOURS, NO_ADJUSTMENT
from driftloop.seasonality.hour_of_week import HourOfWeekProfile

Floats = NDArray[np.float64]

QUINTILES = 5


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
    def effect_size(self) -> float:
        """The absolute change of the correlation, 0 to 2."""
        return abs(self.current - self.reference)


def compare_correlations(
    columns: PairedColumns, excluded_features: Collection[str] = ()
) -> CorrelationDrift | None:
    """Test the correlations of all pairs of numeric features on the samples that profiles keep.

    With seasonality only whole days are tested: features that share a daily cycle are correlated in
    the training data, and not within a single hour.

    Args:
        columns: The window and its reference.
        excluded_features: Features that take no part.

    Returns:
        The pair with the smallest p-value; None with fewer than two numeric features, or where a
        sample has too few records.
    """
    baseline, profile, window = columns.baseline, columns.profile, columns.window
    seasonality: HourOfWeekProfile | None = None if window is None else baseline.seasonality
    if seasonality is not None and window is not None and window.hour_count < DAY_HOURS:
        return None
    positions = {
        name: position
        for position, (name, binning) in enumerate(baseline.binnings.features.items())
        if isinstance(binning, NumericBinning) and name not in excluded_features
    }
    samples = (baseline.reference.sample, profile.counts.sample)
    if len(positions) < 2 or min(map(len, samples)) < MIN_PAIR_RECORDS:
        return None
    names = list(positions)
    reference, current = (
        sample.values[:, list(positions.values())].astype(np.float64) for sample in samples
    )
    sampled_share = len(current) / max(profile.counts.records, 1)
    effects = design_effects(seasonality, names, sampled_share)
    change = correlation_change(reference, current, effects)
    if change is None:
        return None
    first, second = change.first, change.second
    return CorrelationDrift(
        pair=(names[first], names[second]),
        reference=change.reference,
        current=change.current,
        p_value=change.p_value,
        quintiles=Quintiles(
            reference=quintile_table(reference[:, first], reference[:, second]),
            current=quintile_table(current[:, first], current[:, second]),
        ),
    )


def design_effects(
    seasonality: HourOfWeekProfile | None, names: Sequence[str], sampled_share: float
) -> Floats:
    """Design effects of a day's sample, float64[columns], 1 without seasonality.

    Of the records that depend on one another only ``sampled_share`` are in the sample, so the
    excess over 1 shrinks by it (Kish, "Survey Sampling", 5.4).
    """
    adjustments = (
        {}
        if seasonality is None or seasonality.adjustments is None
        else seasonality.adjustments.day
    )
    full = np.array([adjustments.get(name, NO_ADJUSTMENT).design_effect for name in names])
    return 1 + (full - 1) * sampled_share


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
    """The quintile int64[n] of each value, 0 to 4."""
    _, positions, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle_ranks = (np.cumsum(counts) - counts / 2) / max(len(values), 1)
    quintiles = np.minimum(middle_ranks * QUINTILES, QUINTILES - 1).astype(np.int64)
    return np.asarray(quintiles[positions], dtype=np.int64)
