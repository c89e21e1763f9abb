"""Grids with fewer knots, for counts that are kept hour by hour.

A thinned grid's knots are some of the full grid's, with their very intervals, so that counting on
it is the same as counting on the full grid and adding up. All bins stay what they are. The
Kolmogorov-Smirnov distance on it falls short of the full grid's by at most the reference's largest
mass strictly between two kept knots: some 1/256 for continuous columns (reported as ``ks_error``),
and nothing where the column has few distinct values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from driftloop.profile.columns import ColumnCounts, Grid
from driftloop.profile.counted import Counted, Grids
from driftloop.profile.numeric import Counts, NumericCounts, NumericGrid

PREDICTION = "(prediction)"
"""The prediction among the columns."""

MOST_KNOTS, FEWEST_KNOTS = 256, 64
KNOTS_OF_ALL = 20_480
"""Knots of all columns together: with more than 80 columns each gets fewer, so that four weeks of
hours are some 100 MB when all of them are read at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Thinned:
    """A column's thinned grid; ``places`` int64[k] are its knots in the full one, None for all."""

    grid: Grid
    places: Counts | None

    def counts(self, full: ColumnCounts) -> ColumnCounts:
        """Counts on the full grid as counts on this one."""
        if self.places is None or not isinstance(full, NumericCounts):
            return full
        up_to = np.cumsum(full.between[:-1] + full.at)
        starts = np.append(0, up_to[self.places])
        ends = np.append(up_to[self.places] - full.at[self.places], up_to[-1] + full.between[-1])
        return replace(full, at=full.at[self.places], between=ends - starts)


def thinned(grids: Grids, reference: Counted) -> Mapping[str, Thinned]:
    """Every column by name, the prediction (where there is one) last and as ``PREDICTION``.

    The same grids and reference give the same knots.
    """
    knots = min(MOST_KNOTS, max(FEWEST_KNOTS, KNOTS_OF_ALL // max(grids.width, 1)))
    columns = {
        name: _thin(grid, reference.features[name], knots) for name, grid in grids.features.items()
    }
    if grids.prediction is not None and reference.prediction is not None:
        columns[PREDICTION] = _thin(grids.prediction, reference.prediction, knots)
    return columns


def _thin(grid: Grid, reference: ColumnCounts, knots: int) -> Thinned:
    few = not isinstance(grid, NumericGrid) or len(grid.knots) <= knots
    if few or not isinstance(grid, NumericGrid) or not isinstance(reference, NumericCounts):
        return Thinned(grid, None)
    places = _kept(grid, reference, knots)
    fewer = replace(
        grid,
        knots=grid.knots[places],
        edges=np.searchsorted(places, grid.edges).astype(np.int64),
        merged=grid.merged[places],
        low=grid.low[places],
        high=grid.high[places],
    )
    return Thinned(fewer, places)


def _kept(grid: NumericGrid, reference: NumericCounts, knots: int) -> Counts:
    """All bin edges, the ends, and knots that cut the reference's values into equal parts."""
    up_to = np.cumsum(reference.between[:-1] + reference.at)
    wanted = np.arange(1, knots) / knots * up_to[-1]
    spread = np.clip(np.searchsorted(up_to, wanted), 0, len(grid.knots) - 1)
    ends = np.array([0, len(grid.knots) - 1])
    return np.unique(np.concatenate([spread, grid.edges, ends])).astype(np.int64)
