"""A calibration as one page: the figures, and a plot of the smallest change that is caught."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from driftloop.cli.calibrate_text import size_text, table

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .75rem .25rem 0;
border-bottom:1px solid #ddd}svg{width:100%;height:auto;font-size:12px}rect{fill:#3569a8}
.none{fill:#bbb}line{stroke:#999;stroke-dasharray:3 3}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}text{fill:#ddd}}
"""
_ROW, _LEFT, _WIDTH = 22, 220, 480
_PANELS = (
    ("shift", "Shift of a number, in standard deviations"),
    ("moved_share", "Share moved from the commonest level to the next"),
    ("new_level", "Share of a level never seen"),
)


def render(found: Mapping[str, Any]) -> str:
    """The page; everything from data is escaped, nothing is loaded from elsewhere."""
    title = escape(f"Calibration of {found['model']}")
    head = "".join(f"<li>{escape(line.strip())}</li>" for line in table(found)[1:4])
    rows = "".join(
        f"<tr><td>{escape(row['feature'])}</td><td>{escape(size_text(row))}</td></tr>"
        for row in found["smallest_caught"]
    )
    plots = "".join(_panel(found["smallest_caught"], *panel) for panel in _PANELS)
    notes = "".join(f"<p>{escape(note)}</p>" for note in found["notes"])
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>"
        f"<p>Windows of {found['records_per_window']:,} records, {found['months']} simulated months"
        f" of 720 windows without drift.</p><ul>{head}</ul>"
        f"<h2>Smallest change caught in {found['power']:.0%} of the windows</h2>{plots}"
        f"<table><tr><th>feature</th><th>change</th></tr>{rows}</table>{notes}</html>\n"
    )


def _panel(rows: Sequence[Mapping[str, Any]], change: str, title: str) -> str:
    rows = [row for row in rows if row["change"] == change]
    if not rows:
        return ""
    top = max([row["size"] for row in rows if row["size"] is not None], default=1.0)
    bars = "".join(_bar(row, place, top) for place, row in enumerate(rows))
    height = _ROW * len(rows) + 8
    return (
        f'<h3>{title}</h3><svg viewBox="0 0 {_LEFT + _WIDTH + 80} {height}" role="img"'
        f' aria-label="{title}">{bars}</svg>'
    )


def _bar(row: Mapping[str, Any], place: int, top: float) -> str:
    size, y = row["size"], _ROW * place
    length = _WIDTH if size is None else _WIDTH * size / top
    text = "not caught" if size is None else f"{size:.3g}"
    kind = ' class="none"' if size is None else ""
    return (
        f'<text x="{_LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(_short(row["feature"]))}'
        f'</text><rect{kind} x="{_LEFT}" y="{y + 3}" width="{length:.1f}" height="{_ROW - 6}"/>'
        f'<text x="{_LEFT + length + 6:.1f}" y="{y + 15}">{text}</text>'
    )


def _short(name: str) -> str:
    return name if len(name) <= 32 else f"{name[:31]}…"
