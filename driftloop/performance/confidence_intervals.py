"""Confidence intervals of scores, with days as units: the records of a day are not independent.

From seven days with labels on, an interval is the score plus and minus t standard errors of the
delete-one-day jackknife,

    se^2 = (D - 1) / D * sum_i (score without day i - mean of these)^2

with D - 1 degrees of freedom (Efron and Stein, "The jackknife estimate of variance", Ann. Stat. 9,
1981; by clusters: Cameron and Miller, "A practitioner's guide to cluster-robust inference", J. Hum.
Resour. 50, 2015). It needs the sums of each day alone.

With fewer days it is that of independent rows (DeLong, Wilson, normal), with its variance times the
design effect that earlier days have shown. If none is known, the rows are taken as independent and
the interval says so: on real traffic it is then too narrow, by a factor of 2 to 8 on flights.

Every interval is widened by the error bound of its score.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Literal

import msgspec
import numpy as np
from scipy.special import ndtri, stdtrit

from driftloop.errors import InputError
from driftloop.outcomes import OutcomeBinning, Outcomes
from driftloop.outcomes.sums import ScoreValue, Sums, sums_of
from driftloop.scores import IntervalMethod, Score, scores_for

MIN_DAYS = 7
"""Days with labels from which the jackknife is used: its 95% intervals then contain the value in 84
to 95% of cases, and with more days in 89 to 95%."""

Method = Literal["day_jackknife"] | IntervalMethod


class ScoreInterval(msgspec.Struct, frozen=True, kw_only=True):
    """A score with its confidence interval.

    Attributes:
        value: The score; None where it is not defined.
        low: Lower end of the interval; None without one.
        high: Upper end.
        bound: By how much the value may differ from that of the single records.
        method: How the interval was computed; None without one.
        days: Days with labels.
        design_effect: By how much dependence of the records was taken to inflate the variance of
            independent ones; None by days, or if it is not known and they were taken as
            independent.
        reason: Why there is no value, or no interval.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    bound: float = 0.0
    method: Method | None = None
    days: int = 0
    design_effect: float | None = None
    reason: str | None = None

    @property
    def takes_records_as_independent(self) -> bool:
        """Whether the interval is too narrow if records of a day depend on each other."""
        return self.method not in (None, "day_jackknife") and self.design_effect is None


def score_intervals(
    binning: OutcomeBinning,
    days: Sequence[Outcomes],
    *,
    names: Collection[str] | None = None,
    design_effects: Mapping[str, float] | None = None,
    confidence_level: float = 0.95,
) -> dict[str, ScoreInterval]:
    """Scores over some days, with intervals.

    Args:
        binning: The split points that the outcomes were counted on.
        days: Outcomes of each day, in any order. Days without labels do not count.
        names: Scores to compute; all of the problem type if None.
        design_effects: By name of the score, from :func:`learn_design_effects`.
        confidence_level: Coverage of the intervals, such as 0.95.

    Raises:
        InputError: There is no day, or outcomes were counted on another binning.

    Example:
        >>> from driftloop.outcomes import count_binary, fit_binary_binning
        >>> scores, labels = np.linspace(0, 1, 100), np.arange(100) % 3 == 0
        >>> binning = fit_binary_binning(scores)
        >>> day = count_binary(binning, scores, labels)
        >>> found = score_intervals(binning, [day])["accuracy"]
        >>> found.method, round(found.low, 2), round(found.high, 2)
        ('wilson', 0.4, 0.6)
        >>> found.takes_records_as_independent
        True
    """
    total, by_day = _sums_by_day(binning, days)
    return sums_intervals(
        total,
        by_day,
        names=names,
        design_effects=design_effects,
        confidence_level=confidence_level,
    )


