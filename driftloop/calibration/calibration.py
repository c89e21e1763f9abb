"""The whole calibration: false alarms of the rule, then what it catches, feature by feature."""

from collections.abc import Callable

import numpy as np

from driftloop.calibration.backtest_power import backtest_training_weeks
from driftloop.calibration.false_alarms import (
    FalseAlarms,
    SimulatedTraffic,
    simulate_month_without_drift,
)
from driftloop.calibration.power import POWER, DetectableChange, minimum_detectable_changes
from driftloop.calibration.result import AlarmRate, Calibration, WindowShare
from driftloop.detection import DriftPolicy
from driftloop.detection.exclusions import excluded_features
from driftloop.errors import InputError
from driftloop.profile import Baseline
from driftloop.seasonality.hourly_counts import PREDICTION

NOTE = (
    "Simulated: records are drawn from the baseline, independently of each other and column by"
    " column; the test of correlations is left out. Repeated users, cycles and"
    " trends of real traffic raise more alarms than this."
)

Step = Callable[[str], None]


def calibrate(
    baseline: Baseline,
    policy: DriftPolicy,
    *,
    rate: int,
    months: int,
    model: str = "model",
    step: Step = lambda _: None,
) -> Calibration:
    """Measure the rule on draws from the baseline, seeded by it.

    Args:
        baseline: The baseline of the model; it is the population that windows are drawn from.
        policy: What counts as drift.
        rate: Records per window.
        months: Months of 720 windows without drift to simulate.
        model: The model's name, for the result.
        step: Called with what was just done, ``steps(baseline, months)`` times.

    Returns:
        The same result for the same arguments.

    Raises:
        InputError: Windows of ``rate`` records would never be tested, or ``months`` is below 1.
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
    return Calibration(
        model=model,
        policy=policy,
        reference_records=baseline.reference_records,
        records_per_window=rate,
        simulated_months=quiet.simulated_months,
        simulated_windows=quiet.simulated_windows,
        significant_windows=WindowShare.from_count(quiet.significant, quiet.simulated_windows),
        drifted_windows=WindowShare.from_count(quiet.drifted, quiet.simulated_windows),
        alarms_per_month=AlarmRate.from_count(quiet.alarms, quiet.simulated_months),
        power=POWER,
        minimum_detectable_changes=tuple(caught),
        backtest=weeks,
        notes=(NOTE,),
    )


def steps(baseline: Baseline, months: int) -> int:
    """How many steps :func:`calibrate` takes."""
    features = len(baseline.binnings.features)
    return months + features + (features if baseline.seasonality_bytes is not None else 0)
