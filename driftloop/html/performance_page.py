"""The page on a model's performance: how good it was, and how much of that is known yet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from driftloop.html.chart import Scale, Tick, dots_path, line_path, ticks
from driftloop.html.render import environment
from driftloop.performance.performance_report import (
    DayPerformance,
    DayStatus,
    GroupPerformance,
    PerformanceReport,
    PerformanceVerdict,
    ScoreEstimate,
    SegmentPerformance,
)
from driftloop.performance.performance_text import SCORE_LABELS
from driftloop.report.formatting import format_count, format_number, format_share

TITLES: Mapping[PerformanceVerdict, str] = {
    PerformanceVerdict.STABLE: "Performance is stable",
    PerformanceVerdict.DEGRADED: "Performance is degraded",
    PerformanceVerdict.IMMATURE: "Too few labels have arrived yet",
    PerformanceVerdict.LABEL_DELAY_CHANGED: "Labels do not arrive as they did",
    PerformanceVerdict.INSUFFICIENT_DATA: "No verdict",
}

_COLORS: Mapping[PerformanceVerdict, str] = {
    PerformanceVerdict.STABLE: "stable",
    PerformanceVerdict.DEGRADED: "drifted",
    PerformanceVerdict.IMMATURE: "minor_change",
    PerformanceVerdict.LABEL_DELAY_CHANGED: "invalid_data",
    PerformanceVerdict.INSUFFICIENT_DATA: "insufficient_data",
}

NEXT_STEPS: Mapping[PerformanceVerdict, str] = {
    PerformanceVerdict.STABLE: "Nothing.",
    PerformanceVerdict.DEGRADED: "Look at the calibration and at the segments below: if only the"
    " calibration is off, recalibrating may do. If the ranking is worse, retrain on the newest"
    " labels.",
    PerformanceVerdict.IMMATURE: "Wait for further labels, and repeat the command.",
    PerformanceVerdict.LABEL_DELAY_CHANGED: "Find out what changed in the collection of labels."
    " Until the days are mature, nothing can be said about them.",
    PerformanceVerdict.INSUFFICIENT_DATA: "See the reason: give more labels, or a baseline with"
    " held-out records.",
}

DRAWN_SCORES = ("roc_auc", "log_loss", "accuracy", "rmse", "mae")
"""Scores that are drawn by day, at most ``MAX_CHARTS`` of those that the model has."""

MAX_CHARTS = 2
MAX_SEGMENTS = 12


@dataclass(frozen=True, slots=True)
class DayMark:
    """A part of the chart's width, one day: where it is not mature it is hatched or shaded."""

    left: float
    width: float
    status: str
    title: str
    known: float


@dataclass(frozen=True, slots=True)
class ScoreChart:
    """A score by day: its line and dots, the interval of each day, and the reference."""

    label: str
    title: str
    line: str
    dots: str
    intervals: str
    y_ticks: tuple[Tick, ...]
    reference: float | None


def render_performance(report: PerformanceReport) -> str:
    """Render a report on performance as one self-contained page.

    Args:
        report: The report of ``driftloop performance``.

    Returns:
        HTML without scripts or external files; equal reports give equal text.
    """
    template = environment().get_template("performance.html.j2")
    return template.render(page=_page_context(report))


def _page_context(report: PerformanceReport) -> dict[str, Any]:
    dated = [day for day in report.days if day.day != "unknown"]
    return {
        "model": report.model,
        "period": _period(report),
        "rating": _COLORS[report.verdict],
        "headline": TITLES[report.verdict],
        "facts": [*_facts(report)],
        "reasons": report.reasons,
        "next_step": NEXT_STEPS[report.verdict],
        "marks": _marks(dated) if len(dated) > 1 else (),
        "statuses": sorted({str(day.status) for day in dated}),
        "charts": [*_charts(report, dated)] if len(dated) > 1 else [],
        "first_day": dated[0].day if dated else "",
        "last_day": dated[-1].day if dated else "",
        "scores": [*_score_rows(report)],
        "has_reference": bool(report.reference),
        "has_bounds": any(one.lowest is not None for one in report.scores.values())
        and report.known < report.expected,
        "confusion": _confusion(report),
        "calibration": _calibration(report),
        "segments": _segments(report),
        "groups": [_group(one) for one in report.groups],
        "labels": [*_label_rows(report)],
        "maturity": [*_maturity_rows(report)],
        "notes": report.notes,
    }


def _period(report: PerformanceReport) -> str:
    if report.first_record is None or report.last_record is None:
        return "records without times"
    return f"{report.first_record[:10]} to {report.last_record[:10]}"


def _facts(report: PerformanceReport) -> Iterator[tuple[str, str, str]]:
    share = format_share(report.maturity.known_share)
    counts = f"{format_count(report.known)} of {format_count(report.expected)} records"
    yield "labels known", share, counts
    for name in DRAWN_SCORES:
        estimate = report.scores.get(name)
        if estimate is not None and estimate.value is not None:
            yield SCORE_LABELS[name], format_number(estimate.value), _interval(estimate)


