"""Self-contained HTML pages: one per analysis here, one per calibration in ``calibration_page``.

The page of a calibration is not imported here: the deployed analysis does not load what it needs.
"""

from driftloop.html.render import render_report

__all__ = ["render_report"]
