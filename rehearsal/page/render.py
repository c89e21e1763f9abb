"""The rehearsal's index.html, made from the recorded timeline."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from rehearsal.page.view import page


def render(timeline: Sequence[Mapping[str, Any]], figures: Mapping[str, Any] | None = None) -> str:
    """One page, complete in itself, that tells what happened and shows it in plots.

    ``timeline``: events ``{"time", "actor", "event", "detail"}``, in order of time.
    ``figures``, all of it optional:

    - ``model``: the name shown in the title; ``wall_seconds``: how long the rehearsal took.
    - ``chapters``: ``[{"id": "a", "title", "text", "start", "end", "seconds"}]`` (simulated times;
      ``seconds`` is wall time). Without it the timeline is one chapter.
    - ``windows``: ``[{"start", "version", "verdict", "effect", "used", "rejected", "report"}]``:
      ``effect`` is the largest effect over the features, ``report`` a link relative to the page;
      with ``floor`` the effect below which nothing is drift is drawn too.
    - ``evaluations``: ``[{"version", "outcome", "metric", "champion", "challenger", "low",
      "high"}]``: ``low`` and ``high`` bound the difference challenger - champion.
    - ``checks``: ``[{"chapter", "claim", "ok"}]``: what each chapter asserted.
    """
    return _environment().get_template("index.html.j2").render(page=page(timeline, figures or {}))


@cache
def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader([PackageLoader("rehearsal.page"), PackageLoader("driftloop.html")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
