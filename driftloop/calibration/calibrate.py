"""The whole calibration: false alarms of the rule, then what it catches, feature by feature."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from driftloop.calibration.false_alarms import FalseAlarms, Traffic, quiet_month
from driftloop.calibration.power import POWER, Caught, smallest_caught
from driftloop.calibration.weeks import Weeks, weigh_weeks
from driftloop.errors import InputError
from driftloop.intervals import binomial_interval, poisson_interval
from driftloop.judge import Policy
from driftloop.judge.left_out import left_out
from driftloop.profile import Baseline
from driftloop.profile.thinned import PREDICTION

FORMAT = 1
NOTE = (
    "Simulated: records are drawn from the baseline, independently of each other and column by"
    " column; the test of correlations is left out. Repeated users, cycles and"
    " trends of real traffic raise more alarms than this."
)

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured at ``rate`` records a window; the same inputs give the same numbers."""

    records: int
    rate: int
    false_alarms: FalseAlarms
    caught: tuple[Caught, ...]
    weeks: Weeks | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain form, with 95% intervals: of shares binomial, of alarms a month Poisson."""
        quiet = self.false_alarms
        return {
            "format": FORMAT,
            "baseline_records": self.records,
            "records_per_window": self.rate,
            "months": quiet.months,
            "windows": quiet.windows,
            "flagged": _share(quiet.flagged, quiet.windows),
            "drifted": _share(quiet.drifted, quiet.windows),
            "alarms_per_month": {
                "count": quiet.alarms,
                "mean": quiet.alarms / quiet.months,
                "interval": [end / quiet.months for end in poisson_interval(quiet.alarms)],
            },
            "power": POWER,
            "smallest_caught": [asdict(item) for item in self.caught],
            "training_weeks": None if self.weeks is None else self.weeks.to_dict(),
            "notes": [NOTE],
        }


def calibrate(
    baseline: Baseline, policy: Policy, *, rate: int, months: int, step: Step = lambda _: None
) -> Calibration:
    """Measure the rule on draws from the baseline, seeded by it.

    ``step`` is told what was just done, ``steps(baseline, months)`` times. Raises InputError where
    windows of ``rate`` records would never be judged.
    """
    if rate < policy.minimum_records:
        raise InputError(
            f"a window of {rate:,} records is never judged: monitoring.minimum_records is"
            f" {policy.minimum_records:,}; give a larger rate, longer windows, or lower it"
        )
    if months < 1:
        raise InputError(f"{months} months can't be simulated: give 1 or more")
    quiet = FalseAlarms(0, 0, 0, 0, 0)
    traffic = Traffic(baseline)
    random = np.random.default_rng([int(baseline.fingerprint, 16), rate])
    for _ in range(months):
        quiet = quiet + quiet_month(baseline, traffic, policy, [rate], random)
        step(f"{quiet.windows:,} quiet windows")
    caught: list[Caught] = []
    apart = left_out(baseline, policy)
    judged = [name for name in traffic.features if name not in apart]
    judged += [] if traffic.prediction is None else [PREDICTION]
    for name, column in traffic.features.items():
        if name in apart:
            step(f"{name} is left out")
            continue
        caught += smallest_caught(
            name,
            column,
            records=baseline.records,
            rate=rate,
            columns=judged,
            policy=policy,
        )
        step(f"smallest change of {name}")
    weeks = weigh_weeks(baseline, policy, step)
    return Calibration(baseline.records, rate, quiet, tuple(caught), weeks)


def steps(baseline: Baseline, months: int) -> int:
    """How many steps :func:`calibrate` takes."""
    features = len(baseline.grids.features)
    return months + features + (features if baseline.rhythm is not None else 0)


def _share(hits: int, runs: int) -> dict[str, Any]:
    return {"count": hits, "share": hits / runs, "interval": list(binomial_interval(hits, runs))}
