"""The analysis report: its content, its notes and how values are formatted."""

from driftloop.report.build import build_report

__all__ = ["build_report"]
