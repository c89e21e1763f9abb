"""Grids with fewer knots, for counts that are kept hour by hour.

A thinned grid's knots are some of the full grid's, with their very intervals, so that counting on
it is the same as counting on the full grid and adding up. All bins stay what they are. The
Kolmogorov-Smirnov distance on it falls short of the full grid's by at most the reference's largest
mass strictly between two kept knots: some 1/256 for continuous columns (reported as
``ks_max_error``),
and nothing where the column has few distinct values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from driftloop.profile.columns import Binning, ColumnCounts
from driftloop.profile.counted import Binnings, RecordCounts
from driftloop.profile.numeric import Counts, NumericBinning, NumericCounts

PREDICTION = "(prediction)"
"""The prediction among the columns."""

MAX_SPLIT_POINTS, MIN_SPLIT_POINTS = 256, 64
ALL_SPLIT_POINTS = 20_480
"""Knots of all columns together: with more than 80 columns each gets fewer, so that four weeks of
hours are some 100 MB when all of them are read at once."""


@dataclass(frozen=True, slots=True, eq=False)
class CoarseBinning:
    """A column's thinned grid; ``places`` int64[k] are its knots in the full one, None for all."""

    binning: Binning
    places: Counts | None

    def counts(self, full: ColumnCounts) -> ColumnCounts:
        """Counts on the full grid as counts on this one."""
        if self.places is None or not isinstance(full, NumericCounts):
            return full
        up_to = np.cumsum(full.counts_between[:-1] + full.counts_at)
        starts = np.append(0, up_to[self.places])
        ends = np.append(
            up_to[self.places] - full.counts_at[self.places], up_to[-1] + full.counts_between[-1]
        )
        return replace(full, counts_at=full.counts_at[self.places], counts_between=ends - starts)


def coarse_binnings(binnings: Binnings, reference: RecordCounts) -> Mapping[str, CoarseBinning]:
    """Every column by name, the prediction (where there is one) last and as ``PREDICTION``.

    The same grids and reference give the same knots.
    """
    split_points = min(
        MAX_SPLIT_POINTS, max(MIN_SPLIT_POINTS, ALL_SPLIT_POINTS // max(binnings.width, 1))
    )
    columns = {
        name: _thin(binning, reference.features[name], split_points)
        for name, binning in binnings.features.items()
    }
    if binnings.prediction is not None and reference.prediction is not None:
        columns[PREDICTION] = _thin(binnings.prediction, reference.prediction, split_points)
    return columns


def _thin(binning: Binning, reference: ColumnCounts, split_points: int) -> CoarseBinning:
    few = not isinstance(binning, NumericBinning) or len(binning.split_points) <= split_points
    if few or not isinstance(binning, NumericBinning) or not isinstance(reference, NumericCounts):
        return CoarseBinning(binning, None)
    places = _kept(binning, reference, split_points)
    fewer = replace(
        binning,
        split_points=binning.split_points[places],
        bin_edges=np.searchsorted(places, binning.bin_edges).astype(np.int64),
        is_merged=binning.is_merged[places],
        low=binning.low[places],
        high=binning.high[places],
    )
    return CoarseBinning(fewer, places)


def _kept(binning: NumericBinning, reference: NumericCounts, split_points: int) -> Counts:
    """All bin edges, the ends, and knots that cut the reference's values into equal parts."""
    up_to = np.cumsum(reference.counts_between[:-1] + reference.counts_at)
    wanted = np.arange(1, split_points) / split_points * up_to[-1]
    spread = np.clip(np.searchsorted(up_to, wanted), 0, len(binning.split_points) - 1)
    ends = np.array([0, len(binning.split_points) - 1])
    return np.unique(np.concatenate([spread, binning.bin_edges, ends])).astype(np.int64)
