"""The HTML page of one analysis, and the template environment of all pages."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from driftloop.detection.window_outcome import WindowOutcome
from driftloop.html.window_page import page_context
from driftloop.report.window_report import WindowReport
from driftloop.untrusted_text import visible

if TYPE_CHECKING:
    from jinja2 import Environment


def render_report(report: WindowReport, history: Sequence[WindowOutcome] = ()) -> str:
    """Render a report as one self-contained page: no script, no external asset.

    Args:
        report: The report of a window or day.
        history: Earlier windows of the same version, oldest first; they draw the trend.

    Returns:
        HTML in which everything that comes from data is escaped; equal arguments give equal text.
    """
    return environment().get_template("report.html.j2").render(page=page_context(report, history))


@cache
def environment() -> "Environment":
    """The template environment of all pages; it escapes every value.

    Characters that hide or reorder others are replaced in all of them.
    """
    # imported here: commands that print a summary start faster without
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("driftloop.html"),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _finalize(value: object) -> object:
    """What a template prints; text that is escaped already (str's subclass Markup) stays."""
    return visible(value) if type(value) is str else value
