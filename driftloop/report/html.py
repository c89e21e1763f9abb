"""The HTML page of one analysis, made from its report."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftloop.report.environment import environment
from driftloop.report.view import page_context


def render_report(report: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> str:
    """One page, complete in itself: no script, no external asset, everything from data escaped.

    ``report`` is what :func:`driftloop.judge.build_report` gives. ``history`` holds earlier windows
    of the same version, oldest first: whole reports, or as little as ``window`` and ``verdict``,
    with ``drifted_features`` and ``effects`` (feature name to effect) where they are known.
    The same arguments give the same bytes.
    """
    return environment().get_template("report.html.j2").render(page=page_context(report, history))
