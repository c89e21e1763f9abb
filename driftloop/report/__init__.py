"""The analysis report: its types, its content, its notes and how values are formatted."""

from driftloop.report.build import build_report
from driftloop.report.window_report import WindowReport

__all__ = ["WindowReport", "build_report"]
