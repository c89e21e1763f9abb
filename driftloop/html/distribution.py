"""A column's distribution for the page: a histogram of numbers, bars of categories, a summary."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from driftloop.comparison.summary import CategoryShares, NumericSummary
from driftloop.html.chart import (
    Bar,
    HistogramChart,
    MedianMark,
    Outlines,
    Scale,
    Tick,
    line_path,
    steps_path,
    ticks,
)
from driftloop.report.formatting import format_number, format_share
from driftloop.report.window_report import AnyColumn, NumericColumnReport
from driftloop.untrusted_text import MAX_VALUE_LENGTH, single_line

Medians = tuple[float | None, float | None]

MAX_SPARK_CATEGORIES = 12
"""Categories in the small picture of a row, the most frequent ones of the reference."""

HEADROOM = 1.06
"""Height of the plot over the tallest bar."""

MAX_CATEGORIES = 12
"""Bars of one column; all other categories are summed into one bar."""

MAX_MARKED = 6
"""Bars of new, disappeared or missing categories, so that the most frequent ones are shown too."""

_MARKED = ("new", "disappeared", "missing")


def histogram_chart(column: AnyColumn) -> HistogramChart | None:
    """Both sides as outlines; None for a categorical column or one without values."""
    if not isinstance(column, NumericColumnReport) or column.histogram is None:
        return None
    drawn = column.histogram
    medians = column.reference.median, column.current.median
    return histogram(drawn.bin_edges, drawn.reference, drawn.current, medians)


def sparkline(column: AnyColumn) -> Outlines | None:
    """The same as one small picture; categories are adjoining bars."""
    if isinstance(column, NumericColumnReport):
        drawn = column.histogram
        if drawn is None:
            return None
        return density_outlines(drawn.bin_edges, drawn.reference, drawn.current)
    ranked = sorted(column.categories, key=lambda item: (-item.reference, -item.current))
    shown = ranked[:MAX_SPARK_CATEGORIES]
    edges = [float(position) for position in range(len(shown) + 1)]
    return density_outlines(
        edges, [item.reference for item in shown], [item.current for item in shown]
    )


def category_chart(column: AnyColumn) -> tuple[Bar, ...]:
    """Categories with new, disappeared and missing ones first.

    Of a numeric column, the records without a finite number, where there are any.
    """
    if isinstance(column, NumericColumnReport):
        return bars(list(_without_number(column)))
    return bars(column.categories)


def summary_rows(column: AnyColumn) -> tuple[tuple[str, str, str], ...]:
    """Label, reference and current value, in the column's own units."""
    if isinstance(column, NumericColumnReport):
        return tuple(_numeric_rows(column.reference, column.current))
    unseen = column.reference.unseen_share, column.current.unseen_share
    if not any(unseen):
        return ()
    return (("not in the reference", format_share(unseen[0]), format_share(unseen[1])),)


def _numeric_rows(
    reference: NumericSummary, current: NumericSummary
) -> Iterator[tuple[str, str, str]]:
    for label, reference_value, current_value in (
        ("median", reference.median, current.median),
        ("quartiles", _quartiles(reference), _quartiles(current)),
        ("mean", reference.mean, current.mean),
        ("standard deviation", reference.std, current.std),
        ("minimum", reference.min, current.min),
        ("maximum", reference.max, current.max),
    ):
        if reference_value is not None or current_value is not None:
            yield label, _text(reference_value), _text(current_value)


def _text(value: float | str | None) -> str:
    return value if isinstance(value, str) else format_number(value)


def _quartiles(side: NumericSummary) -> str | None:
    low, high = side.quantiles.p25, side.quantiles.p75
    return None if low is None or high is None else f"{format_number(low)} to {format_number(high)}"


def _without_number(column: NumericColumnReport) -> Iterator[CategoryShares]:
    reference, current = column.reference, column.current
    for label, shares in (
        ("missing", (reference.missing_share, current.missing_share)),
        ("not a number", (reference.invalid_type_share, current.invalid_type_share)),
        ("infinite", (reference.infinite_share, current.infinite_share)),
    ):
        if any(shares):
            yield CategoryShares(
                category=label, reference=shares[0], current=shares[1], tag="missing"
            )


