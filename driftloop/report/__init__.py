"""What people look at: one self-contained HTML page per analysis."""

from driftloop.report.html import render_report

__all__ = ["render_report"]
