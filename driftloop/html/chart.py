"""The parts that the page's charts are made of; positions and sizes are percentages of the plot."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps [low, high] linearly to [0, 100]; a range without width maps to the middle."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        """The position of ``value``, clipped to the chart."""
        # halved first: the width of a range between the largest floats would overflow
        half = self.high / 2 - self.low / 2
        if half <= 0:
            return 50.0
        position = (value / 2 - self.low / 2) / half
        return 100 * min(1.0, max(0.0, position))


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """About ``wanted`` round numbers (1, 2 or 5 times a power of ten) within [low, high]."""
    width = high - low
    if not math.isfinite(width) or width <= 0 or width < 1e-300:
        return [low]
    raw = width / max(1, wanted)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= 0.7 * raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def steps_path(bin_edges: Sequence[float], heights: Sequence[float]) -> str:
    """A closed outline of adjoining bars; ``bin_edges`` (n+1) and ``heights`` (n) in percent."""
    parts = [f"M{_n(bin_edges[0])} 100"]
    for right, height in zip(bin_edges[1:], heights, strict=True):
        parts.append(f"V{_n(100 - height)}H{_n(right)}")
    return "".join(parts) + "V100Z"


def line_path(points: Sequence[tuple[float, float | None]]) -> str:
    """A line through ``(x, height)`` in percent; a height of None interrupts it."""
    parts, pen = [], "M"
    for x, height in points:
        if height is None:
            pen = "M"
            continue
        parts.append(f"{pen}{_n(x)} {_n(100 - height)}")
        pen = "L"
    return "".join(parts)


def dots_path(points: Sequence[tuple[float, float | None]]) -> str:
    """Lines of length zero: round caps draw them as dots that stay round in a stretched chart."""
    return "".join(f"M{_n(x)} {_n(100 - y)}h0" for x, y in points if y is not None)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One category: its share in the reference and now, as text and as length."""

    label: str
    reference: float
    current: float
    reference_text: str
    current_text: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Outlines:
    """Reference and current side as two paths on one scale."""

    reference: str
    current: str


@dataclass(frozen=True, slots=True)
class MedianMark:
    """The median of one side on the horizontal axis; ``side`` is ``reference`` or ``current``."""

    side: str
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class HistogramChart:
    """Two outlines on the same bin edges above both distribution functions, with both medians.

    ``gap`` is where the distribution functions differ most, and by how much.
    """

    density: Outlines
    cumulative: Outlines
    ticks: tuple[Tick, ...]
    medians: tuple[MedianMark, ...] = ()
    gap: Tick | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """One line through the windows."""

    label: str
    path: str
    dots: str
    tone: int


@dataclass(frozen=True, slots=True)
class VerdictCell:
    """One window in the strip of verdicts."""

    label: str
    verdict: str
    title: str


@dataclass(frozen=True, slots=True)
class Trend:
    """Earlier windows and this one: a strip of verdicts above lines of effect sizes."""

    title: str
    label: str
    verdicts: tuple[tuple[str, str], ...]
    curves_label: str
    cells: tuple[VerdictCell, ...]
    curves: tuple[Curve, ...]
    minimum: float
    minimum_text: str
    y_ticks: tuple[Tick, ...]
    first: str
    last: str
