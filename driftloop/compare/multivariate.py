"""How numeric features go together, by the samples that profiles keep."""

from dataclasses import dataclass

import numpy as np

from driftloop.metrics.correlation_change import LEAST, correlation_change
from driftloop.profile import Baseline, Profile
from driftloop.profile.numeric import NumericGrid


@dataclass(frozen=True, slots=True)
class PairChange:
    """The pair of features whose correlation of normal scores changed most surely.

    ``p_value`` is over all pairs (Bonferroni).
    """

    pair: tuple[str, str]
    reference: float
    current: float
    p_value: float

    @property
    def effect(self) -> float:
        """By how much the correlation changed, 0 to 2."""
        return abs(self.current - self.reference)


def compare_pairs(baseline: Baseline, profile: Profile) -> PairChange | None:
    """The surest change; None with fewer than two numeric features or too small a sample."""
    features = list(baseline.grids.features.items())
    places = [place for place, (_, grid) in enumerate(features) if isinstance(grid, NumericGrid)]
    before, now = baseline.reference.sample, profile.counted.sample
    if len(places) < 2 or min(len(before), len(now)) < LEAST:
        return None
    found = correlation_change(
        before.values[:, places].astype(np.float64), now.values[:, places].astype(np.float64)
    )
    if found is None:
        return None
    names = [features[places[column]][0] for column in (found.first, found.second)]
    return PairChange((names[0], names[1]), found.reference, found.current, found.p_value)
