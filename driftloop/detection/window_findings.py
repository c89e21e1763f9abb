"""Explains what is broken in a window shorter than a day: that says more than its 24 hours do."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from driftloop.daily.checks import Finding
from driftloop.daily.column_change import ColumnChange
from driftloop.daily.column_day import angle
from driftloop.daily.day_decision import DailyAlarm, DayDecision
from driftloop.detection.alarm_texts import AlarmedColumn, explanation
from driftloop.detection.daily_explanations import (
    alarmed_column,
    explain_column,
    start_of_alarm,
)
from driftloop.detection.explanation import Explanation, ExplanationKind, value_text
from driftloop.detection.shared_causes import merge_causes
from driftloop.profile.hourly.layout import HourlyLayout
from driftloop.quality.spelling import Spelling


class WindowExplanations(NamedTuple):
    """What explains the findings of a window: one explanation for each cause, and by column."""

    ranked: tuple[Explanation, ...]
    by_column: Mapping[str, Explanation]


def findings_of_window(decision: DayDecision) -> dict[str, Finding]:
    """The largest finding of each column."""
    found: dict[str, Finding] = {}
    for finding in sorted(decision.in_window, key=lambda one: -one.value):
        found.setdefault(finding.column, finding)
    return found


def explain_findings(
    decision: DayDecision, layout: HourlyLayout, spellings: Mapping[str, Sequence[Spelling]]
) -> WindowExplanations:
    """Explain the findings of a window.

    Args:
        decision: The decision with its findings.
        layout: Knows the columns and the time zone.
        spellings: By column, new categories that are known ones spelled otherwise.
    """
    hours = decision.window_hours
    period = "in the last hour" if hours == 1 else f"in the last {hours} hours"
    columns, by_column = [], {}
    for name, finding in findings_of_window(decision).items():
        change = decision.window_changes.get(name, ColumnChange())
        alarm = DailyAlarm(name, finding.check, 1, finding.value, _limit(finding, change))
        column = alarmed_column(name, [alarm], change, layout, spellings.get(name, ()), period)
        columns.append(column)
        if finding.check == "constant":
            found = _constant(column, finding)
        else:
            found = explain_column(column)[0]
        by_column[name] = found.with_since(start_of_alarm(decision, name, layout.zone))
    causes = merge_causes(columns, {name: (one,) for name, one in by_column.items()})
    return WindowExplanations(tuple(one for _, one in causes), by_column)


def _limit(finding: Finding, change: ColumnChange) -> float:
    """The limit as an alarm has it: of missing values their change, as Cohen's h."""
    if finding.check == "missing":
        return angle(finding.limit) - angle(change.missing.reference)
    return finding.limit


def _constant(column: AlarmedColumn, finding: Finding) -> Explanation:
    """Of a window, the length of a run is in records."""
    value = column.change.single_value
    what = "the same"
    if value is not None:
        what = value_text(value, is_category=column.is_category)
    text = f"the last {finding.value:.0f} values are all {what}, and at most {finding.limit:.0f}"
    return explanation(
        column, ExplanationKind.CONSTANT, f"{text} are usual", None, value=value or "", current=1.0
    )
