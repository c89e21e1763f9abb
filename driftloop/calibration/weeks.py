"""What the training weeks say of the rule, where the baseline brings their hours along."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from driftloop.calibration.population import population_of
from driftloop.calibration.power import DetectableChange
from driftloop.calibration.replayed_power import BacktestPower
from driftloop.calibration.traffic import training_traffic
from driftloop.judge import DriftPolicy
from driftloop.judge.left_out import excluded_features
from driftloop.profile import Baseline
from driftloop.profile.allowances import NO_ADJUSTMENT, Adjustments
from driftloop.profile.rhythm import rhythm_of

NOTE = (
    "Replayed: the records of the training weeks themselves, each window compared with the same"
    " hours of the other weeks. Floors were set so that this raises no alarm; held_out_alarms"
    " counts those of each week under floors that the other weeks alone would set."
)


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """What was granted, what the replay counted, and the smallest changes that are caught then."""

    adjustments: Adjustments
    minimum_detectable_changes: tuple[DetectableChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain form."""
        granted = self.adjustments
        return {
            "window_hours": granted.window_hours,
            "replay": dict(granted.replay),
            "columns": {
                name: {"window": asdict(one), "day": asdict(granted.day[name])}
                for name, one in granted.window.items()
            },
            "minimum_detectable_changes": [
                asdict(item) for item in self.minimum_detectable_changes
            ],
            "notes": [NOTE],
        }


def backtest_training_weeks(
    baseline: Baseline, policy: DriftPolicy, step: Callable[[str], None]
) -> BacktestResult | None:
    """The training weeks under the rule; None where the baseline has none.

    ``step`` is told of each feature.
    """
    seasonality = rhythm_of(baseline)
    if seasonality is None or seasonality.adjustments is None:
        return None
    adjustments = seasonality.adjustments
    traffic = training_traffic(seasonality, adjustments.window_hours)
    replayed = BacktestPower(baseline, policy, traffic.windows)
    apart = excluded_features(baseline, policy)
    caught: list[DetectableChange] = []
    for name, binning in baseline.binnings.features.items():
        if name not in apart:
            population = population_of(binning, baseline.reference.features[name])
            caught += replayed.smallest(
                name, population, adjustments.window.get(name, NO_ADJUSTMENT)
            )
        step(f"smallest change of {name} in the training weeks")
    return BacktestResult(adjustments, tuple(caught))
