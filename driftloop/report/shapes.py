"""What the page's charts are made of; places and sizes are percentages of the plot."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One level: its share in the baseline and now, as text and as length."""

    label: str
    baseline: float
    current: float
    baseline_text: str
    current_text: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Outlines:
    """Baseline and window as two paths on one scale."""

    baseline: str
    current: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """Two outlines on the same edges above both distribution functions, with both medians.

    ``gap`` is where the distribution functions are furthest apart, and by how much.
    """

    density: Outlines
    cumulative: Outlines
    ticks: tuple[Tick, ...]
    medians: tuple[tuple[str, float, str], ...] = ()
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
    """Past windows and this one: a strip of verdicts above lines of effects."""

    title: str
    label: str
    verdicts: tuple[tuple[str, str], ...]
    curves_label: str
    cells: tuple[VerdictCell, ...]
    curves: tuple[Curve, ...]
    floor: float | None
    floor_text: str
    y_ticks: tuple[Tick, ...]
    first: str
    last: str
