"""What people look at: one self-contained HTML page per analysis, and one per calibration."""

from driftloop.html.calibration_page import render_calibration
from driftloop.html.render import render_report

__all__ = ["render_calibration", "render_report"]
