"""What the page shows, worked out from the report.

What became of the captured lines, and which of a day's windows its report sums up.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from driftloop.capture.line_counts import REJECT_REASON_MEANINGS, SKIP_REASON_MEANINGS
from driftloop.html import feature_rows as f
from driftloop.html.correlation_panel import correlation_panel
from driftloop.html.trend import trend
from driftloop.report import advice, headline
from driftloop.report.formatting import (
    format_count,
    format_number,
    format_share,
    plural,
    window_text,
)

ALL_CARDS = 12
"""Up to so many features each has a card; beyond, only those that changed."""

MAX_CARDS = 24
TOP_ROWS = 15

PREDICTION = "prediction"

_EFFECT = (
    "Effect reads like a mean shift of so many standard deviations; the mark on its bar is the"
    " floor below which a change is no drift, and the bar ends at {end}. q-values are p-values"
    " corrected for looking at all features (Benjamini-Hochberg)."
)

Ranked = Sequence[tuple[str, Mapping[str, Any]]]


def page_context(report: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Everything the template puts on the page."""
    policy = report.get("policy") or {}
    ranked = f.ranked(report["features"], policy.get("feature_weights") or {})
    detailed = _detailed(ranked)
    anchors = {name: f"feature-{position}" for position, (name, _) in enumerate(detailed)}
    answers = [(PREDICTION, report["prediction"])] if report.get("prediction") else []
    rows = f.rows(ranked, anchors, policy)
    top = max(TOP_ROWS, len(detailed))
    floor = policy.get("min_effect_size")
    past = trend([*history, _now(report, ranked)], floor, headline.period_name(report))
    return {
        "model": str(report.get("model") or "model"),
        "version": report.get("version"),
        "span": headline.period_name(report),
        "window": window_text(report["window"]),
        "verdict": report["verdict"],
        "verdict_text": headline.VERDICT_WORDS[report["verdict"]],
        "headline": headline.headline(report, ranked),
        "lead": headline.drift_duration(report),
        "facts": _facts(report, ranked),
        "look_first": _pointers(report, {**anchors, **dict.fromkeys(dict(answers), PREDICTION)}),
        "next_steps": advice.next_steps(report, ranked, history),
        "violations": [_violation(item) for item in report["data_quality"]["violations"]],
        "trend": past,
        "answer_rows": f.rows(answers, {PREDICTION: PREDICTION}, policy),
        "top_rows": rows[:top],
        "more_rows": rows[top:],
        "has_importance": any(row.importance for row in rows),
        "effect_note": _EFFECT.format(end=format_number(f.METER_FLOORS * (floor or 0.2))),
        "together": correlation_panel(report.get("multivariate")),
        "cards": [
            *(f.card(name, entry, PREDICTION, policy) for name, entry in answers),
            *(f.card(name, entry, anchors[name], policy) for name, entry in detailed),
        ],
        "cards_note": _cards_note(len(ranked) - len(detailed)),
        "records": records(report),
        "apart": apart(report["records"]),
        "notes": [str(note) for note in report.get("notes", ())],
        "policy": _policy(policy),
    }


def _pointers(report: Mapping[str, Any], anchors: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [
        (anchors.get(pointer.name, ""), pointer.name, pointer.text)
        for pointer in advice.top_reasons(report)
    ]


def _detailed(ranked: Ranked) -> Ranked:
    if len(ranked) <= ALL_CARDS:
        return ranked
    changed = [item for item in ranked if item[1].get("status") in ("drifted", "minor_change")]
    return changed[:MAX_CARDS]


def _cards_note(hidden: int) -> str:
    return f"{plural(hidden, 'other feature')}: see the table above." if hidden else ""


def _facts(report: Mapping[str, Any], ranked: Ranked) -> list[tuple[str, str, str]]:
    records = report["records"]
    rejected = sum(records["rejected"].values())
    drifted = sum(entry.get("status") == "drifted" for _, entry in ranked)
    excluded_features = sum(entry.get("status") == "excluded" for _, entry in ranked)
    answers = (report.get("prediction") or {}).get("status", "not captured")
    portion = (
        f"{format_share(rejected / records['read'])} of the lines"
        if records["read"]
        else "no lines"
    )
    without = f", {format_count(excluded_features)} left out" if excluded_features else ""
    return [
        (
            "records judged",
            format_count(records["rows"]),
            plural(records["read"], "line") + " read",
        ),
        ("lines rejected", format_count(rejected), portion),
        (
            "features drifted",
            format_count(drifted),
            f"of {format_count(len(ranked) - excluded_features)}{without}",
        ),
        (
            "predictions",
            headline.STATUS_WORDS.get(answers, answers).split(",")[0],
            "the model's answers",
        ),
    ]


def _violation(item: Mapping[str, Any]) -> tuple[str, str, str]:
    """Column, constraint, and what was seen without the column's name again."""
    name = str(item["feature"] or "")
    message = str(item["message"]).removeprefix(f"{name}: ")
    return name or "whole lines", str(item["constraint"]).replace("_", " "), message


def _now(report: Mapping[str, Any], ranked: Ranked) -> Mapping[str, Any]:
    drifted = [name for name, entry in ranked if entry.get("status") == "drifted"]
    return {**report, "drifted_features": drifted}


def _policy(policy: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name.replace("_", " "), format_number(value))
        for name, value in policy.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]


def records(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Lines read, and where they went; records, and what is known of them."""
    line_counts = report["records"]
    return [
        ("lines read", format_count(line_counts["read"])),
        ("lines used", format_count(line_counts["used"])),
        ("set apart, in order", format_count(sum((line_counts.get("filtered") or {}).values()))),
        ("rejected", format_count(sum(line_counts["rejected"].values()))),
        ("records in the used lines", format_count(line_counts["rows"])),
        *_more(report),
    ]


def apart(line_counts: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was not used and why, rejected lines first."""
    meanings = {
        str(kind): text
        for kind, text in (*SKIP_REASON_MEANINGS.items(), *REJECT_REASON_MEANINGS.items())
    }
    return [
        {"reason": reason, "lines": format_count(lines), "meaning": meanings.get(reason, "")}
        for kind in (line_counts["rejected"], line_counts.get("filtered") or {})
        for reason, lines in sorted(kind.items(), key=lambda item: (-item[1], item[0]))
        if lines
    ]


def _more(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    line_counts = report["records"]
    if line_counts.get("missing_predictions"):
        yield "requests without a captured answer", format_count(line_counts["missing_predictions"])
    repeated = line_counts.get("duplicate_share")
    if repeated is not None:
        yield "records that repeat an event of another file", _estimate(repeated)
    late = sum((report.get("late_records") or {}).values())
    if late:
        yield "records that came late", format_count(late)
    windows = report.get("windows") or {}
    if windows:
        yield "windows summed up", format_count(len(windows["summed"]))
        yield "windows that are missing", format_count(len(windows["missing"]))


def _estimate(found: Mapping[str, Any]) -> str:
    """A share, with its interval where it was estimated."""
    low, high = found["interval"]
    exact = low == high
    return format_share(found["share"]) if exact else f"{format_share(low)} to {format_share(high)}"
