"""A calibration: false alarms of the rule, then the smallest changes that it finds, by feature."""

from collections.abc import Callable

import numpy as np

from driftloop.calibration.daily import calibrate_days, count_day_steps
from driftloop.calibration.false_alarms import (
    FalseAlarms,
    SimulatedTraffic,
    simulate_month_without_drift,
)
from driftloop.calibration.power import POWER, DetectableChange, minimum_detectable_changes
from driftloop.calibration.result import AlarmRate, Calibration, WindowShare
from driftloop.daily.stored import training_days
from driftloop.detection import DriftPolicy
from driftloop.detection.exclusions import excluded_features
from driftloop.errors import InputError
from driftloop.profile import Baseline
from driftloop.seasonality.hourly_counts import PREDICTION

NOTE = (
    "Simulated: records are drawn from the baseline, independently of each other and column by"
    " column, and correlations are not tested. Repeated users, cycles and trends of real traffic"
    " raise more alarms than this."
)

OnProgress = Callable[[str], None]


def calibrate(
    baseline: Baseline,
    policy: DriftPolicy,
    *,
    rate: int,
    months: int,
    window_hours: int = 1,
    model: str = "model",
    on_progress: OnProgress = lambda _: None,
) -> Calibration:
    """Measure the rule before there is live traffic.

    Where the baseline has training days, the daily rule decides: its days are replayed. Otherwise
    windows are drawn from the baseline, seeded by it.

    Args:
        baseline: The baseline of the model; it is the population that windows are drawn from.
        policy: What counts as drift.
        rate: Records per window.
        months: Months of 720 windows without drift to simulate.
        window_hours: Length of a window.
        model: The model's name, for the result.
        on_progress: Called with what was just done, as often as :func:`count_steps` says.

    Returns:
        The same result for the same arguments.

    Raises:
        InputError: Nothing is replayed, and windows of ``rate`` records would never be tested or
            ``months`` is below 1.
    """
    training = training_days(baseline)
    if training is not None:
        return calibrate_days(
            baseline,
            training,
            policy,
            rate=rate,
            window_hours=window_hours,
            model=model,
            on_progress=on_progress,
        )
    if rate < policy.min_records:
        raise InputError(
            f"a window of {rate:,} records never gets a verdict: monitoring.min_records is"
            f" {policy.min_records:,}; give a larger rate or longer windows, or lower the setting"
        )
    if months < 1:
        raise InputError(f"{months} months can't be simulated: give 1 or more")
    total = FalseAlarms(0, 0, 0, 0, 0)
    traffic = SimulatedTraffic(baseline)
    random = np.random.default_rng([int(baseline.fingerprint, 16), rate])
    for _ in range(months):
        total = total + simulate_month_without_drift(baseline, traffic, policy, [rate], random)
        on_progress(f"{total.simulated_windows:,} windows without drift")
    detectable: list[DetectableChange] = []
    excluded = excluded_features(baseline, policy)
    tested = [name for name in traffic.features if name not in excluded]
    tested += [] if traffic.prediction is None else [PREDICTION]
    for name, column in traffic.features.items():
        if name in excluded:
            on_progress(f"{name} is excluded")
            continue
        detectable += minimum_detectable_changes(
            name,
            column,
            records=baseline.reference_records,
            rate=rate,
            columns=tested,
            policy=policy,
        )
        on_progress(f"minimum detectable change of {name}")
    return Calibration(
        model=model,
        policy=policy,
        reference_records=baseline.reference_records,
        records_per_window=rate,
        simulated_months=total.simulated_months,
        simulated_windows=total.simulated_windows,
        significant_windows=WindowShare.from_count(total.significant, total.simulated_windows),
        drifted_windows=WindowShare.from_count(total.drifted, total.simulated_windows),
        windows_in_alarm=WindowShare.from_count(total.in_alarm, total.simulated_windows),
        alarms_per_month=AlarmRate.from_count(total.alarms, total.simulated_months),
        power=POWER,
        minimum_detectable_changes=tuple(detectable),
        notes=(NOTE,),
    )


def count_steps(baseline: Baseline, months: int) -> int:
    """How often :func:`calibrate` calls ``on_progress``."""
    training = training_days(baseline)
    if training is not None:
        return count_day_steps(training)
    return months + len(baseline.binnings.features)
