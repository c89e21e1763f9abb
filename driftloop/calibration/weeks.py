"""What the training weeks say of the rule, where the baseline brings their hours along."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from driftloop.calibration.population import population_of
from driftloop.calibration.power import Caught
from driftloop.calibration.replayed_power import ReplayedPower
from driftloop.calibration.traffic import training_traffic
from driftloop.judge import Policy
from driftloop.judge.left_out import left_out
from driftloop.profile import Baseline
from driftloop.profile.allowances import NONE, Allowances
from driftloop.profile.rhythm import rhythm_of

NOTE = (
    "Replayed: the records of the training weeks themselves, each window compared with the same"
    " hours of the other weeks. Floors were set so that this raises no alarm; alarms_held_out"
    " counts those of each week under floors that the other weeks alone would set."
)


@dataclass(frozen=True, slots=True)
class Weeks:
    """What was granted, what the replay counted, and the smallest changes that are caught then."""

    allowances: Allowances
    caught: tuple[Caught, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain form."""
        granted = self.allowances
        return {
            "window_hours": granted.window_hours,
            "replay": dict(granted.replay),
            "columns": {
                name: {"window": asdict(one), "day": asdict(granted.day[name])}
                for name, one in granted.window.items()
            },
            "smallest_caught": [asdict(item) for item in self.caught],
            "notes": [NOTE],
        }


def weigh_weeks(baseline: Baseline, policy: Policy, step: Callable[[str], None]) -> Weeks | None:
    """The training weeks under the rule; None where the baseline has none.

    ``step`` is told of each feature.
    """
    rhythm = rhythm_of(baseline)
    if rhythm is None or rhythm.allowances is None:
        return None
    allowances = rhythm.allowances
    traffic = training_traffic(rhythm, allowances.window_hours)
    replayed = ReplayedPower(baseline, policy, traffic.windows)
    apart = left_out(baseline, policy)
    caught: list[Caught] = []
    for name, grid in baseline.grids.features.items():
        if name not in apart:
            population = population_of(grid, baseline.reference.features[name])
            caught += replayed.smallest(name, population, allowances.window.get(name, NONE))
        step(f"smallest change of {name} in the training weeks")
    return Weeks(allowances, tuple(caught))
