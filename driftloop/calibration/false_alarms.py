"""How often the rule would speak where nothing has changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np

from driftloop.backtest.replay import alarm_transitions
from driftloop.calibration.population import Population, population_of
from driftloop.capture import LineCounts
from driftloop.comparison import compare_profile
from driftloop.detection import DriftPolicy, Verdict, detect_drift
from driftloop.detection.decision_rule import PREDICTION_KEY
from driftloop.detection.exclusions import excluded_features
from driftloop.detection.verdict import DRIFTED, SHIFTED, STABLE
from driftloop.profile import Baseline, Profile
from driftloop.profile.bottom_k_sample import empty_sample
from driftloop.profile.record_counts import RecordCounts
from driftloop.quality import QualityResult
from driftloop.seasonality.adjustments import DAY_HOURS

MONTH = 720
"""Windows of a month of hours."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Counts over ``months`` months of ``MONTH`` windows each, of which ``windows`` were judged.

    ``significant_windows`` windows have any column shifted or drifted, ``drifted`` ones have the
    verdict;
    ``alarms`` are changes into ALARM as :func:`alarms` counts them.
    """

    simulated_months: int
    simulated_windows: int
    significant: int
    drifted: int
    alarms: int

    def __add__(self, other: "FalseAlarms") -> "FalseAlarms":
        return FalseAlarms(
            simulated_months=self.simulated_months + other.simulated_months,
            simulated_windows=self.simulated_windows + other.simulated_windows,
            significant=self.significant + other.significant,
            drifted=self.drifted + other.drifted,
            alarms=self.alarms + other.alarms,
        )


class SimulatedTraffic:
    """Windows drawn from the columns of a baseline, independently of each other."""

    def __init__(self, baseline: Baseline) -> None:
        counted, binnings = baseline.reference, baseline.binnings
        self._counted = counted
        self.features: Mapping[str, Population] = {
            name: population_of(binning, counted.features[name])
            for name, binning in binnings.features.items()
        }
        self.prediction: Population | None = None
        if binnings.prediction is not None and counted.prediction is not None:
            self.prediction = population_of(binnings.prediction, counted.prediction)

    def draw(self, random: np.random.Generator, rows: int) -> RecordCounts:
        """Counts of ``rows`` records."""
        features = {name: column.draw(random, rows) for name, column in self.features.items()}
        answers = None if self.prediction is None else self.prediction.draw(random, rows)
        return replace(
            self._counted,
            records=rows,
            features=features,
            prediction=answers,
            sample=empty_sample(self._counted.sample.values.shape[1]),
        )


def simulate_month_without_drift(
    baseline: Baseline,
    traffic: SimulatedTraffic,
    policy: DriftPolicy,
    rates: Sequence[int],
    random: np.random.Generator,
) -> FalseAlarms:
    """A month whose windows have ``rates`` records each, in turn.

    It has a reference of its own, drawn too: to draw the windows alone would take the baseline for
    the truth, and promise fewer false alarms than there are.
    """
    drawn = replace(baseline, reference=traffic.draw(random, baseline.reference_records))
    verdicts: list[Verdict] = []
    drifted_days: list[int] = []
    for day in range(MONTH // DAY_HOURS):
        windows = range(day * DAY_HOURS, (day + 1) * DAY_HOURS)
        counted = [traffic.draw(random, rates[window % len(rates)]) for window in windows]
        verdicts += [_verdict(drawn, window, policy) for window in counted]
        if _verdict(drawn, reduce(add, counted), policy).verdict == DRIFTED:
            drifted_days.append(day)
    judged = [verdict for verdict in verdicts if verdict.verdict in (STABLE, DRIFTED)]
    return FalseAlarms(
        simulated_months=1,
        simulated_windows=len(judged),
        significant=sum(map(has_significant_change, judged)),
        drifted=sum(verdict.verdict == DRIFTED for verdict in judged),
        alarms=alarms([_drifted(verdict) for verdict in verdicts], drifted_days, policy),
    )


def has_significant_change(verdict: Verdict) -> bool:
    """Whether any column, the prediction included, was shifted or drifted."""
    columns = [*verdict.features.values(), *([verdict.prediction] if verdict.prediction else [])]
    return any(column.status in (SHIFTED, DRIFTED) for column in columns)


def alarms(
    windows: Sequence[Collection[str] | None], drifted_days: Collection[int], policy: DriftPolicy
) -> int:
    """Changes into ALARM: the same column in M of the last N judged windows, or a drifted day.

    ``windows`` hold each hour's drifted columns, None where it was not judged.
    """
    closing = {(day + 1) * DAY_HOURS - 1 for day in drifted_days}
    return alarm_transitions(dict(enumerate(windows)), closing, policy)


def _drifted(verdict: Verdict) -> list[str] | None:
    if verdict.verdict not in (STABLE, DRIFTED):
        return None
    columns = {**verdict.features, PREDICTION_KEY: verdict.prediction}
    return [name for name, column in columns.items() if column and column.status == DRIFTED]


def _verdict(baseline: Baseline, counted: RecordCounts, policy: DriftPolicy) -> Verdict:
    profile = Profile(baseline.fingerprint, LineCounts(), counted)
    scores = compare_profile(
        baseline, profile, excluded_features=excluded_features(baseline, policy)
    )
    return detect_drift(scores, QualityResult((), None, 0, {}), policy)
