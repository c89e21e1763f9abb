"""The values that the page of a window or day shows, from its report."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from driftloop.capture.line_counts import (
    REJECT_REASON_MEANINGS,
    SKIP_REASON_MEANINGS,
    LineProblem,
)
from driftloop.detection.policy import DriftPolicy
from driftloop.detection.verdict import ColumnStatus
from driftloop.detection.window_outcome import WindowOutcome
from driftloop.html.correlation_panel import correlation_panel
from driftloop.html.drift_from_training_panel import drift_from_training_panel
from driftloop.html.feature_rows import (
    MAX_METER_MULTIPLE,
    feature_card,
    feature_rows,
    ranked_features,
)
from driftloop.html.sensitivity_table import sensitivity_table
from driftloop.html.trend import trend
from driftloop.quality import Violation
from driftloop.quality.duplicates import DuplicateEstimate
from driftloop.report import advice, headline
from driftloop.report.formatting import (
    format_count,
    format_number,
    format_share,
    plural,
    window_text,
)
from driftloop.report.headline import STATUS_LABELS, VERDICT_LABELS, RankedColumns
from driftloop.report.window_report import Counts, WindowReport

UNREAD_PROBLEMS: Mapping[str, str] = {
    LineProblem.REJECTED_LINE: "first rejected line",
    LineProblem.UNREADABLE_RESPONSE: "first response without a readable prediction",
    LineProblem.MISSING_COLUMNS: "first request without some of the features",
}

MAX_FEATURES_WITH_CARD = 12
"""Up to this many features each has a card; of more, only those that changed."""

MAX_CARDS = 24
TOP_ROWS = 15

PREDICTION = "prediction"

_EFFECT_SIZE_NOTE = (
    "An effect size reads like a mean shift in standard deviations. The mark on its bar is the"
    " minimum effect size, below which a change is not drift; the bar ends at {end}. q-values are"
    " p-values adjusted for testing all features (Benjamini-Hochberg)."
)


def page_context(report: WindowReport, history: Sequence[WindowOutcome]) -> dict[str, Any]:
    """Everything that the template puts on the page, by the name that it has there."""
    policy, period = report.policy, headline.period_name(report)
    ranked = ranked_features(report.features, policy.feature_weights)
    detailed = _features_with_card(ranked)
    anchors = {name: f"feature-{position}" for position, (name, _) in enumerate(detailed)}
    predictions = [] if report.prediction is None else [(PREDICTION, report.prediction)]
    all_anchors = {**anchors, **dict.fromkeys(dict(predictions), PREDICTION)}
    rows = feature_rows(ranked, anchors, policy)
    top = max(TOP_ROWS, len(detailed))
    outcomes = [] if report.outcome is None else [*history, report.outcome]
    return {
        "model": report.model,
        "version": report.version,
        "period": period,
        "window": window_text(report.window),
        "verdict": report.verdict,
        "verdict_label": VERDICT_LABELS[report.verdict],
        "headline": headline.headline(report, ranked),
        "lead": headline.drift_duration(report),
        "facts": _facts(report, ranked),
        "top_reasons": [
            (all_anchors.get(reason.name, ""), reason.name, reason.text)
            for reason in advice.top_reasons(report)
        ],
        "next_steps": advice.next_steps(report, ranked, history),
        "violations": [_violation(item) for item in report.data_quality.violations],
        "trend": trend(outcomes, policy.min_effect_size, period),
        "drift_from_training": drift_from_training_panel(
            report.drift_from_training, outcomes, policy
        ),
        "prediction_rows": feature_rows(predictions, {PREDICTION: PREDICTION}, policy),
        "top_rows": rows[:top],
        "more_rows": rows[top:],
        "has_weights": any(row.weight for row in rows),
        "effect_size_note": _EFFECT_SIZE_NOTE.format(
            end=format_number(MAX_METER_MULTIPLE * policy.min_effect_size)
        ),
        "correlation": correlation_panel(report.multivariate),
        "cards": [
            *(feature_card(name, column, PREDICTION, policy) for name, column in predictions),
            *(feature_card(name, column, anchors[name], policy) for name, column in detailed),
        ],
        "sensitivity": sensitivity_table(report.sensitivity),
        "cards_note": _cards_note(len(ranked) - len(detailed)),
        "counts": list(_count_rows(report)),
        "unused_lines": list(_unused_lines(report.counts)),
        "unread_lines": [
            {
                "problem": UNREAD_PROBLEMS[item.problem],
                "reason": item.reason or "",
                "place": f"{item.object}, line {item.line}",
                "shape": item.shape,
                "settings": item.suggested_settings,
            }
            for item in report.counts.first_unread
        ],
        "notes": report.notes,
        "policy": _policy(policy),
    }


def _features_with_card(ranked: RankedColumns) -> RankedColumns:
    if len(ranked) <= MAX_FEATURES_WITH_CARD:
        return ranked
    changed = [item for item in ranked if item[1].status.is_significant]
    return changed[:MAX_CARDS]


def _cards_note(hidden: int) -> str:
    return f"{plural(hidden, 'other feature')}: see the table above." if hidden else ""


def _facts(report: WindowReport, ranked: RankedColumns) -> list[tuple[str, str, str]]:
    """Label, value and note of each key figure."""
    counts = report.counts
    excluded = sum(column.status == ColumnStatus.EXCLUDED for _, column in ranked)
    drifted = sum(column.drifted for _, column in ranked)
    without = f", {format_count(excluded)} excluded" if excluded else ""
    prediction = report.prediction
    return [
        *(_line_facts(counts) if counts.has_lines else _frame_facts(report)),
        (
            "features drifted",
            format_count(drifted),
            f"of {format_count(len(ranked) - excluded)}{without}",
        ),
        (
            "predictions",
            _absent(counts) if prediction is None else STATUS_LABELS[prediction.status],
            "of the model",
        ),
    ]


def _line_facts(counts: Counts) -> list[tuple[str, str, str]]:
    share = (
        f"{format_share(counts.rejected / counts.lines_read)} of the lines"
        if counts.lines_read
        else "no lines"
    )
    lines = f"{plural(counts.lines_read, 'line')} read"
    return [
        ("records analyzed", format_count(counts.records), lines),
        ("lines rejected", format_count(counts.rejected), share),
    ]


def _frame_facts(report: WindowReport) -> list[tuple[str, str, str]]:
    return [
        ("records analyzed", format_count(report.counts.records), "in the current data"),
        ("reference", format_count(report.baseline.reference_records), "records"),
    ]


def _absent(counts: Counts) -> str:
    return "not captured" if counts.has_lines else "none"


def _violation(violation: Violation) -> tuple[str, str, str]:
    """Column, constraint, and what was observed without the column's name again."""
    name = violation.column or ""
    message = violation.message.removeprefix(f"{name}: ")
    return name or "whole lines", violation.constraint.replace("_", " "), message


