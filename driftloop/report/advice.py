"""The most important reasons of a verdict, and what to do next."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from driftloop.comparison.summary import CategoricalSummary, NumericSummary
from driftloop.detection.persistence import persistent_columns
from driftloop.detection.policy import DriftPolicy
from driftloop.detection.verdict import ColumnStatus, WindowVerdict
from driftloop.detection.window_outcome import WindowOutcome
from driftloop.report.headline import RankedColumns
from driftloop.report.window_report import AnyColumn, WindowReport
from driftloop.untrusted_text import quoted_value

MAX_TOP_REASONS = 6
MAX_NAMED = 3

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
        return list(_NEXT_STEPS[report.verdict])
    drifted = [(name, column) for name, column in ranked if column.drifted]
    steps = [
        *_alarm(report, ranked, history),
        *_causes(drifted, report.policy),
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
    yield f"{_listed(names)} drifted in {rule}: the alarm changes to ALARM."


def _causes(drifted: RankedColumns, policy: DriftPolicy) -> Iterator[str]:
    """Likely causes, by the kind of change."""
    with_new = [name for name, column in drifted if _has_new_category(column)]
    if with_new:
        yield (
            f"{_listed(with_new)}: check whether the new categories are real, or new codes or"
            " spellings of known ones."
        )
    more_missing = [name for name, column in drifted if _has_more_missing(column, policy)]
    if more_missing:
        yield f"{_listed(more_missing)}: check the client or the join that no longer fills it."
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


def _has_new_category(column: AnyColumn) -> bool:
    """Whether a new category is a reason of the drift."""
    new = [
        quoted_value(found.category) for found in column.changed_categories if found.change == "new"
    ]
    return any(name in reason for name in new for reason in column.reasons)


def _has_more_missing(column: AnyColumn, policy: DriftPolicy) -> bool:
    """Whether a larger share of missing values is a reason of the drift."""
    p_value, effect_size = column.p_values.missing, column.effect_sizes.missing
    if p_value is None or effect_size is None or column.min_effect_sizes is None:
        return False
    is_significant = p_value <= policy.false_discovery_rate
    is_large = effect_size >= column.min_effect_sizes.share
    increased = _without_value(column.current) > _without_value(column.reference)
    return is_significant and is_large and increased


def _without_value(side: NumericSummary | CategoricalSummary) -> float:
    """Share of records without a value that can be read."""
    invalid = side.invalid_type_share if isinstance(side, NumericSummary) else 0.0
    return side.missing_share + invalid


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - MAX_NAMED
    shown = ", ".join(names[:MAX_NAMED])
    return f"{shown} and {rest} more" if rest > 0 else shown
