"""The page on a model's performance."""

from driftloop.performance.performance_report import PerformanceReport


def render_performance(report: PerformanceReport) -> str:
    raise NotImplementedError