def histogram(
    bin_edges: Sequence[float],
    reference: Sequence[float],
    current: Sequence[float],
    medians: Medians = (None, None),
) -> HistogramChart | None:
    """Densities and distribution functions of both sides.

    Args:
        bin_edges: Shared edges (n+1), in the column's units.
        reference: Shares (n) of the reference, 0 to 1.
        current: Shares (n) of the window.
        medians: Of the reference and of the window.

    Returns:
        The chart; None where there is nothing to draw.
    """
    density = density_outlines(bin_edges, reference, current)
    if density is None:
        return None
    low, high = bin_edges[0], bin_edges[-1]
    across = Scale(low, high)
    return HistogramChart(
        density=density,
        cumulative=_cumulative(bin_edges, reference, current),
        ticks=tuple(Tick(across(at), format_number(at)) for at in ticks(low, high, 6)),
        medians=tuple(
            MedianMark(side, across(value), f"median {format_number(value)}")
            for side, value in zip(("reference", "current"), medians, strict=True)
            if value is not None
        ),
        gap=_gap(bin_edges, reference, current),
    )


def density_outlines(
    bin_edges: Sequence[float], reference: Sequence[float], current: Sequence[float]
) -> Outlines | None:
    """Bins may differ in width, so heights are shares over widths, on one scale for both sides."""
    if len(bin_edges) < 2 or bin_edges[-1] <= bin_edges[0]:
        return None
    widths = [right - left for left, right in pairwise(bin_edges)]
    heights = [_densities(shares, widths) for shares in (reference, current)]
    top = max((max(side, default=0.0) for side in heights), default=0.0)
    if top <= 0:
        return None
    across, up = Scale(bin_edges[0], bin_edges[-1]), Scale(0.0, top * HEADROOM)
    edges = [across(edge) for edge in bin_edges]
    paths = [steps_path(edges, [up(height) for height in side]) for side in heights]
    return Outlines(*paths)


def _cumulative(
    bin_edges: Sequence[float], reference: Sequence[float], current: Sequence[float]
) -> Outlines:
    """Shares of values up to each edge, joined by straight lines."""
    across = Scale(bin_edges[0], bin_edges[-1])
    paths = [
        line_path([(across(edge), 100 * s) for edge, s in zip(bin_edges, side, strict=True)])
        for side in (_sums(reference), _sums(current))
    ]
    return Outlines(*paths)


def _gap(
    bin_edges: Sequence[float], reference: Sequence[float], current: Sequence[float]
) -> Tick | None:
    """Where the distribution functions differ most among the edges."""
    sums = _sums(reference), _sums(current)
    gaps = [abs(after - before) for before, after in zip(*sums, strict=True)]
    position = max(range(len(gaps)), key=gaps.__getitem__)
    if not gaps[position]:
        return None
    edge = bin_edges[position]
    shares = " → ".join(format_share(side[position]) for side in sums)
    return Tick(Scale(bin_edges[0], bin_edges[-1])(edge), f"up to {format_number(edge)}: {shares}")


def _sums(shares: Sequence[float]) -> list[float]:
    return [0.0, *(min(1.0, up_to) for up_to in accumulate(shares))]


def _densities(shares: Sequence[float], widths: Sequence[float]) -> list[float]:
    return [part / width if width > 0 else 0.0 for part, width in zip(shares, widths, strict=True)]


def bars(categories: Sequence[CategoryShares]) -> tuple[Bar, ...]:
    """New, disappeared and missing categories, then the others, most frequent first.

    What is beyond :data:`MAX_CATEGORIES` is summed, with what the report has summed already.
    """
    named = sorted((item for item in categories if item.tag != "other"), key=_bar_order)
    marked = [item for item in named if item.tag in _MARKED][:MAX_MARKED]
    plain = [item for item in named if item.tag not in _MARKED]
    shown = [*marked, *plain[: MAX_CATEGORIES - len(marked)]]
    hidden = [item for item in categories if item not in shown]
    if hidden:
        shown.append(
            CategoryShares(
                category="all others",
                reference=sum(item.reference for item in hidden),
                current=sum(item.current for item in hidden),
                tag="other",
            )
        )
    length = Scale(0.0, max((item.largest for item in shown), default=0.0) or 1.0)
    return tuple(
        Bar(
            label=single_line(item.category, MAX_VALUE_LENGTH),
            reference=length(item.reference),
            current=length(item.current),
            reference_text=format_share(item.reference),
            current_text=format_share(item.current),
            tag=item.tag,
        )
        for item in shown
    )


def _bar_order(item: CategoryShares) -> tuple[bool, float, str]:
    """Missing values first, then by share."""
    return item.tag != "missing", -item.largest, item.category
