"""How often the rule would speak where nothing has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from driftloop.calibration.population import Population, population_of
from driftloop.capture import Tally
from driftloop.compare import compare
from driftloop.judge import Policy, Verdict, judge
from driftloop.judge.left_out import left_out
from driftloop.judge.verdict import DRIFTED, SHIFTED, STABLE
from driftloop.profile import Baseline, Profile
from driftloop.profile.counted import Counted
from driftloop.profile.sample import empty_sample
from driftloop.quality import Quality

MONTH = 720
"""Windows of a month of hours."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Counts over ``months`` months of ``MONTH`` windows each, of which ``windows`` were judged.

    ``flagged`` windows have any column shifted or drifted, ``drifted`` ones have the verdict;
    ``alarms`` are changes into ALARM of M drifted windows among the last N.
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
    verdicts = [
        _verdict(drawn, traffic.draw(random, rates[window % len(rates)]), policy)
        for window in range(MONTH)
    ]
    # windows that are not judged leave the alarm as it is
    drifted = [v.verdict == DRIFTED for v in verdicts if v.verdict in (STABLE, DRIFTED)]
    flagged = sum(map(is_flagged, verdicts))
    return FalseAlarms(1, len(drifted), flagged, sum(drifted), alarms(drifted, policy))


def is_flagged(verdict: Verdict) -> bool:
    """Whether any column, the prediction included, was shifted or drifted."""
    columns = [*verdict.features.values(), *([verdict.prediction] if verdict.prediction else [])]
    return any(column.status in (SHIFTED, DRIFTED) for column in columns)


def alarms(drifted: list[bool], policy: Policy) -> int:
    """Changes into ALARM: M of the last N windows drifted, and before they had not."""
    count, before = 0, False
    for place in range(len(drifted)):
        recent = drifted[max(0, place + 1 - policy.evaluation_windows) : place + 1]
        now = sum(recent) >= policy.datapoints_to_alarm
        count += now and not before
        before = now
    return count


def _verdict(baseline: Baseline, counted: Counted, policy: Policy) -> Verdict:
    profile = Profile(baseline.fingerprint, Tally(), counted)
    scores = compare(baseline, profile, left_out=left_out(baseline, policy))
    return judge(scores, Quality((), None, 0, {}), policy)
