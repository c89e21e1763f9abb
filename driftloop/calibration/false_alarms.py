"""How often the rule would speak where nothing has changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np

from driftloop.calibration.alarm_changes import changes_into_alarm
from driftloop.calibration.population import Population, population_of
from driftloop.capture import Tally
from driftloop.compare import compare
from driftloop.judge import Policy, Verdict, judge
from driftloop.judge.left_out import left_out
from driftloop.judge.rule import PREDICTION_KEY
from driftloop.judge.verdict import DRIFTED, SHIFTED, STABLE
from driftloop.profile import Baseline, Profile
from driftloop.profile.allowances import DAY_HOURS
from driftloop.profile.counted import Counted
from driftloop.profile.sample import empty_sample
from driftloop.quality import Quality

MONTH = 720
"""Windows of a month of hours."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Counts over ``months`` months of ``MONTH`` windows each, of which ``windows`` were judged.

    ``flagged`` windows have any column shifted or drifted, ``drifted`` ones have the verdict;
    ``alarms`` are changes into ALARM as :func:`alarms` counts them.
    """

    months: int
    windows: int
    flagged: int
    drifted: int
    alarms: int

    def __add__(self, other: "FalseAlarms") -> "FalseAlarms":
        return FalseAlarms(
            months=self.months + other.months,
            windows=self.windows + other.windows,
            flagged=self.flagged + other.flagged,
            drifted=self.drifted + other.drifted,
            alarms=self.alarms + other.alarms,
        )


class Traffic:
    """Windows drawn from the columns of a baseline, independently of each other."""

    def __init__(self, baseline: Baseline) -> None:
        counted, grids = baseline.reference, baseline.grids
        self._counted = counted
        self.features: Mapping[str, Population] = {
            name: population_of(grid, counted.features[name])
            for name, grid in grids.features.items()
        }
        self.prediction: Population | None = None
        if grids.prediction is not None and counted.prediction is not None:
            self.prediction = population_of(grids.prediction, counted.prediction)

    def draw(self, random: np.random.Generator, rows: int) -> Counted:
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


def quiet_month(
    baseline: Baseline,
    traffic: Traffic,
    policy: Policy,
    rates: Sequence[int],
    random: np.random.Generator,
) -> FalseAlarms:
    """A month whose windows have ``rates`` records each, in turn.

    It has a reference of its own, drawn too: to draw the windows alone would take the baseline for
    the truth, and promise fewer false alarms than there are.
    """
    drawn = replace(baseline, reference=traffic.draw(random, baseline.records))
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
        months=1,
        windows=len(judged),
        flagged=sum(map(is_flagged, judged)),
        drifted=sum(verdict.verdict == DRIFTED for verdict in judged),
        alarms=alarms([_drifted(verdict) for verdict in verdicts], drifted_days, policy),
    )


def is_flagged(verdict: Verdict) -> bool:
    """Whether any column, the prediction included, was shifted or drifted."""
    columns = [*verdict.features.values(), *([verdict.prediction] if verdict.prediction else [])]
    return any(column.status in (SHIFTED, DRIFTED) for column in columns)


def alarms(
    windows: Sequence[Collection[str] | None], drifted_days: Collection[int], policy: Policy
) -> int:
    """Changes into ALARM: the same column in M of the last N judged windows, or a drifted day.

    ``windows`` hold each hour's drifted columns, None where it was not judged.
    """
    closing = {(day + 1) * DAY_HOURS - 1 for day in drifted_days}
    return changes_into_alarm(dict(enumerate(windows)), closing, policy)


def _drifted(verdict: Verdict) -> list[str] | None:
    if verdict.verdict not in (STABLE, DRIFTED):
        return None
    columns = {**verdict.features, PREDICTION_KEY: verdict.prediction}
    return [name for name, column in columns.items() if column and column.status == DRIFTED]


def _verdict(baseline: Baseline, counted: Counted, policy: Policy) -> Verdict:
    profile = Profile(baseline.fingerprint, Tally(), counted)
    scores = compare(baseline, profile, left_out=left_out(baseline, policy))
    return judge(scores, Quality((), None, 0, {}), policy)
