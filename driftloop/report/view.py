"""What the page shows, worked out from the report."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from driftloop.capture.tally import FILTERED_MEANINGS, MEANINGS
from driftloop.report import features as f
from driftloop.report import words
from driftloop.report.numbers import count, number, plural, share
from driftloop.report.trend import trend

ALL_CARDS = 12
"""Up to so many features each has a card; beyond, only those that changed."""

MOST_CARDS = 24
TOP_ROWS = 15

_EFFECT = (
    "Effect reads like a mean shift of so many standard deviations; the mark on its bar is the"
    " floor below which a change is no drift. q-values are p-values corrected for looking"
    " at all features (Benjamini-Hochberg)."
)


def page(report: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Everything the template puts on the page."""
    policy = report.get("policy") or {}
    ranked = f.ranked(report["features"], policy.get("importance") or {})
    detailed = _detailed(ranked)
    anchors = {name: f"feature-{position}" for position, (name, _) in enumerate(detailed)}
    floor = policy.get("effect_floor")
    rows = f.rows(ranked, anchors, floor)
    top = max(TOP_ROWS, len(detailed))
    return {
        "model": str(report.get("model") or "model"),
        "version": report.get("version"),
        "window": window_text(report["window"]),
        "verdict": report["verdict"],
        "verdict_text": words.VERDICT_WORDS[report["verdict"]],
        "headline": words.headline(report, ranked),
        "lead": _since(report),
        "facts": _facts(report, ranked),
        "look_first": words.look_first(report, ranked),
        "next_steps": words.next_steps(report),
        "violations": report["data_quality"]["violations"],
        "trend": trend([*history, _now(report, ranked)], floor),
        "top_rows": rows[:top],
        "more_rows": rows[top:],
        "effect_note": _EFFECT,
        "cards": [
            *_prediction(report),
            *(f.card(name, entry, anchors[name]) for name, entry in detailed),
        ],
        "cards_note": _cards_note(len(ranked) - len(detailed)),
        "records": _records(report["records"]),
        "apart": _apart(report["records"]),
        "notes": [str(note) for note in report.get("notes", ())],
        "policy": _policy(policy),
    }


def window_text(window: Mapping[str, str | None]) -> str:
    """``Tue 2 Jul 2013, 14:00 to 15:00 UTC``; an analysis by hand of no record has no window."""
    if not window["start"] or not window["end"]:
        return "no records, so no window"
    sides = (window["start"], window["end"])
    start, end = (datetime.fromisoformat(side).astimezone(UTC) for side in sides)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{_day(end)}, {end:%H:%M}"
    return f"{_day(start)}, {start:%H:%M} to {until} UTC"


def _day(moment: datetime) -> str:
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def _detailed(
    ranked: Sequence[tuple[str, Mapping[str, Any]]],
) -> Sequence[tuple[str, Mapping[str, Any]]]:
    if len(ranked) <= ALL_CARDS:
        return ranked
    changed = [item for item in ranked if item[1].get("status") in ("drifted", "shifted")]
    return changed[:MOST_CARDS]


def _cards_note(hidden: int) -> str:
    return f"{plural(hidden, 'other feature')}: see the table above." if hidden else ""


def _since(report: Mapping[str, Any]) -> str:
    """When the drift began, where that was before this window."""
    since = report.get("since")
    if since is None or since["start"] >= report["window"]["start"]:
        return ""
    start = datetime.fromisoformat(since["start"]).astimezone(UTC)
    return f"It began in the window from {_day(start)}, {start:%H:%M} UTC, and has lasted since."


def _facts(
    report: Mapping[str, Any], ranked: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[tuple[str, str, str]]:
    records = report["records"]
    rejected = sum(records["rejected"].values())
    drifted = sum(entry.get("status") == "drifted" for _, entry in ranked)
    answers = (report.get("prediction") or {}).get("status", "not captured")
    portion = f"{share(rejected / records['read'])} of the lines" if records["read"] else "no lines"
    return [
        ("records judged", count(records["rows"]), f"{count(records['read'])} lines read"),
        ("lines rejected", count(rejected), portion),
        ("features drifted", count(drifted), f"of {count(len(ranked))}"),
        (
            "predictions",
            words.STATUS_WORDS.get(answers, answers).split(",")[0],
            "the model's answers",
        ),
    ]


def _now(
    report: Mapping[str, Any], ranked: Sequence[tuple[str, Mapping[str, Any]]]
) -> Mapping[str, Any]:
    drifted = [name for name, entry in ranked if entry.get("status") == "drifted"]
    return {**report, "drifted_features": drifted}


def _prediction(report: Mapping[str, Any]) -> list[f.Card]:
    entry = report.get("prediction")
    return [f.card("prediction", entry, "prediction")] if entry else []


def _records(records: Mapping[str, Any]) -> list[tuple[str, str]]:
    lines = [("lines read", count(records["read"])), ("lines used", count(records["used"]))]
    filtered = records.get("filtered") or {}
    apart = sum(filtered.values()) if isinstance(filtered, Mapping) else filtered
    return [
        *lines,
        ("set apart, in order", count(apart)),
        ("rejected", count(sum(records["rejected"].values()))),
    ]


def _apart(records: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was not used and why, rejected lines first."""
    meanings = {str(kind): text for kind, text in (*FILTERED_MEANINGS.items(), *MEANINGS.items())}
    filtered = records.get("filtered") or {}
    kinds = [records["rejected"], filtered if isinstance(filtered, Mapping) else {}]
    return [
        {"reason": reason, "lines": count(lines), "meaning": meanings.get(reason, "")}
        for kind in kinds
        for reason, lines in sorted(kind.items(), key=lambda item: (-item[1], item[0]))
        if lines
    ]


def _policy(policy: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name.replace("_", " "), number(value))
        for name, value in policy.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
