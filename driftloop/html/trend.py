"""Earlier windows and this one: verdicts as a strip, effect sizes as lines."""

from collections import Counter
from collections.abc import Mapping, Sequence

from driftloop.detection.verdict import WindowVerdict
from driftloop.detection.window_outcome import WindowOutcome
from driftloop.html.chart import Curve, Scale, Tick, Trend, VerdictCell, dots_path, line_path, ticks
from driftloop.report.formatting import format_number, hour_text
from driftloop.report.headline import VERDICT_LABELS

MAX_WINDOWS = 72
MAX_CURVES = 4
MAX_NAMED = 5

EffectSizesByFeature = Mapping[str, float]


def trend(
    windows: Sequence[WindowOutcome], min_effect_size: float, period: str = "window"
) -> Trend | None:
    """The trend over windows.

    Args:
        windows: Windows or days, oldest first, the current one last.
        min_effect_size: Drawn as a line across the effect sizes.
        period: ``window`` or ``day``.

    Returns:
        The chart; None without earlier windows.
    """
    windows = windows[-MAX_WINDOWS:]
    if len(windows) < 2:
        return None
    effect_sizes = [_effect_sizes(window) for window in windows]
    names = _leading(effect_sizes)
    values = [size for window in effect_sizes for name, size in window.items() if name in names]
    top = max([*values, 2 * min_effect_size]) or 1.0
    up = Scale(0.0, top * 1.08)
    return Trend(
        title=f"The last {len(windows)} {period}s",
        label=_label(windows, period),
        verdicts=tuple((str(verdict), VERDICT_LABELS[verdict]) for verdict in _verdicts(windows)),
        curves_label=_curves_label(names, effect_sizes),
        cells=tuple(_cell(window) for window in windows),
        curves=tuple(_curve(name, tone, effect_sizes, up) for tone, name in enumerate(names)),
        minimum=up(min_effect_size),
        minimum_text=f"minimum effect size {format_number(min_effect_size)}",
        y_ticks=tuple(Tick(up(at), format_number(at)) for at in ticks(0.0, top, 3)),
        first=hour_text(windows[0].window.start),
        last=hour_text(windows[-1].window.start),
    )


def _verdicts(windows: Sequence[WindowOutcome]) -> Counter[WindowVerdict]:
    return Counter(window.verdict for window in windows)


def _label(windows: Sequence[WindowOutcome], period: str) -> str:
    """The strip as text, for screen readers."""
    counts = _verdicts(windows).items()
    text = ", ".join(f"{count} {VERDICT_LABELS[verdict].lower()}" for verdict, count in counts)
    return f"Verdicts of the last {len(windows)} {period}s: {text}"


def _curves_label(names: Sequence[str], effect_sizes: Sequence[EffectSizesByFeature]) -> str:
    """The lines as text: each feature's first effect size and its last."""
    parts = []
    for name in names:
        known = [round(window[name], 2) for window in effect_sizes if name in window]
        parts.append(f"{name} from {format_number(known[0])} to {format_number(known[-1])}")
    return f"Effect sizes over the windows: {', '.join(parts)}"


def _effect_sizes(window: WindowOutcome) -> EffectSizesByFeature:
    """Effect sizes by feature; none without a conclusive verdict, where they are mostly noise."""
    return window.effect_sizes if window.verdict.is_conclusive else {}


def _leading(effect_sizes: Sequence[EffectSizesByFeature]) -> list[str]:
    """The features with the largest effect size now, then at any time: they explain this window."""
    current = effect_sizes[-1]
    peaks: dict[str, float] = {}
    for window in effect_sizes:
        for name, size in window.items():
            peaks[name] = max(size, peaks.get(name, 0.0))
    ranked = sorted(peaks, key=lambda name: (-current.get(name, 0.0), -peaks[name], name))
    return ranked[:MAX_CURVES]


def _curve(name: str, tone: int, effect_sizes: Sequence[EffectSizesByFeature], up: Scale) -> Curve:
    step = 100 / len(effect_sizes)
    points = [
        ((position + 0.5) * step, up(window[name]) if name in window else None)
        for position, window in enumerate(effect_sizes)
    ]
    return Curve(label=name, path=line_path(points), dots=dots_path(points), tone=tone)


def _cell(window: WindowOutcome) -> VerdictCell:
    label = hour_text(window.window.start)
    named = ", ".join(window.drifted_features[:MAX_NAMED])
    detail = f": {named}" if named else ""
    return VerdictCell(label, window.verdict, f"{label}: {VERDICT_LABELS[window.verdict]}{detail}")
