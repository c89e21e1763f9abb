"""Features as rows of the summary table and as cards, from their entries in the report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftloop.html.chart import Bar, Histogram, Outlines, Scale
from driftloop.html.distribution import category_chart, histogram_chart, sparkline, summary_rows
from driftloop.metrics import LABELS
from driftloop.report.change_text import sentences, short_change
from driftloop.report.formatting import (
    format_number,
    format_p_value,
    format_share,
    hour_text,
    long_time,
    plural,
)
from driftloop.report.headline import STATUS_WORDS

_ORDER = {"invalid_data": 0, "drifted": 1, "minor_change": 2, "stable": 3, "excluded": 5}
_OTHERS = 4

METER_FLOORS = 5
"""The effect's meter ends at so many floors: one feature that moved far leaves the others'
meters readable."""


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One line of the summary table; widths and places in percent of the effect's meter."""

    name: str
    kind: str
    anchor: str
    brief: str
    status: str
    status_short: str
    since: str
    spark: Outlines | None
    effect: str
    effect_width: float
    beyond: bool
    floor: float | None
    q_value: str
    missing: str
    importance: str


@dataclass(frozen=True, slots=True)
class Card:
    """One feature in detail."""

    name: str
    anchor: str
    status: str
    status_text: str
    brief: str
    since: str
    reasons: tuple[str, ...]
    told: tuple[str, ...]
    histogram: Histogram | None
    bars: tuple[Bar, ...]
    summary: tuple[tuple[str, str, str], ...]
    metrics: tuple[tuple[str, str], ...]


def ranked(
    features: Mapping[str, Mapping[str, Any]], importance: Mapping[str, float]
) -> list[tuple[str, Mapping[str, Any]]]:
    """Features by status, then by effect times importance, then by name."""

    def key(item: tuple[str, Mapping[str, Any]]) -> tuple[int, float, str]:
        name, entry = item
        weighed = (entry.get("effect") or 0.0) * importance.get(name, 1.0)
        return _ORDER.get(entry.get("status", ""), _OTHERS), -weighed, name

    return sorted(features.items(), key=key)


def rows(
    items: Sequence[tuple[str, Mapping[str, Any]]],
    anchors: Mapping[str, str],
    policy: Mapping[str, Any],
) -> tuple[FeatureRow, ...]:
    """The table's lines, their meters on one scale."""
    floor = policy.get("min_effect_size")
    top = METER_FLOORS * (floor or 0.2)
    importance = policy.get("feature_weights") or {}
    return tuple(
        _row(name, entry, anchors.get(name, ""), top, floor, importance.get(name))
        for name, entry in items
    )


def card(name: str, entry: Mapping[str, Any], anchor: str, policy: Mapping[str, Any]) -> Card:
    """One feature's card."""
    status = str(entry.get("status", "insufficient_data"))
    return Card(
        name=name,
        anchor=anchor,
        status=status,
        status_text=STATUS_WORDS.get(status, status),
        brief=short_change(entry),
        since=long_time(entry["since"]) if entry.get("since") else "",
        # a card bears its feature's name: its reasons need not repeat it
        reasons=tuple(str(r).removeprefix(f"{name}: ") for r in entry.get("reasons", ())),
        told=sentences(entry) if status in ("drifted", "minor_change") else (),
        histogram=histogram_chart(entry),
        bars=category_chart(entry),
        summary=summary_rows(entry),
        metrics=(*_metrics(entry), *_allowed(entry, policy)),
    )


def min_effect_size_for(entry: Mapping[str, Any], floor: float | None) -> float | None:
    """The floor of shape that the feature was held to: its own, else the policy's."""
    own: float | None = (entry.get("floors") or {}).get("effect")
    return floor if own is None else own


def _row(
    name: str,
    entry: Mapping[str, Any],
    anchor: str,
    top: float,
    floor: float | None,
    importance: float | None,
) -> FeatureRow:
    status = str(entry.get("status", "insufficient_data"))
    effect, own, across = entry.get("effect"), min_effect_size_for(entry, floor), Scale(0.0, top)
    before, after = entry.get("baseline") or {}, entry.get("current") or {}
    return FeatureRow(
        name=name,
        kind=str(entry["kind"]),
        anchor=anchor,
        brief=short_change(entry),
        status=status,
        status_short=STATUS_WORDS.get(status, status).split(",")[0],
        since=hour_text(entry["since"]) if entry.get("since") else "",
        spark=sparkline(entry),
        effect=format_number(None if effect is None else round(effect, 2)),
        effect_width=across(effect or 0.0),
        beyond=(effect or 0.0) > top,
        floor=None if own is None else across(own),
        q_value=format_p_value(entry.get("q_value")),
        missing=_missing(before, after),
        importance="" if importance is None else format_number(importance),
    )


def _missing(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    shares = [before.get("missing_share"), after.get("missing_share")]
    return "–" if not any(shares) else f"{format_share(shares[0])} → {format_share(shares[1])}"


def _metrics(entry: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    shown = [
        (LABELS.get(name, name.replace("_", " ")), format_number(round(value, 4)))
        for name, value in entry.get("metrics", {}).items()
        if isinstance(value, int | float)
    ]
    return (
        *shown,
        ("p", format_p_value(entry.get("p_value"))),
        ("q", format_p_value(entry.get("q_value"))),
    )


def _allowed(entry: Mapping[str, Any], policy: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What dependent traffic was granted: floors above the policy's, a design effect above 1, and
    a reference of the same hours."""
    for name, value in (entry.get("floors") or {}).items():
        if value != policy.get(f"{name}_floor"):
            yield f"floor of {name}", format_number(round(value, 3))
    design = entry.get("design_effect")
    if design is not None and design != 1:
        yield "design effect", format_number(round(design, 2))
    if entry.get("reference_weeks"):
        yield "compared with the same hours of", plural(entry["reference_weeks"], "week")