def _interval(estimate: ScoreEstimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "no interval"
    return f"95%: {format_number(estimate.low)} to {format_number(estimate.high)}"


def _marks(days: Sequence[DayPerformance]) -> tuple[DayMark, ...]:
    width = 100 / len(days)
    return tuple(
        DayMark(
            left=position * width,
            width=width,
            status=str(day.status),
            title=f"{day.day}: {format_count(day.known)} of {format_count(day.expected)} labels,"
            f" {day.status}",
            known=100 * day.known / day.expected if day.expected else 0.0,
        )
        for position, day in enumerate(days)
    )


def _charts(report: PerformanceReport, days: Sequence[DayPerformance]) -> Iterator[ScoreChart]:
    drawn = [
        name
        for name in DRAWN_SCORES
        if any(name in day.scores and day.scores[name].value is not None for day in days)
    ]
    for name in drawn[:MAX_CHARTS]:
        reference = report.reference.get(name)
        yield _chart(name, days, None if reference is None else reference.value)


def _chart(name: str, days: Sequence[DayPerformance], reference: float | None) -> ScoreChart:
    found = [day.scores.get(name) for day in days]
    ends = [
        value
        for one in found
        if one is not None
        for value in (one.value, one.low, one.high)
        if value is not None
    ]
    ends += [] if reference is None else [reference]
    low, high = min(ends), max(ends)
    margin = 0.08 * (high - low) or 0.01
    up = Scale(low - margin, high + margin)
    width = 100 / len(days)
    points = [
        ((position + 0.5) * width, None if one is None or one.value is None else up(one.value))
        for position, one in enumerate(found)
    ]
    intervals = "".join(
        f"M{(position + 0.5) * width:.2f} {100 - up(one.low):.2f}V{100 - up(one.high):.2f}"
        for position, one in enumerate(found)
        if one is not None and one.low is not None and one.high is not None
    )
    label = SCORE_LABELS[name]
    return ScoreChart(
        label=label,
        title=f"{label} by day, with its 95% interval",
        line=line_path(points),
        dots=dots_path(points),
        intervals=intervals,
        y_ticks=tuple(Tick(up(at), format_number(at)) for at in ticks(low, high, 4)),
        reference=None if reference is None else up(reference),
    )


def _score_rows(report: PerformanceReport) -> Iterator[dict[str, str]]:
    for name, estimate in report.scores.items():
        reference = report.reference.get(name)
        yield {
            "label": SCORE_LABELS[name],
            "value": format_number(estimate.value),
            "interval": estimate.undefined or ""
            if estimate.low is None or estimate.high is None
            else f"{format_number(estimate.low)} to {format_number(estimate.high)}",
            "reference": "–" if reference is None else format_number(reference.value),
            "bounds": "–"
            if estimate.lowest is None or estimate.highest is None
            else f"{format_number(estimate.lowest)} to {format_number(estimate.highest)}",
        }


def _confusion(report: PerformanceReport) -> dict[str, Any] | None:
    found = report.confusion
    if found is None or len(found.classes) > MAX_SEGMENTS:
        return None
    largest = max((count for row in found.counts for count in row), default=0) or 1
    rows = [
        (name, [(format_count(count), 60 * count / largest) for count in row])
        for name, row in zip(found.classes, found.counts, strict=True)
    ]
    return {"classes": found.classes, "rows": rows}


def _calibration(report: PerformanceReport) -> dict[str, Any] | None:
    points = report.calibration
    if not points:
        return None
    top = max(max(point.mean_score, point.positive_share) for point in points)
    scale = Scale(0.0, min(1.0, 1.1 * top) or 1.0)
    places = [(scale(point.mean_score), scale(point.positive_share)) for point in points]
    marks = tuple(Tick(scale(at), format_share(at)) for at in ticks(0.0, scale.high, 4))
    return {
        "line": line_path(places),
        "dots": dots_path(places),
        "ticks": marks,
        "rows": [
            (
                format_share(point.mean_score),
                format_share(point.positive_share),
                format_count(point.records),
            )
            for point in points
        ],
    }


def _segments(report: PerformanceReport) -> dict[str, Any] | None:
    """The segments with the worst score, which is the first of ``DRAWN_SCORES`` that they have."""
    name = next((n for n in DRAWN_SCORES if any(n in one.scores for one in report.segments)), None)
    if name is None:
        return None
    sign = 1 if name in ("roc_auc", "accuracy") else -1

    def order(one: SegmentPerformance) -> tuple[float, str, str]:
        return (sign * (one.scores[name] or 0.0), one.column, one.level)

    scored = [one for one in report.segments if one.scores.get(name) is not None]
    rows = [
        (one.column, one.level, format_count(one.known), format_number(one.scores[name]))
        for one in sorted(scored, key=order)[:MAX_SEGMENTS]
    ]
    return {"score": SCORE_LABELS[name], "rows": rows, "count": len(scored)} if rows else None


def _group(one: GroupPerformance) -> tuple[str, ...]:
    return (
        one.group,
        one.level,
        format_count(one.known),
        format_share(one.selection_rate),
        format_share(one.true_positive_rate),
        format_share(one.false_positive_rate),
        format_share(one.precision),
    )


def _label_rows(report: PerformanceReport) -> Iterator[tuple[str, str]]:
    use = report.labels
    if use is None:
        return
    yield "requests with a label", format_count(use.requests)
    yield "of them without a captured request here", format_count(use.unmatched)
    for reason, count in use.unlabeled.items():
        yield f"records without a label: {reason}", format_count(count)
    yield "label lines that can't be read", format_count(use.unreadable_lines)


def _maturity_rows(report: PerformanceReport) -> Iterator[tuple[str, str]]:
    maturity = report.maturity
    for status in DayStatus:
        count = sum(day.status is status for day in report.days)
        if count:
            yield f"days {status}", format_count(count)
    if maturity.as_of is not None:
        yield "labels collected until", maturity.as_of
    if maturity.expected_share is not None:
        yield "records that are labeled in the end", format_share(maturity.expected_share)
    for name, (low, middle, high) in maturity.delay_hours.items():
        yield (
            f"hours until 10%, 50%, 90% of the {name} labels",
            ", ".join(format_number(hours) for hours in (low, middle, high)),
        )
    if maturity.mass is not None:
        yield "weighted labels / expected labels", format_number(maturity.mass)
