"""Features as rows of the summary table and as cards, from their entries in the report."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftloop.report.distribution import levels_of, outlines_of, summary_of
from driftloop.report.numbers import number, probability, share
from driftloop.report.scale import Scale
from driftloop.report.shapes import Bar, Histogram
from driftloop.report.words import STATUS_WORDS

_ORDER = {"drifted": 0, "shifted": 1, "stable": 2}

METRIC_WORDS: Mapping[str, str] = {
    "ks": "KS",
    "psi": "PSI",
    "psi_corrected": "PSI corrected",
    "missing_h": "missing, h",
    "js": "Jensen-Shannon",
    "wasserstein": "Wasserstein",
    "hellinger": "Hellinger",
    "chi_square": "chi²",
    "l_infinity": "L∞",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the summary table; widths and places in percent of the effect's meter."""

    name: str
    kind: str
    anchor: str
    status: str
    status_short: str
    effect: str
    effect_width: float
    floor: float | None
    q_value: str
    missing: str


@dataclass(frozen=True, slots=True)
class Card:
    """One feature in detail."""

    name: str
    anchor: str
    status: str
    status_text: str
    reasons: tuple[str, ...]
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
        return _ORDER.get(entry.get("status", ""), 3), -weighed, name

    return sorted(features.items(), key=key)


def rows(
    items: Sequence[tuple[str, Mapping[str, Any]]],
    anchors: Mapping[str, str],
    floor: float | None,
) -> tuple[Row, ...]:
    """The table's lines, their meters on one scale that ends at the largest effect."""
    effects = [entry.get("effect") or 0.0 for _, entry in items]
    top = max([*(e for e in effects if math.isfinite(e)), 2.5 * (floor or 0.2)])
    across = Scale(0.0, top)
    return tuple(_row(name, entry, anchors.get(name, ""), across, floor) for name, entry in items)


def card(name: str, entry: Mapping[str, Any], anchor: str) -> Card:
    """One feature's card."""
    status = str(entry.get("status", "insufficient_data"))
    return Card(
        name=name,
        anchor=anchor,
        status=status,
        status_text=STATUS_WORDS.get(status, status),
        reasons=tuple(str(reason) for reason in entry.get("reasons", ())),
        histogram=outlines_of(entry),
        bars=levels_of(entry),
        summary=summary_of(entry),
        metrics=_metrics(entry),
    )


def _row(
    name: str, entry: Mapping[str, Any], anchor: str, across: Scale, floor: float | None
) -> Row:
    status = str(entry.get("status", "insufficient_data"))
    effect = entry.get("effect")
    before, after = entry.get("baseline") or {}, entry.get("current") or {}
    return Row(
        name=name,
        kind=str(entry["kind"]),
        anchor=anchor,
        status=status,
        status_short=STATUS_WORDS.get(status, status).split(",")[0],
        effect=number(None if effect is None else round(effect, 3)),
        effect_width=across(effect or 0.0),
        floor=None if floor is None else across(floor),
        q_value=probability(entry.get("q_value")),
        missing=_missing(before, after),
    )


def _missing(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    shares = [before.get("missing_share"), after.get("missing_share")]
    return "–" if not any(shares) else f"{share(shares[0])} → {share(shares[1])}"


def _metrics(entry: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    shown = [
        (METRIC_WORDS.get(name, name.replace("_", " ")), number(round(value, 4)))
        for name, value in entry.get("metrics", {}).items()
        if isinstance(value, int | float)
    ]
    return (
        *shown,
        ("p", probability(entry.get("p_value"))),
        ("q", probability(entry.get("q_value"))),
    )
