"""Whether a model became worse than it was on its baseline's held-out records.

A score has become worse when it is worse by at least its minimum effect size, and significantly so:
Benjamini-Hochberg over the compared scores, on the errors of both sides. A model is degraded when
this holds at the end of ``datapoints_to_alarm`` of the last ``evaluation_periods`` days, each
together with the days before it: one bad day is not enough.

The difference is tested by Welch's t statistic with Satterthwaite's degrees of freedom (Biometrics
Bull. 2, 1946), of which a side of D days has D - 1.
"""

from collections.abc import Mapping, Sequence
from math import inf, sqrt
from typing import NamedTuple

from scipy.special import stdtr, stdtrit

from driftloop.detection.benjamini_hochberg import q_values
from driftloop.performance.confidence_intervals import ScoreInterval
from driftloop.performance.performance_policy import (
    BETTER_IF_HIGHER,
    RELATIVE_SCORES,
    PerformancePolicy,
)
from driftloop.performance.performance_report import PeriodCheck, ScoreChange

DAY_JACKKNIFE = "day_jackknife"
"""Method of an interval over days; the others take rows as independent."""


class _Side(NamedTuple):
    """A score with its standard error and degrees of freedom."""

    value: float
    error: float
    freedom: float


def compare_scores(
    current: Mapping[str, ScoreInterval],
    reference: Mapping[str, ScoreInterval],
    min_effect_sizes: Mapping[str, float],
    policy: PerformancePolicy,
) -> tuple[ScoreChange, ...]:
    """The compared scores beside those of the reference; scores that either lacks are left out.

    Args:
        current: Scores of the days that are checked.
        reference: Scores of the baseline's held-out records.
        min_effect_sizes: The compared scores, with the smallest worsening that matters.
        policy: Level of the intervals, and share of false findings.
    """
    found = []
    for name, min_effect_size in min_effect_sizes.items():
        now, then = _side(current, name, policy), _side(reference, name, policy)
        if now is not None and then is not None:
            found.append(_change(name, min_effect_size, now, then, policy))
    corrected = q_values([change.p_value for change in found]) if found else []
    return tuple(
        ScoreChange(
            **{name: getattr(change, name) for name in change._fields},
            q_value=q_value,
            is_degraded=change.worsening >= change.min_effect_size
            and q_value <= policy.false_discovery_rate,
        )
        for change, q_value in zip(found, corrected, strict=True)
    )


def is_degraded(checks: Sequence[PeriodCheck], policy: PerformancePolicy) -> bool | None:
    """Whether enough of the last checks found a degradation; None if none had enough labels.

    With fewer checks than ``datapoints_to_alarm``, all of them must.
    """
    decided = [check.is_degraded for check in checks if check.is_degraded is not None]
    if not decided:
        return None
    return sum(decided) >= min(policy.datapoints_to_alarm, len(decided))


class _Change(NamedTuple):
    score: str
    reference: float
    current: float
    worsening: float
    low: float
    high: float
    is_relative: bool
    min_effect_size: float
    p_value: float


def _change(
    name: str, min_effect_size: float, now: _Side, then: _Side, policy: PerformancePolicy
) -> _Change:
    sign = -1.0 if name in BETTER_IF_HIGHER else 1.0
    is_relative = name in RELATIVE_SCORES
    unit = abs(then.value) if is_relative and then.value else 1.0
    worsening = sign * (now.value - then.value) / unit
    error = sqrt(now.error**2 + then.error**2) / unit
    freedom = _freedom(now, then)
    tail = (1 - policy.confidence_level) / 2
    reach = float(stdtrit(freedom, 1 - tail)) * error
    p_value = 2 * float(stdtr(freedom, -abs(worsening) / error)) if error else float(not worsening)
    return _Change(
        name,
        then.value,
        now.value,
        worsening,
        worsening - reach,
        worsening + reach,
        is_relative,
        min_effect_size,
        p_value,
    )


def _freedom(now: _Side, then: _Side) -> float:
    """Satterthwaite's degrees of freedom; a side of rows has as many as it has rows, or more."""
    total = now.error**2 + then.error**2
    parts = sum(side.error**4 / side.freedom for side in (now, then) if side.freedom < inf)
    return min(total**2 / parts, 1e9) if parts else 1e9


def _side(
    scores: Mapping[str, ScoreInterval], name: str, policy: PerformancePolicy
) -> _Side | None:
    interval = scores.get(name)
    if interval is None or interval.value is None or interval.low is None or interval.high is None:
        return None
    freedom = float(interval.days - 1) if interval.method == DAY_JACKKNIFE else inf
    quantile = float(stdtrit(min(freedom, 1e9), (1 + policy.confidence_level) / 2))
    return _Side(interval.value, (interval.high - interval.low) / 2 / quantile, freedom)
