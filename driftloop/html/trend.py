"""Past windows and this one: verdicts as a strip, effects as lines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from driftloop.html.chart import Curve, Scale, Tick, Trend, VerdictCell, dots_path, line_path, ticks
from driftloop.report.formatting import format_number, hour_text
from driftloop.report.headline import VERDICT_WORDS

MAX_WINDOWS = 72
MAX_CURVES = 4
JUDGED = ("stable", "drifted")


def trend(
    windows: Sequence[Mapping[str, Any]], floor: float | None, span: str = "window"
) -> Trend | None:
    """Of windows (or days, as ``span`` says), oldest first, this one last; None where there is no
    past to show."""
    windows = windows[-MAX_WINDOWS:]
    if len(windows) < 2:
        return None
    effects = [_effects(window) for window in windows]
    names = _leading(effects)
    values = [value for window in effects for name, value in window.items() if name in names]
    top = max([*values, 2 * (floor or 0.1)])
    up = Scale(0.0, top * 1.08)
    return Trend(
        title=f"The last {len(windows)} {span}s",
        label=_label(windows, span),
        verdicts=tuple((name, VERDICT_WORDS.get(name, name)) for name in _verdicts(windows)),
        curves_label=_curves_label(names, effects),
        cells=tuple(_cell(window) for window in windows),
        curves=tuple(_curve(name, tone, effects, up) for tone, name in enumerate(names)),
        floor=None if floor is None else up(floor),
        floor_text="" if floor is None else f"floor {format_number(floor)}",
        y_ticks=tuple(Tick(up(at), format_number(at)) for at in ticks(0.0, top, 3)),
        first=hour_text(windows[0]["window"]["start"]),
        last=hour_text(windows[-1]["window"]["start"]),
    )


def _verdicts(windows: Sequence[Mapping[str, Any]]) -> Counter[str]:
    return Counter(str(window["verdict"]) for window in windows)


def _label(windows: Sequence[Mapping[str, Any]], span: str) -> str:
    """The strip in words, for those who don't see it."""
    counts = _verdicts(windows).items()
    told = ", ".join(f"{n} {VERDICT_WORDS.get(name, name).lower()}" for name, n in counts)
    return f"Verdicts of the last {len(windows)} {span}s: {told}"


def _curves_label(names: Sequence[str], effects: Sequence[Mapping[str, float]]) -> str:
    """The lines in words: each feature's first effect and its last."""
    told = []
    for name in names:
        known = [window[name] for window in effects if name in window]
        told.append(
            f"{name} from {format_number(round(known[0], 2))} to"
            f" {format_number(round(known[-1], 2))}"
        )
    return f"Effect over past windows: {', '.join(told)}"


def _effects(window: Mapping[str, Any]) -> dict[str, float]:
    """Effects by feature; none of a window that was not judged, where they are chance."""
    if window["verdict"] not in JUDGED:
        return {}
    effects = window.get("effects")
    if effects is None:
        features = window.get("features", {})
        effects = {name: entry.get("effect") for name, entry in features.items()}
    return {str(name): float(value) for name, value in effects.items() if value is not None}


def _leading(effects: Sequence[Mapping[str, float]]) -> list[str]:
    """Those with the largest effect now, then at any time, so that lines explain this window."""
    now = effects[-1]
    peaks: dict[str, float] = {}
    for window in effects:
        for name, value in window.items():
            peaks[name] = max(value, peaks.get(name, 0.0))
    ranked = sorted(peaks, key=lambda name: (-now.get(name, 0.0), -peaks[name], name))
    return ranked[:MAX_CURVES]


def _curve(name: str, tone: int, effects: Sequence[Mapping[str, float]], up: Scale) -> Curve:
    step = 100 / len(effects)
    points = [
        ((position + 0.5) * step, up(window[name]) if name in window else None)
        for position, window in enumerate(effects)
    ]
    return Curve(label=name, path=line_path(points), dots=dots_path(points), tone=tone)


def _cell(window: Mapping[str, Any]) -> VerdictCell:
    verdict = str(window["verdict"])
    label = hour_text(window["window"]["start"])
    named = ", ".join(str(name) for name in list(window.get("drifted_features", ()))[:5])
    detail = f": {named}" if named else ""
    return VerdictCell(label, verdict, f"{label}: {VERDICT_WORDS.get(verdict, verdict)}{detail}")
