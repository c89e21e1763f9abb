"""The verdict of a window under the daily rule, and its sentences.

Broken data (the clock, the order of two features, a constant, new values, far values, missing
values) makes the window invalid; a change of level, spread, shares or association is drift.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from driftloop.daily.day_decision import DailyAlarm, DayDecision
from driftloop.detection.verdict import ColumnStatus, ColumnVerdict, Verdict, WindowVerdict
from driftloop.quality import QualityResult, Violation
from driftloop.quality.violations import Constraint
from driftloop.seasonality.hourly_counts import PREDICTION

SUPERSEDED = frozenset(
    {Constraint.VALUE_RANGE, Constraint.CATEGORICAL_VALUES, Constraint.COMPLETENESS}
)
"""Constraints of the training data that the daily rule checks against accepted days instead."""

CONSTRAINTS: Mapping[str, Constraint] = {
    "clock": Constraint.CLOCK,
    "order": Constraint.ORDER,
    "constant": Constraint.CONSTANT,
    "unseen": Constraint.UNSEEN_VALUES,
    "out_of_range": Constraint.VALUE_RANGE,
    "missing": Constraint.COMPLETENESS,
}
"""The constraint that an alarm of broken data violates."""


def apply_daily_rule(
    verdict: Verdict, quality: QualityResult, decision: DayDecision
) -> tuple[Verdict, QualityResult]:
    """The verdict and the violations of a window that is decided by the daily rule.

    Args:
        verdict: What the comparison with the training data decided.
        quality: The result of the constraint checks.
        decision: The decision on the 24 hours that end with the window.
    """
    broken = [alarm for alarm in decision.alarms if alarm.is_broken_data]
    violations = (
        *(one for one in quality.violations if one.constraint not in SUPERSEDED),
        *(_to_violation(alarm) for alarm in broken),
    )
    quality = replace(quality, violations=violations)
    if verdict.verdict in (WindowVerdict.INSUFFICIENT_DATA, WindowVerdict.INVALID_DATA):
        return verdict, quality
    by_column: dict[str, list[DailyAlarm]] = {}
    for alarm in decision.alarms:
        by_column.setdefault(alarm.column, []).append(alarm)
    features = {
        name: _decide_column(column, by_column.get(name, ()))
        for name, column in verdict.features.items()
    }
    prediction = verdict.prediction
    if prediction is not None:
        prediction = _decide_column(prediction, by_column.get(PREDICTION, ()))
    drifted = [alarm for alarm in decision.alarms if not alarm.is_broken_data]
    if broken:
        overall, chosen = WindowVerdict.INVALID_DATA, broken
    else:
        overall = WindowVerdict.DRIFTED if drifted else WindowVerdict.STABLE
        chosen = drifted
    reasons = tuple(_ranked_sentences(chosen)) or ("no feature changed against the days before",)
    return Verdict(overall, reasons, features, prediction), quality


def _decide_column(column: ColumnVerdict, alarms: Sequence[DailyAlarm]) -> ColumnVerdict:
    if column.status in (ColumnStatus.EXCLUDED, ColumnStatus.INSUFFICIENT_DATA):
        return column
    status = ColumnStatus.DRIFTED if alarms else ColumnStatus.STABLE
    if any(alarm.is_broken_data for alarm in alarms):
        status = ColumnStatus.INVALID_DATA
    return replace(column, status=status, reasons=tuple(_ranked_sentences(alarms)), since=None)


def _ranked_sentences(alarms: Sequence[DailyAlarm]) -> list[str]:
    """One sentence for each column and statistic, the largest excess first."""
    ranked = sorted(alarms, key=lambda alarm: -abs(alarm.change) / max(alarm.limit, 1e-9))
    first = {(alarm.column, alarm.name): alarm for alarm in reversed(ranked)}
    chosen = sorted(first.values(), key=lambda alarm: -abs(alarm.change) / max(alarm.limit, 1e-9))
    return [sentence(alarm) for alarm in chosen]


def sentence(alarm: DailyAlarm) -> str:
    """What an alarm says, as a sentence without a period."""
    days = "in the last 24 hours" if alarm.days == 1 else f"over the last {alarm.days} days"
    direction = "rose" if alarm.change > 0 else "fell"
    share = math.sin(min(abs(alarm.change), math.pi) / 2) ** 2
    size = f"{abs(alarm.change):.2g}, and at most {alarm.limit:.2g} is usual"
    texts = {
        "level": f"its level {direction} {days} by {size} (standard deviations of the same hours)",
        "spread": f"its spread {direction} {days} by {size} (logarithm)",
        "shares": f"the shares of its categories changed {days} by {size} (Hellinger distance)",
        "largest_increase": f"one value became more frequent {days} by {size} (Cohen's h)",
        "variety": f"its variety within an hour {direction} {days} by {size} (Cohen's h)",
        "unseen": f"{share:.1%} of its values {days} were never seen before",
        "out_of_range": f"{share:.1%} of its values {days} are far beyond all earlier ones",
        "missing": f"its missing values {direction} {days} by {size} (Cohen's h)",
        "association": f"it no longer belongs to its partner features {days} as before, by {size}",
        "clock": f"{alarm.change:.1%} of its values {days} disagree with the clock of the request",
        "order": f"{alarm.change:.1%} of its values {days} are in the wrong order with"
        f" {alarm.partner}",
        "constant": f"it had one single value for {alarm.change:.0f} hours in a row",
    }
    return f"{alarm.column}: {texts[alarm.name]}"


def _to_violation(alarm: DailyAlarm) -> Violation:
    return Violation(
        alarm.column, CONSTRAINTS[alarm.name], abs(alarm.change), alarm.limit, sentence(alarm)
    )
