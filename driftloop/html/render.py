"""The HTML page of one analysis, made from its report.

Where pages' templates come from; everything that is put into them is escaped.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from driftloop.html.window_page import page_context

if TYPE_CHECKING:
    from jinja2 import Environment


def render_report(report: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> str:
    """One page, complete in itself: no script, no external asset, everything from data escaped.

    ``report`` is what :func:`driftloop.report.build_report` gives. ``history`` holds earlier
    windows of the same version, oldest first: whole reports, or as little as ``window`` and
    ``verdict``, with ``drifted_features`` and ``effects`` (feature name to effect) where they are
    known. The same arguments give the same bytes.
    """
    return environment().get_template("report.html.j2").render(page=page_context(report, history))


@cache
def environment() -> "Environment":
    """The one environment of all pages."""
    # only a page needs it: what prints a summary starts sooner without
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("driftloop.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
