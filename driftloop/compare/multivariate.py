"""How numeric features go together, by the samples that profiles keep."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftloop.compare.fifths import fifths
from driftloop.metrics.correlation_change import LEAST, correlation_change
from driftloop.profile import Baseline, Profile
from driftloop.profile.allowances import DAY_HOURS, NONE
from driftloop.profile.numeric import NumericGrid
from driftloop.profile.rhythm import Rhythm, rhythm_of
from driftloop.window import Window


@dataclass(frozen=True, slots=True)
class PairChange:
    """The pair of features whose correlation of normal scores changed most surely.

    ``p_value`` is over all pairs (Bonferroni). ``fifths`` shows ``baseline`` and ``current`` as
    :func:`driftloop.compare.fifths.fifths` gives them.
    """

    pair: tuple[str, str]
    reference: float
    current: float
    p_value: float
    fifths: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def effect(self) -> float:
        """By how much the correlation changed, 0 to 2."""
        return abs(self.current - self.reference)


def compare_pairs(
    baseline: Baseline,
    profile: Profile,
    window: Window | None = None,
    left_out: Collection[str] = (),
) -> PairChange | None:
    """The surest change; None with fewer than two numeric features or too small a sample.

    Where the baseline brings a rhythm along, only whole days are tested: a cycle that two features
    share is a correlation in the training data, and none within a single hour.
    """
    rhythm = None if window is None else rhythm_of(baseline)
    hours = 0 if window is None else window.hour_count
    if rhythm is not None and hours < DAY_HOURS:
        return None
    features = list(baseline.grids.features.items())
    places = [
        place
        for place, (name, grid) in enumerate(features)
        if isinstance(grid, NumericGrid) and name not in left_out
    ]
    before, now = baseline.reference.sample, profile.counted.sample
    if len(places) < 2 or min(len(before), len(now)) < LEAST:
        return None
    sides = [side.values[:, places].astype(np.float64) for side in (before, now)]
    share = len(now) / max(profile.counted.records, 1)
    effects = _design_effects(rhythm, [features[place][0] for place in places], share)
    found = correlation_change(sides[0], sides[1], effects)
    if found is None:
        return None
    first, second = found.first, found.second
    return PairChange(
        pair=(features[places[first]][0], features[places[second]][0]),
        reference=found.reference,
        current=found.current,
        p_value=found.p_value,
        fifths={
            name: fifths(side[:, first], side[:, second])
            for name, side in zip(("baseline", "current"), sides, strict=True)
        },
    )


def _design_effects(rhythm: Rhythm | None, names: list[str], share: float) -> NDArray[np.float64]:
    """Of a day's sample float64[columns]: of the records that depend on one, only ``share`` were
    kept beside it, so that the excess over 1 is as much smaller (Kish, "Survey Sampling", 5.4)."""
    granted = {} if rhythm is None or rhythm.allowances is None else rhythm.allowances.day
    whole = np.array([granted.get(name, NONE).design_effect for name in names])
    return 1 + (whole - 1) * share
