"""The most important reasons of a verdict, and what to do next."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from driftloop.detection.explanation import Explanation, ExplanationKind, listed
from driftloop.detection.persistence import persistent_columns
from driftloop.detection.verdict import ColumnStatus, WindowVerdict
from driftloop.detection.window_outcome import WindowOutcome
from driftloop.report.headline import RankedColumns
from driftloop.report.window_report import WindowReport

MAX_TOP_REASONS = 6

_NEXT_STEPS: Mapping[WindowVerdict, tuple[str, ...]] = {
    WindowVerdict.STABLE: ("No action needed.",),
    WindowVerdict.INSUFFICIENT_DATA: (
        "No action needed if low traffic is expected; a longer window (monitoring.window_hours)"
        " collects more records.",
        "If traffic was normal, check that data capture works: see the capture-loss alarm and the"
        " endpoint's data capture settings.",
    ),
    WindowVerdict.INVALID_DATA: (
        "Fix the data at its source: the data quality section names each column and what is wrong.",
        "Until then the gate refuses to retrain, and this window is excluded from training data.",
        "The model has served these requests: notify the consumers of its predictions.",
    ),
}
_BY_KIND: Mapping[ExplanationKind, str] = {
    ExplanationKind.REPEATED_RECORDS: "Look for a client that repeats requests, a job that runs in"
    " a loop, or a default that stands for records that could not be read.",
    ExplanationKind.CLOCK_SHIFT: "{names}: check the clock and the time zone of what fills it.",
    ExplanationKind.CONSTANT: "{names}: check the source that fills it; it no longer changes.",
    ExplanationKind.UNIT_CHANGE: "{names}: check in which unit it is sent now, and convert it at"
    " the source.",
    ExplanationKind.SPELLING: "{names}: check the client or the export that spells known categories"
    " otherwise.",
    ExplanationKind.VALUE_SHARE: "{names}: check whether the frequent value is real, or stands for"
    " values that are missing.",
    ExplanationKind.OUT_OF_RANGE: "{names}: check whether the far values are real, or stand for"
    " values that are missing.",
    ExplanationKind.NEW_VALUES: "{names}: check whether the new values are real, or new codes or"
    " units of known ones.",
    ExplanationKind.ORDER: "{names}: check whether two columns were swapped, or one of them has"
    " another unit.",
    ExplanationKind.ASSOCIATION: "{names}: check the join that fills it, and the order of rows and"
    " columns.",
    ExplanationKind.MISSING_VALUES: "{names}: check the client or the join that no longer fills"
    " it.",
}
"""What to check, by what changed; nothing for a change that only the world may explain."""

_SAME_CAUSE = (ExplanationKind.CLOCK_SHIFT, ExplanationKind.MISSING_VALUES)
"""Kinds of changes that the partners show too."""

_VIOLATIONS = (
    "Fix the data at its source: the data quality section names each column and what is wrong. To"
    " the model, values that can't be read are missing."
)
_CAUSE = (
    "Fix an upstream change (a new client, unit or category code) at its source. Retrain for a"
    " change in the real world."
)
_GATE = (
    "If the drift persists, the alarm invokes the gate, which starts one retraining or refuses with"
    " a reason. The challenger then waits for approval in the model registry."
)
_TREND = (
    "Check the trend: a sudden step suggests a release or an incident, a gradual change suggests"
    " seasonality."
)
_NO_HISTORY = "Give reports of earlier windows (--history) to see start and trend of the drift."


class TopReason(NamedTuple):
    """A reason of the verdict: the column that it is about (empty if none), and the text."""

    name: str
    text: str


def top_reasons(report: WindowReport) -> list[TopReason]:
    """The verdict's reasons, largest effect first."""
    names = sorted((*report.features, "prediction"), key=len, reverse=True)
    return [_top_reason(reason, names) for reason in dict.fromkeys(report.reasons)][
        :MAX_TOP_REASONS
    ]


def next_steps(
    report: WindowReport, ranked: RankedColumns, history: Sequence[WindowOutcome]
) -> list[str]:
    """What to do, by the verdict and by what drifted in this window and in earlier ones.

    Args:
        report: The report of the window.
        ranked: Its features, largest change first.
        history: Earlier windows, oldest first.
    """
    violations = report.data_quality.violations
    if report.verdict == WindowVerdict.STABLE and violations:
        return [_VIOLATIONS]
    if report.verdict != WindowVerdict.DRIFTED:
        return [*_checks(report.explanations), *_NEXT_STEPS[report.verdict]]
    drifted = [(name, column) for name, column in ranked if column.drifted]
    steps = [
        *_alarm(report, ranked, history),
        *_checks(report.explanations),
        *_common_start(drifted),
        *_predictions(report, drifted),
        _CAUSE,
    ]
    if history:
        steps.append(_TREND)
    elif report.version is None and report.window is not None:
        steps.append(_NO_HISTORY)
    if report.version is not None:
        steps.append(_GATE)
    return steps


def _top_reason(reason: str, names: Sequence[str]) -> TopReason:
    for name in names:
        if reason.startswith(f"{name}: "):
            return TopReason(name, reason.removeprefix(f"{name}: "))
    return TopReason("", reason)


def _alarm(
    report: WindowReport, ranked: RankedColumns, history: Sequence[WindowOutcome]
) -> Iterator[str]:
    """Whether the alarm is in ALARM after this window, or what it takes."""
    if report.is_daily:
        yield "A drifted day changes the alarm to ALARM."
        return
    if report.outcome is None:
        return
    policy = report.policy
    rule = f"{policy.datapoints_to_alarm} of the last {policy.evaluation_periods} analyzed windows"
    names = persistent_columns([*history, report.outcome], policy)
    if not names:
        yield f"This window does not change the alarm: the same column must drift in {rule}."
        return
    order = {name: position for position, (name, _) in enumerate(ranked)}
    names = tuple(sorted(names, key=lambda name: order.get(name, len(order))))
    yield f"{listed(names)} drifted in {rule}: the alarm changes to ALARM."


def _checks(explanations: Sequence[Explanation]) -> Iterator[str]:
    """What to check for each kind of change, in the order of the explanations."""
    columns: dict[ExplanationKind, list[str]] = {}
    for one in explanations:
        is_filled_again = one.kind == ExplanationKind.MISSING_VALUES and (
            (one.current or 0.0) < (one.reference or 0.0)
        )
        if one.kind in _BY_KIND and not is_filled_again:
            others = one.partners if one.kind in _SAME_CAUSE else ()
            columns.setdefault(one.kind, []).extend([one.column or "", *others])
    for kind, names in columns.items():
        yield _BY_KIND[kind].format(names=listed(names))


def _common_start(drifted: RankedColumns) -> Iterator[str]:
    """Features that began to drift together may have one cause."""
    since = Counter(column.since for _, column in drifted if column.since)
    if since:
        _, count = since.most_common(1)[0]
        if count > 1:
            yield (
                f"{count} features began to drift in the same window: look for one common cause."
            )


def _predictions(report: WindowReport, drifted: RankedColumns) -> Iterator[str]:
    prediction = report.prediction
    if prediction is None:
        return
    if prediction.drifted and drifted:
        yield "The predictions drifted too: notify their consumers."
    elif prediction.drifted:
        yield (
            "The predictions drifted though no feature did: check the serving side (model version,"
            " preprocessing), then correlations of features."
        )
    elif prediction.status in (ColumnStatus.STABLE, ColumnStatus.MINOR_CHANGE):
        yield (
            "The predictions have not drifted: labels will show whether they are still accurate."
        )
