"""The verdict of a window under the daily rule, and its sentences.

Broken data (the clock, the order of two features, a constant, new values, far values, missing
values) makes the window invalid; a change of level, spread, shares or association is drift.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC

from driftloop.daily.day_decision import DayDecision
from driftloop.detection.alarm_texts import excess_of
from driftloop.detection.daily_explanations import DailyExplanations, explain_alarms
from driftloop.detection.day_values import NO_VALUES, DayValues, with_exact_values
from driftloop.detection.explanation import Explanation, ExplanationKind
from driftloop.detection.policy import DriftPolicy
from driftloop.detection.verdict import ColumnStatus, ColumnVerdict, Verdict, WindowVerdict
from driftloop.detection.window_findings import explain_findings, findings_of_window
from driftloop.profile.hourly.layout import PREDICTION, HourlyLayout
from driftloop.quality import QualityResult, Violation
from driftloop.quality.violations import Constraint

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

_STATISTICS: Mapping[Constraint, str] = {
    Constraint.COMPLETENESS: "missing",
    Constraint.MISSING_COLUMN: "missing",
    Constraint.VALUE_RANGE: "out_of_range",
}
"""The statistic that checks the same as a constraint of the training data."""

_KINDS: Mapping[str, ExplanationKind] = {
    "clock": ExplanationKind.CLOCK_SHIFT,
    "order": ExplanationKind.ORDER,
    "constant": ExplanationKind.CONSTANT,
    "unseen": ExplanationKind.NEW_VALUES,
    "out_of_range": ExplanationKind.OUT_OF_RANGE,
    "missing": ExplanationKind.MISSING_VALUES,
}
"""What an alarm of broken data is about."""


def apply_daily_rule(
    verdict: Verdict,
    quality: QualityResult,
    decision: DayDecision,
    layout: HourlyLayout,
    values: DayValues = NO_VALUES,
    *,
    window_records: int,
    policy: DriftPolicy,
    excluded: Mapping[str, str],
) -> tuple[Verdict, QualityResult]:
    """The verdict and the violations of a window that is decided by the daily rule.

    A window must have records, and the days up to it ``min_records`` unless something is broken:
    each statistic is compared with its own history, which has the noise of few records.

    Args:
        verdict: What the comparison with the training data decided.
        quality: The result of the constraint checks.
        decision: The decision on the 24 hours that end with the window.
        layout: What was counted of each hour.
        values: The values of the window, where it is that day.
        window_records: Records of the window.
        policy: Has the number of records that a verdict needs.
        excluded: Why columns are excluded.
    """
    changes = {
        name: with_exact_values(change, values.summaries.get(name), values.sampled.get(name))
        for name, change in decision.column_changes.items()
    }
    decision = decision._replace(column_changes=changes)
    found = explain_alarms(decision, layout, quality.spellings)
    in_window = findings_of_window(decision)
    checked = quality.violations
    violations = _violations(quality.violations, decision, found, in_window)
    of_window = explain_findings(decision, layout, quality.spellings)
    explained = of_window.by_column
    quality = replace(
        quality,
        violations=(
            *violations,
            *(
                Violation(
                    name,
                    CONSTRAINTS[finding.check],
                    finding.value,
                    finding.limit,
                    explained[name].sentence,
                )
                for name, finding in in_window.items()
            ),
        ),
    )
    is_broken = bool(in_window) or any(alarm.is_broken_data for alarm in decision.alarms)
    has_enough = is_broken or (
        decision.is_measured
        and max(decision.record.records, decision.recent_records) >= policy.min_records
    )
    is_one_cause = quality.invalid_lines is not None or quality.repeated_records is not None
    if not (window_records and has_enough) or (
        verdict.verdict == WindowVerdict.INVALID_DATA and is_one_cause
    ):
        return verdict, quality
    in_alarm = {alarm.column for alarm in decision.alarms}
    broken = {alarm.column for alarm in decision.alarms if alarm.is_broken_data}
    unreadable = _unreadable_columns(quality, checked, decision, in_alarm)
    if verdict.verdict == WindowVerdict.INSUFFICIENT_DATA:
        # of few records, only what is beyond chance
        unreadable = {
            name: why for name, why in unreadable.items() if name in {*broken, *in_window}
        }
        verdict = _decided_by_day(verdict, excluded, unreadable)
    statuses = {
        name: ColumnStatus.INVALID_DATA if name in {*broken, *in_window} else ColumnStatus.DRIFTED
        for name in {*in_alarm, *in_window}
    }
    by_column = {
        name: (explained[name],) if name in explained else found.by_column.get(name, ())
        for name in statuses
    }
    features = {
        name: column
        if name in unreadable
        else _decide_column(column, statuses.get(name), by_column.get(name, ()))
        for name, column in verdict.features.items()
    }
    prediction = verdict.prediction
    if prediction is not None:
        prediction = _decide_column(
            prediction, statuses.get(PREDICTION), by_column.get(PREDICTION, ())
        )
    if is_broken or unreadable:
        overall = WindowVerdict.INVALID_DATA
    else:
        overall = WindowVerdict.DRIFTED if in_alarm else WindowVerdict.STABLE
    causes = (
        *(one for name in unreadable for one in verdict.features[name].explanations),
        *(one for one in of_window.ranked if one.column not in unreadable),
        *(one for one in found.ranked if one.column not in {*unreadable, *explained}),
    )
    reasons = tuple(one.dated_sentence for one in causes)
    reasons = reasons or ("no feature changed against the days before",)
    return Verdict(overall, reasons, features, prediction, explanations=causes), quality


def _decided_by_day(
    verdict: Verdict, excluded: Mapping[str, str], unreadable: Mapping[str, str]
) -> Verdict:
    """A verdict of too few records as one whose columns the day decides on."""
    stable = ColumnVerdict(ColumnStatus.STABLE, None, None)
    statuses = {
        **{name: (ColumnStatus.INVALID_DATA, why) for name, why in unreadable.items()},
        **{name: (ColumnStatus.EXCLUDED, why) for name, why in excluded.items()},
    }
    features = dict.fromkeys(verdict.features, stable)
    for name in verdict.features.keys() & statuses.keys():
        status, why = statuses[name]
        cause = Explanation(
            kind=ExplanationKind.INVALID_VALUES, column=name, text=why.removeprefix(f"{name}: ")
        )
        causes = (cause,) if status == ColumnStatus.INVALID_DATA else ()
        features[name] = ColumnVerdict(status, None, None, (why,), explanations=causes)
    prediction = None if verdict.prediction is None else stable
    return replace(verdict, features=features, prediction=prediction)


def _unreadable_columns(
    quality: QualityResult,
    violations: Sequence[Violation],
    decision: DayDecision,
    in_alarm: Collection[str],
) -> dict[str, str]:
    """Invalid columns for another reason than what an alarm says: values of a wrong type, and those
    without an alarm, unless the day finds them usual. ``violations`` are those of the
    constraints."""
    wrong_type = {one.column for one in violations if one.constraint == Constraint.DATA_TYPE}
    return {
        name: reason
        for name, reason in quality.invalid_columns.items()
        if name in wrong_type
        or (name not in in_alarm and not _is_usual(name, violations, decision))
    }


def _is_usual(column: str, violations: Iterable[Violation], decision: DayDecision) -> bool:
    """Whether the day finds nothing in what makes a column invalid: one that never has a value at
    some hour, or whose missing values a person accepted."""
    found = {*decision.record.alarms, *(one.column for one in decision.in_window)}
    if column in found:
        return False
    statistics = [
        _STATISTICS.get(one.constraint, "")
        for one in violations
        if one.column == column and one.constraint in (Constraint.SPELLING, *_STATISTICS)
    ]
    return bool(statistics) and all((column, name, 1) in decision.limits for name in statistics)


def _decide_column(
    column: ColumnVerdict, status: ColumnStatus | None, explanations: Sequence[Explanation]
) -> ColumnVerdict:
    if column.status in (ColumnStatus.EXCLUDED, ColumnStatus.INSUFFICIENT_DATA):
        return column
    since = next((one.since for one in explanations if one.since is not None), None)
    return replace(
        column,
        status=status or ColumnStatus.STABLE,
        reasons=tuple(one.sentence for one in explanations),
        since=since if since is None else since.astimezone(UTC),
        explanations=tuple(explanations),
    )


def _violations(
    violations: Sequence[Violation],
    decision: DayDecision,
    found: DailyExplanations,
    in_window: Collection[str],
) -> tuple[Violation, ...]:
    """The violations of the constraints, and one for each column with broken data and each of its
    explanations, unless the window itself has one.

    What a change of unit or spelling explains is not said twice.
    """
    kinds = {name: {one.kind for one in own} for name, own in found.by_column.items()}
    own = [
        one
        for one in violations
        if one.constraint not in SUPERSEDED
        and not (
            one.constraint == Constraint.MISSING_COLUMN
            and one.column is not None
            and _is_usual(one.column, violations, decision)
        )
    ]
    respelled = {one.column for one in own if one.constraint == Constraint.SPELLING}
    kept = [
        one
        for one in own
        if one.constraint != Constraint.ROUNDED_VALUES
        or ExplanationKind.UNIT_CHANGE not in kinds.get(one.column or "", ())
    ]
    added: dict[tuple[str, str], Violation] = {}
    for alarm in sorted(decision.alarms, key=lambda alarm: -excess_of(alarm)):
        explanations = found.by_column.get(alarm.column, ())
        if not alarm.is_broken_data or not explanations or alarm.column in in_window:
            continue
        kind = _KINDS[alarm.name]
        best = next((one for one in explanations if one.kind == kind), explanations[0])
        if best.kind == ExplanationKind.SPELLING and alarm.column in respelled:
            continue
        violation = Violation(
            alarm.column, CONSTRAINTS[alarm.name], abs(alarm.change), alarm.limit, best.sentence
        )
        added.setdefault((alarm.column, best.sentence), violation)
    return (*kept, *added.values())
