"""Features as rows of the summary table and as cards, from their columns in the report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from driftloop.detection.policy import DriftPolicy
from driftloop.detection.verdict import ColumnStatus
from driftloop.html.chart import Bar, HistogramChart, Outlines, Scale
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
from driftloop.report.headline import STATUS_LABELS, RankedColumns
from driftloop.report.window_report import AnyColumn

_STATUS_ORDER: Mapping[ColumnStatus, int] = {
    ColumnStatus.INVALID_DATA: 0,
    ColumnStatus.DRIFTED: 1,
    ColumnStatus.MINOR_CHANGE: 2,
    ColumnStatus.STABLE: 3,
    ColumnStatus.INSUFFICIENT_DATA: 4,
    ColumnStatus.EXCLUDED: 5,
}

MAX_METER_MULTIPLE = 5
"""The effect size meter ends at this multiple of the minimum effect size, so that one feature with
a very large change leaves the other meters readable."""


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One line of the summary table; widths and positions in percent of the effect size meter.

    ``is_beyond`` says that the effect size exceeds the meter, ``minimum`` is the position of the
    minimum effect size.
    """

    name: str
    kind: str
    anchor: str
    change: str
    status: str
    status_label: str
    since: str
    spark: Outlines | None
    effect_size: str
    meter_width: float
    is_beyond: bool
    minimum: float
    q_value: str
    missing: str
    weight: str


@dataclass(frozen=True, slots=True)
class Card:
    """One feature in detail."""

    name: str
    anchor: str
    status: str
    status_label: str
    change: str
    since: str
    reasons: tuple[str, ...]
    details: tuple[str, ...]
    histogram: HistogramChart | None
    bars: tuple[Bar, ...]
    summary: tuple[tuple[str, str, str], ...]
    metrics: tuple[tuple[str, str], ...]


def ranked_features(
    features: Mapping[str, AnyColumn], weights: Mapping[str, float]
) -> RankedColumns:
    """Features by status, then by effect size times feature weight, then by name."""

    def key(item: tuple[str, AnyColumn]) -> tuple[int, float, str]:
        name, column = item
        weighted = (column.effect_size or 0.0) * weights.get(name, 1.0)
        return _STATUS_ORDER[column.status], -weighted, name

    return sorted(features.items(), key=key)


def feature_rows(
    columns: RankedColumns, anchors: Mapping[str, str], policy: DriftPolicy
) -> tuple[FeatureRow, ...]:
    """The table's lines, their meters on one scale."""
    across = Scale(0.0, MAX_METER_MULTIPLE * policy.min_effect_size)
    return tuple(
        _row(name, column, anchors.get(name, ""), across, policy) for name, column in columns
    )


def feature_card(name: str, column: AnyColumn, anchor: str, policy: DriftPolicy) -> Card:
    """One feature's card."""
    return Card(
        name=name,
        anchor=anchor,
        status=column.status,
        status_label=STATUS_LABELS[column.status],
        change=short_change(column),
        since=long_time(column.since) if column.since else "",
        # the card shows its feature's name: its reasons need not repeat it
        reasons=tuple(reason.removeprefix(f"{name}: ") for reason in column.reasons),
        details=sentences(column) if column.status.is_significant else (),
        histogram=histogram_chart(column),
        bars=category_chart(column),
        summary=summary_rows(column),
        metrics=(*_metrics(column), *_adjustments(column, policy)),
    )


def min_effect_size_for(column: AnyColumn, policy: DriftPolicy) -> float:
    """The minimum effect size of the column's distribution: its own, else the policy's."""
    own = column.min_effect_sizes
    return policy.min_effect_size if own is None else own.distribution


def _row(
    name: str, column: AnyColumn, anchor: str, across: Scale, policy: DriftPolicy
) -> FeatureRow:
    effect_size, weight = column.effect_size, policy.feature_weights.get(name)
    return FeatureRow(
        name=name,
        kind=column.kind,
        anchor=anchor,
        change=short_change(column),
        status=column.status,
        status_label=STATUS_LABELS[column.status],
        since=hour_text(column.since) if column.since else "",
        spark=sparkline(column),
        effect_size=format_number(None if effect_size is None else round(effect_size, 2)),
        meter_width=across(effect_size or 0.0),
        is_beyond=(effect_size or 0.0) > across.high,
        minimum=across(min_effect_size_for(column, policy)),
        q_value=format_p_value(column.q_value),
        missing=_missing(column.reference.missing_share, column.current.missing_share),
        weight="" if weight is None else format_number(weight),
    )


def _missing(reference: float, current: float) -> str:
    if not reference and not current:
        return "–"
    return f"{format_share(reference)} → {format_share(current)}"


def _metrics(column: AnyColumn) -> Iterator[tuple[str, str]]:
    for name, value in column.metrics.items():
        if value is not None:
            label = LABELS.get(name, name.replace("_", " "))
            yield label, format_number(round(value, 4))
    yield "p-value", format_p_value(column.p_value)
    yield "q-value", format_p_value(column.q_value)


def _adjustments(column: AnyColumn, policy: DriftPolicy) -> Iterator[tuple[str, str]]:
    """What differs from the policy for dependent records: minimum effect sizes, the design effect,
    and a reference of the same hours of the week."""
    own = column.min_effect_sizes
    if own is not None and own.distribution != policy.min_effect_size:
        yield "minimum effect size", format_number(round(own.distribution, 3))
    if own is not None and own.share != policy.min_share_effect_size:
        yield "minimum effect size of shares", format_number(round(own.share, 3))
    if column.design_effect != 1:
        yield "design effect", format_number(round(column.design_effect, 2))
    if column.reference_weeks:
        yield "compared with the same hours of", plural(column.reference_weeks, "week")
