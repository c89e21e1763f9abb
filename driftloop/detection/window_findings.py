"""Explains what is broken in a window shorter than a day, where its day does not say so yet."""

from collections.abc import Mapping

from driftloop.daily.checks import Finding
from driftloop.daily.day_decision import DayDecision
from driftloop.detection.explanation import Explanation, ExplanationKind
from driftloop.quality.violations import percent

_KINDS: Mapping[str, ExplanationKind] = {
    "clock": ExplanationKind.CLOCK_SHIFT,
    "constant": ExplanationKind.CONSTANT,
    "unseen": ExplanationKind.NEW_VALUES,
    "out_of_range": ExplanationKind.OUT_OF_RANGE,
    "missing": ExplanationKind.MISSING_VALUES,
}


def findings_of_window(decision: DayDecision) -> dict[str, Finding]:
    """The largest finding of each column that its day does not find broken."""
    of_day = {alarm.column for alarm in decision.alarms if alarm.is_broken_data}
    found: dict[str, Finding] = {}
    for finding in sorted(decision.in_window, key=lambda one: -one.value):
        if finding.column not in of_day:
            found.setdefault(finding.column, finding)
    return found


def explain_finding(finding: Finding, window_hours: int) -> Explanation:
    """What is broken in a window.

    Args:
        finding: The finding.
        window_hours: The length of the window.
    """
    time = "in the last hour" if window_hours == 1 else f"in the last {window_hours} hours"
    if finding.check == "constant":
        text = f"the last {finding.value:.0f} values are all the same, at most {finding.limit:.0f}"
        return Explanation(kind=_KINDS["constant"], column=finding.column, text=f"{text} are usual")
    texts = {
        "clock": "disagree with the clock of the request",
        "unseen": "were never seen before",
        "out_of_range": "are far beyond all earlier ones",
        "missing": "are missing",
    }
    return Explanation(
        kind=_KINDS[finding.check],
        column=finding.column,
        text=f"{percent(finding.value)} of the values {time} {texts[finding.check]}",
        reference=finding.limit,
        current=finding.value,
    )
