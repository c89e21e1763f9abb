"""The verdict on a model's performance, and why, in sentences."""

from collections.abc import Iterator, Mapping, Sequence

from driftloop.performance.confidence_intervals import ScoreInterval
from driftloop.performance.counted_days import CountedDays
from driftloop.performance.performance_report import (
    DayStatus,
    PerformanceVerdict,
    PeriodCheck,
    ScoreChange,
)
from driftloop.scores import SCORES

LABELS = {score.name: score.label for score in SCORES}


def decide(
    counted: CountedDays,
    checks: Sequence[PeriodCheck],
    is_degraded: bool | None,
    has_reference: bool,
    min_labels: int,
    intervals: Mapping[str, ScoreInterval],
) -> tuple[PerformanceVerdict, list[str]]:
    """The verdict, and its reasons."""
    if counted.mass is not None and counted.mass.has_changed:
        return PerformanceVerdict.LABEL_DELAY_CHANGED, [_delay_reason(counted)]
    used = sum(day.known for day in counted.days if day.counts)
    waiting = [day for day in counted.days if day.status is DayStatus.IMMATURE]
    if used < min_labels:
        if waiting:
            return PerformanceVerdict.IMMATURE, [_immature_reason(counted, used, min_labels)]
        return PerformanceVerdict.INSUFFICIENT_DATA, [
            f"{used:,} records have a label, and labels.min_labels is {min_labels:,}."
        ]
    if not has_reference:
        return PerformanceVerdict.INSUFFICIENT_DATA, [
            "There is nothing to compare with: the baseline has no outcomes of held-out records."
        ]
    if is_degraded is None:
        undefined = sorted({one.reason for one in intervals.values() if one.reason})
        why = f" ({'; '.join(undefined)})" if undefined else ""
        return PerformanceVerdict.INSUFFICIENT_DATA, [
            f"No score can be compared with the held-out records{why}."
        ]
    if is_degraded:
        last = next(check for check in reversed(checks) if check.is_degraded)
        found = [change for change in last.changes if change.is_degraded]
        return PerformanceVerdict.DEGRADED, [
            f"{_period(last)}{change_text(change)}" for change in found
        ]
    last = checks[-1]
    return PerformanceVerdict.STABLE, [*_stable_reasons(last)]


def change_text(change: ScoreChange) -> str:
    """``ROC AUC is 0.609, and was 0.703 on held-out records: …``."""
    label = LABELS.get(change.score, change.score)
    unit = "%" if change.is_relative else ""
    scale = 100 if change.is_relative else 1
    digits = 1 if change.is_relative else 3
    low, high, size, least = (
        f"{scale * value:.{digits}f}{unit}"
        for value in (change.low, change.high, abs(change.worsening), change.min_effect_size)
    )
    direction = "worse" if change.worsening > 0 else "better"
    return (
        f"{label} is {change.current:.3f}, and was {change.reference:.3f} on held-out records:"
        f" {size} {direction} (95% interval of the worsening: {low} to {high}; at least {least}"
        f" counts, q = {change.q_value:.2g})."
    )


def _period(check: PeriodCheck) -> str:
    """``From 2013-07-25 to 2013-07-31: ``; empty for records without times."""
    if check.first_day is None or "unknown" in (check.first_day, check.last_day):
        return ""
    if check.first_day == check.last_day:
        return f"On {check.first_day}: "
    return f"From {check.first_day} to {check.last_day}: "


def _stable_reasons(check: PeriodCheck) -> Iterator[str]:
    yield "No score is worse than on held-out records by as much as counts, beyond doubt."
    for change in check.changes:
        yield f"{_period(check)}{change_text(change)}"


def _delay_reason(counted: CountedDays) -> str:
    mass = counted.mass
    assert mass is not None  # noqa: S101  (the caller has looked)
    return (
        f"Labels do not arrive as they did: weighted by the learned delay, those known by now are"
        f" {mass.mass:.2f} times those that were expected (z = {mass.z:.1f}). Estimates from the"
        " labels of the last days would be wrong, so there is none. Find out what changed in the"
        " collection of labels; days count again once they are old enough."
    )


def _immature_reason(counted: CountedDays, used: int, min_labels: int) -> str:
    known = sum(day.known for day in counted.days)
    expected = sum(day.expected for day in counted.days)
    share = known / expected if expected else 0.0
    return (
        f"{known:,} of {expected:,} records have a label ({share:.0%}), and only {used:,} of them"
        f" on days whose labels are complete or can be weighted; labels.min_labels is"
        f" {min_labels:,}. Labels that come early differ from those that come late: wait until"
        " they are complete."
    )
