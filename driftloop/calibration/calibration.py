"""The whole calibration: false alarms of the rule, then what it catches, feature by feature."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from driftloop.calibration.backtest_power import BacktestResult, backtest_training_weeks
from driftloop.calibration.false_alarms import (
    FalseAlarms,
    SimulatedTraffic,
    simulate_month_without_drift,
)
from driftloop.calibration.power import POWER, DetectableChange, minimum_detectable_changes
from driftloop.confidence_intervals import binomial_interval, poisson_interval
from driftloop.detection import DriftPolicy
from driftloop.detection.exclusions import excluded_features
from driftloop.errors import InputError
from driftloop.profile import Baseline
from driftloop.seasonality.hourly_counts import PREDICTION

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

    reference_records: int
    records_per_window: int
    false_alarms: FalseAlarms
    minimum_detectable_changes: tuple[DetectableChange, ...]
    backtest: BacktestResult | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain form, with 95% intervals: of shares binomial, of alarms a month Poisson."""
        quiet = self.false_alarms
        return {
            "format": FORMAT,
            "reference_records": self.reference_records,
            "records_per_window": self.records_per_window,
            "months": quiet.simulated_months,
            "windows": quiet.simulated_windows,
            "significant_windows": _share(quiet.significant, quiet.simulated_windows),
            "drifted": _share(quiet.drifted, quiet.simulated_windows),
            "alarms_per_month": {
                "count": quiet.alarms,
                "mean": quiet.alarms / quiet.simulated_months,
                "interval": [
                    end / quiet.simulated_months for end in poisson_interval(quiet.alarms)
                ],
            },
            "power": POWER,
            "minimum_detectable_changes": [
                asdict(item) for item in self.minimum_detectable_changes
            ],
            "backtest": None if self.backtest is None else self.backtest.to_dict(),
            "notes": [NOTE],
        }


def calibrate(
    baseline: Baseline, policy: DriftPolicy, *, rate: int, months: int, step: Step = lambda _: None
) -> Calibration:
    """Measure the rule on draws from the baseline, seeded by it.

    ``step`` is told what was just done, ``steps(baseline, months)`` times. Raises InputError where
    windows of ``rate`` records would never be judged.
    """
    if rate < policy.min_records:
        raise InputError(
            f"a window of {rate:,} records is never judged: monitoring.min_records is"
            f" {policy.min_records:,}; give a larger rate, longer windows, or lower it"
        )
    if months < 1:
        raise InputError(f"{months} months can't be simulated: give 1 or more")
    quiet = FalseAlarms(0, 0, 0, 0, 0)
    traffic = SimulatedTraffic(baseline)
    random = np.random.default_rng([int(baseline.fingerprint, 16), rate])
    for _ in range(months):
        quiet = quiet + simulate_month_without_drift(baseline, traffic, policy, [rate], random)
        step(f"{quiet.simulated_windows:,} quiet windows")
    caught: list[DetectableChange] = []
    apart = excluded_features(baseline, policy)
    judged = [name for name in traffic.features if name not in apart]
    judged += [] if traffic.prediction is None else [PREDICTION]
    for name, column in traffic.features.items():
        if name in apart:
            step(f"{name} is left out")
            continue
        caught += minimum_detectable_changes(
            name,
            column,
            records=baseline.reference_records,
            rate=rate,
            columns=judged,
            policy=policy,
        )
        step(f"smallest change of {name}")
    weeks = backtest_training_weeks(baseline, policy, step)
    return Calibration(baseline.reference_records, rate, quiet, tuple(caught), weeks)


def steps(baseline: Baseline, months: int) -> int:
    """How many steps :func:`calibrate` takes."""
    features = len(baseline.binnings.features)
    return months + features + (features if baseline.seasonality_bytes is not None else 0)


def _share(hits: int, runs: int) -> dict[str, Any]:
    return {"count": hits, "share": hits / runs, "interval": list(binomial_interval(hits, runs))}
