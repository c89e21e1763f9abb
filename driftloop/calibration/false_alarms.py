"""False alarms: how often the rule raises an alarm in simulated traffic without drift."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np

from driftloop.backtest.replay import AlarmState, alarm_state
from driftloop.calibration.population import Population
from driftloop.capture import LineCounts
from driftloop.comparison import compare_profile, pair_with_reference
from driftloop.detection import DriftPolicy, Verdict, detect_drift
from driftloop.detection.decision_rule import PREDICTION_KEY
from driftloop.detection.exclusions import excluded_features
from driftloop.detection.verdict import ColumnStatus, WindowVerdict
from driftloop.profile import Baseline, Profile
from driftloop.profile.bottom_k_sample import empty_sample
from driftloop.profile.record_counts import RecordCounts
from driftloop.quality import QualityResult
from driftloop.seasonality.adjustments import DAY_HOURS

MONTH = 720
"""Hourly windows of a month."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Counts over ``simulated_months`` of ``MONTH`` windows each.

    ``simulated_windows`` had enough records. ``significant`` windows have any column with a
    significant change, ``drifted`` ones have that verdict. ``alarms`` are transitions into ALARM
    and ``in_alarm`` the windows in ALARM, as :func:`follow_alarm` counts them.
    """

    simulated_months: int
    simulated_windows: int
    significant: int
    drifted: int
    alarms: int
    in_alarm: int = 0

    def __add__(self, other: "FalseAlarms") -> "FalseAlarms":
        return FalseAlarms(
            simulated_months=self.simulated_months + other.simulated_months,
            simulated_windows=self.simulated_windows + other.simulated_windows,
            significant=self.significant + other.significant,
            drifted=self.drifted + other.drifted,
            alarms=self.alarms + other.alarms,
            in_alarm=self.in_alarm + other.in_alarm,
        )


class SimulatedTraffic:
    """Windows drawn from the columns of a baseline, independently of each other."""

    def __init__(self, baseline: Baseline) -> None:
        reference, binnings = baseline.reference, baseline.binnings
        self._reference = reference
        self.features: Mapping[str, Population] = {
            name: Population.from_counts(binning, reference.features[name])
            for name, binning in binnings.features.items()
        }
        self.prediction: Population | None = None
        if binnings.prediction is not None and reference.prediction is not None:
            self.prediction = Population.from_counts(binnings.prediction, reference.prediction)

    def draw(self, random: np.random.Generator, records: int) -> RecordCounts:
        """Counts of so many records, without a sample: correlations are not simulated."""
        features = {name: column.draw(random, records) for name, column in self.features.items()}
        prediction = None if self.prediction is None else self.prediction.draw(random, records)
        return replace(
            self._reference,
            records=records,
            features=features,
            prediction=prediction,
            sample=empty_sample(self._reference.sample.values.shape[1]),
        )


def simulate_month_without_drift(
    baseline: Baseline,
    traffic: SimulatedTraffic,
    policy: DriftPolicy,
    rates: Sequence[int],
    random: np.random.Generator,
) -> FalseAlarms:
    """Simulate a month.

    The reference is drawn too: drawing the windows alone would take the baseline for the true
    distribution, and give fewer false alarms than there are.

    Args:
        baseline: Has the binnings, the excluded features and the number of reference records.
        traffic: The populations to draw from.
        policy: Settings of the rule.
        rates: Records of the windows, in turn.
        random: Source of the draws.
    """
    drawn = replace(baseline, reference=traffic.draw(random, baseline.reference_records))
    verdicts: list[Verdict] = []
    drifted_days: list[int] = []
    for day in range(MONTH // DAY_HOURS):
        windows = range(day * DAY_HOURS, (day + 1) * DAY_HOURS)
        counts = [traffic.draw(random, rates[window % len(rates)]) for window in windows]
        verdicts += [_verdict(drawn, window, policy) for window in counts]
        if _verdict(drawn, reduce(add, counts), policy).verdict == WindowVerdict.DRIFTED:
            drifted_days.append(day)
    conclusive = [verdict for verdict in verdicts if verdict.verdict.is_conclusive]
    alarm = follow_alarm([_drifted(verdict) for verdict in verdicts], drifted_days, policy)
    return FalseAlarms(
        simulated_months=1,
        simulated_windows=len(conclusive),
        significant=sum(map(has_significant_change, conclusive)),
        drifted=sum(verdict.verdict == WindowVerdict.DRIFTED for verdict in conclusive),
        alarms=alarm.transitions,
        in_alarm=alarm.windows,
    )


def has_significant_change(verdict: Verdict) -> bool:
    """Whether any column, the prediction included, has a significant change."""
    columns = [*verdict.features.values(), *([verdict.prediction] if verdict.prediction else [])]
    return any(column.status.is_significant for column in columns)


def follow_alarm(
    windows: Sequence[Collection[str] | None], drifted_days: Collection[int], policy: DriftPolicy
) -> AlarmState:
    """Follow the alarm: a column in M of the last N analyzed windows, or a drifted day.

    Args:
        windows: Drifted columns of each hour; None where it had too few records.
        drifted_days: Numbers of the drifted days, from 0.
        policy: Has M and N.
    """
    closing = {(day + 1) * DAY_HOURS - 1 for day in drifted_days}
    return alarm_state(dict(enumerate(windows)), closing, policy)


def _drifted(verdict: Verdict) -> list[str] | None:
    if not verdict.verdict.is_conclusive:
        return None
    columns = {**verdict.features, PREDICTION_KEY: verdict.prediction}
    return [
        name for name, column in columns.items() if column and column.status == ColumnStatus.DRIFTED
    ]


def _verdict(baseline: Baseline, counts: RecordCounts, policy: DriftPolicy) -> Verdict:
    profile = Profile(baseline.fingerprint, LineCounts(), counts)
    columns = pair_with_reference(baseline, profile)
    comparison = compare_profile(columns, excluded_features(baseline, policy), metrics=())
    return detect_drift(comparison, QualityResult((), None, 0, {}), policy)
