"""What the page shows, worked out from the report."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftloop.report import advice, captured, words
from driftloop.report import features as f
from driftloop.report.moments import window_text
from driftloop.report.numbers import format_count, format_number, format_share, plural
from driftloop.report.together import correlation_panel
from driftloop.report.trend import trend

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
    past = trend([*history, _now(report, ranked)], floor, words.period_name(report))
    return {
        "model": str(report.get("model") or "model"),
        "version": report.get("version"),
        "span": words.period_name(report),
        "window": window_text(report["window"]),
        "verdict": report["verdict"],
        "verdict_text": words.VERDICT_WORDS[report["verdict"]],
        "headline": words.headline(report, ranked),
        "lead": words.drift_duration(report),
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
        "records": captured.records(report),
        "apart": captured.apart(report["records"]),
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
            words.STATUS_WORDS.get(answers, answers).split(",")[0],
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
