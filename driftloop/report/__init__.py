"""What people look at: one self-contained HTML page per analysis, and one per calibration."""

from driftloop.report.calibration import render_calibration
from driftloop.report.html import render_report

__all__ = ["render_calibration", "render_report"]
