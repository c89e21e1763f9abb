"""The rehearsal's index.html, from the recorded timeline."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from rehearsal.page.view import build_page


def render(
    timeline: Sequence[Mapping[str, Any]], page_data: Mapping[str, Any] | None = None
) -> str:
    """Render the page, a single file that shows the timeline in sentences and in plots.

    ``timeline`` has events ``{"time", "actor", "event", "detail"}``, in order of time.
    ``page_data`` may have:

    - ``model``: the name shown in the title; ``wall_seconds``: real time of the rehearsal.
    - ``chapters``: ``[{"id": "a", "title", "text", "start", "end", "seconds"}]`` in simulated time;
      ``seconds`` is real time. Without it the timeline is one chapter.
    - ``windows``: ``[{"start", "version", "verdict", "effect_size", "records", "lines_rejected",
      "report"}]``. ``effect_size`` is the largest of the features; ``report`` is a link relative to
      the page. With ``min_effect_size`` the plot shows the smallest effect size that is drift.
    - ``evaluations``: ``[{"version", "decision", "metric", "champion", "challenger",
      "difference_low", "difference_high"}]``, where the bounds are of challenger minus champion.
    - ``authorizations``: ``{"authorized", "denied_unexpected", "denied_expected"}``, each a number.
    - ``checks``: ``[{"chapter", "expected", "seen", "is_met"}]``: the expectations of the chapters.
    """
    template = _environment().get_template("index.html.j2")
    return template.render(page=build_page(timeline, page_data or {}))


@cache
def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader([PackageLoader("rehearsal.page"), PackageLoader("driftloop.html")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