def _policy(policy: DriftPolicy) -> list[tuple[str, str]]:
    """The settings that are numbers."""
    return [
        (name.replace("_", " "), format_number(value))
        for name, value in policy.to_dict().items()
        if isinstance(value, int | float)
    ]


def _count_rows(report: WindowReport) -> Iterator[tuple[str, str]]:
    """Lines, records, and what is known of them."""
    counts = report.counts
    if not counts.has_lines:
        return
    yield "lines read", format_count(counts.lines_read)
    yield "lines used", format_count(counts.lines_used)
    yield "lines skipped", format_count(counts.skipped)
    yield "lines rejected", format_count(counts.rejected)
    yield "records in the used lines", format_count(counts.records)
    if counts.missing_predictions:
        yield "requests without a captured prediction", format_count(counts.missing_predictions)
    unreadable = sum(counts.responses_unreadable.values())
    if unreadable:
        yield "responses without a readable prediction", format_count(unreadable)
    if counts.duplicate_share is not None:
        yield "records that repeat one of another file", _share(counts.duplicate_share)
    late = sum(report.late_records.values())
    if late:
        yield "late records", format_count(late)
    if report.windows is not None:
        yield "windows included", format_count(len(report.windows.included))
        yield "windows missing", format_count(len(report.windows.missing))


def _share(duplicates: DuplicateEstimate) -> str:
    """The share, or its interval where it was estimated from a sample."""
    if duplicates.is_exact:
        return format_share(duplicates.share)
    low, high = duplicates.interval
    return f"{format_share(low)} to {format_share(high)}"


def _unused_lines(counts: Counts) -> Iterator[Mapping[str, str]]:
    """Rejected and skipped lines by reason, rejected ones first, most frequent first."""
    meanings = {
        str(reason): text
        for reason, text in (*SKIP_REASON_MEANINGS.items(), *REJECT_REASON_MEANINGS.items())
    }
    for by_reason in (counts.lines_rejected, counts.lines_skipped):
        for reason, lines in sorted(by_reason.items(), key=lambda item: (-item[1], item[0])):
            if lines:
                yield {
                    "reason": reason,
                    "lines": format_count(lines),
                    "meaning": meanings.get(reason, ""),
                }
