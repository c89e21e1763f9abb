"""A numeric column as two outlines and two distribution functions."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from driftloop.report.numbers import format_number, format_share
from driftloop.report.scale import Scale, line_path, steps_path, ticks
from driftloop.report.shapes import Histogram, Outlines, Tick

HEADROOM = 1.06
"""What is left free above the tallest bar."""


def histogram(
    edges: Sequence[float],
    baseline: Sequence[float],
    current: Sequence[float],
    medians: Sequence[tuple[str, float | None]] = (),
) -> Histogram | None:
    """Densities on shared edges (n+1) from shares (n), and what they sum up to.

    None where there is nothing to draw.
    """
    density = density_outlines(edges, baseline, current)
    if density is None:
        return None
    across = Scale(edges[0], edges[-1])
    return Histogram(
        density=density,
        cumulative=_cumulative(edges, baseline, current),
        ticks=tuple(Tick(across(at), format_number(at)) for at in ticks(edges[0], edges[-1], 6)),
        medians=tuple(
            (side, across(value), f"median {format_number(value)}")
            for side, value in medians
            if value is not None
        ),
        gap=_gap(edges, baseline, current),
    )


def density_outlines(
    edges: Sequence[float], baseline: Sequence[float], current: Sequence[float]
) -> Outlines | None:
    """Bins may differ in width, so heights are shares over widths, on one scale for both sides."""
    if len(edges) < 2 or edges[-1] <= edges[0]:
        return None
    widths = [right - left for left, right in pairwise(edges)]
    tall = [_densities(shares, widths) for shares in (baseline, current)]
    top = max((max(side, default=0.0) for side in tall), default=0.0)
    if top <= 0:
        return None
    across, up = Scale(edges[0], edges[-1]), Scale(0.0, top * HEADROOM)
    places = [across(edge) for edge in edges]
    before, now = (steps_path(places, [up(height) for height in side]) for side in tall)
    return Outlines(before, now)


def _cumulative(
    edges: Sequence[float], baseline: Sequence[float], current: Sequence[float]
) -> Outlines:
    """Shares of values up to each edge, joined by straight lines."""
    across = Scale(edges[0], edges[-1])
    before, now = (
        line_path([(across(edge), 100 * up_to) for edge, up_to in zip(edges, side, strict=True)])
        for side in (_sums(baseline), _sums(current))
    )
    return Outlines(before, now)


def _gap(
    edges: Sequence[float], baseline: Sequence[float], current: Sequence[float]
) -> Tick | None:
    """Where the distribution functions are furthest apart among the edges."""
    before, now = _sums(baseline), _sums(current)
    gaps = [abs(b - a) for a, b in zip(before, now, strict=True)]
    place = max(range(len(gaps)), key=gaps.__getitem__)
    if not gaps[place]:
        return None
    shares = f"{format_share(before[place])} → {format_share(now[place])}"
    text = f"up to {format_number(edges[place])}: {shares}"
    return Tick(Scale(edges[0], edges[-1])(edges[place]), text)


def _sums(shares: Sequence[float]) -> list[float]:
    return [0.0, *(min(1.0, up_to) for up_to in accumulate(shares))]


def _densities(shares: Sequence[float], widths: Sequence[float]) -> list[float]:
    return [part / width if width > 0 else 0.0 for part, width in zip(shares, widths, strict=True)]