def sums_intervals(
    total: Sums,
    by_day: Sequence[Sums],
    *,
    names: Collection[str] | None = None,
    design_effects: Mapping[str, float] | None = None,
    confidence_level: float = 0.95,
) -> dict[str, ScoreInterval]:
    """Scores over some days, with intervals, from sums, which may be weighted.

    Args:
        total: The sums of all days.
        by_day: The sums of each day with labels.
        names: Scores to compute; all of the problem type if None.
        design_effects: By name of the score, from :func:`learn_design_effects`.
        confidence_level: Coverage of the intervals, such as 0.95.
    """
    effects = {} if design_effects is None else design_effects
    return {
        score.name: _interval(score, total, by_day, effects.get(score.name), confidence_level)
        for score in scores_for(total.problem_type)
        if names is None or score.name in names
    }


def learn_design_effects(binning: OutcomeBinning, days: Sequence[Outcomes]) -> dict[str, float]:
    """By how much the days' dependence inflates the variance of independent rows, by score.

    Args:
        binning: The split points that the outcomes were counted on.
        days: Outcomes of each day, such as the last weeks; below ``MIN_DAYS`` nothing is learned.

    Returns:
        The variance by days over that of rows, 1 or more; without scores that have only one of
        both.
    """
    total, by_day = _sums_by_day(binning, days)
    if len(by_day) < MIN_DAYS:
        return {}
    effects = {}
    for score in scores_for(total.problem_type):
        error = _jackknife_error(score, total, by_day)
        interval = _row_interval(score, total, 1.0, 1.0)
        if error is None or interval is None or not interval[1] > interval[0]:
            continue
        effects[score.name] = max(1.0, (2 * error / (interval[1] - interval[0])) ** 2)
    return effects


def _sums_by_day(binning: OutcomeBinning, days: Sequence[Outcomes]) -> tuple[Sums, list[Sums]]:
    if not days:
        raise InputError("days: outcomes of one day or more")
    total = sums_of(binning, reduce(add, days))
    return total, [sums_of(binning, day) for day in days if day.labeled]


def _interval(
    score: Score,
    total: Sums,
    by_day: Sequence[Sums],
    design_effect: float | None,
    confidence_level: float,
) -> ScoreInterval:
    found = score.formulas[total.problem_type](total)
    days = len(by_day)
    if found.value is None:
        return ScoreInterval(value=None, days=days, reason=found.undefined)
    tail = (1 + confidence_level) / 2
    if days >= MIN_DAYS:
        error = _jackknife_error(score, total, by_day)
        if error is None:
            reason = "without one of the days it is not defined"
            return ScoreInterval(value=found.value, bound=found.bound, days=days, reason=reason)
        half = float(stdtrit(days - 1, tail)) * error
        return _clipped(
            score, found, (found.value - half, found.value + half), "day_jackknife", days
        )
    interval = _row_interval(score, total, float(ndtri(tail)), design_effect or 1.0)
    if interval is None or score.interval_method is None:
        reason = f"an interval needs {MIN_DAYS} days with labels"
        return ScoreInterval(value=found.value, bound=found.bound, days=days, reason=reason)
    return _clipped(score, found, interval, score.interval_method, days, design_effect)


def _clipped(
    score: Score,
    found: ScoreValue,
    interval: tuple[float, float],
    method: Method,
    days: int,
    design_effect: float | None = None,
) -> ScoreInterval:
    low, high = interval[0] - found.bound, interval[1] + found.bound
    return ScoreInterval(
        value=found.value,
        low=low if score.lower is None else max(score.lower, low),
        high=high if score.upper is None else min(score.upper, high),
        bound=found.bound,
        method=method,
        days=days,
        design_effect=design_effect,
    )


def _jackknife_error(score: Score, total: Sums, by_day: Sequence[Sums]) -> float | None:
    """The standard error; None where the score is not defined without some day."""
    compute = score.formulas[total.problem_type]
    values = [compute(total - day).value for day in by_day]  # type: ignore[operator]
    defined = np.array([value for value in values if value is not None])
    if len(defined) < len(values):
        return None
    days = len(values)
    return float(np.sqrt((days - 1) / days * ((defined - defined.mean()) ** 2).sum()))


def _row_interval(
    score: Score, total: Sums, z: float, design_effect: float
) -> tuple[float, float] | None:
    compute = score.row_intervals.get(total.problem_type)
    return None if compute is None else compute(total, z, design_effect)
