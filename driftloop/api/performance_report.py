"""The public report on performance: it writes its page and shows itself in a notebook."""

import html
from typing import Self

from driftloop.api.window_report import FRAME
from driftloop.html.performance_page import render_performance
from driftloop.performance import performance_report
from driftloop.storage import Uri, named, read_bytes, uri_text, write_bytes


class PerformanceReport(performance_report.PerformanceReport, frozen=True, kw_only=True):
    """How good predictions were, by the labels that arrived so far.

    In a notebook a report that ends a cell shows itself as a page. Reports are immutable and have
    the format of ``driftloop performance`` (docs/performance.md).

    Attributes:
        verdict: ``stable``, ``degraded``, ``immature``, ``label_delay_changed`` or
            ``insufficient_data``.
        reasons: Why, in sentences.
        scores: By name ``value``, ``low`` and ``high`` of its interval, ``bound`` of its error, and
            more.
        known: Records with a prediction and a label.
        expected: Records with a prediction.
        maturity: How complete the labels are.
        days: Each day with its scores.
        segments: Scores by column and value.
        groups: Counts by group.
        confusion: Labeled records by true and predicted class, None of a regression.
        notes: What a reader must know beside the verdict.
    Example:
        >>> import driftloop as dl
        >>> report = dl.performance([0.1, 0.4, 0.35, 0.8], [0, 0, 1, None])
        >>> report
        <PerformanceReport insufficient_data: 3 of 4 labels>
        >>> round(report.scores["brier"].value, 4)
        0.1975
    """

    def to_html(self, uri: Uri | None = None) -> str:
        """The report as one HTML page without scripts or external files.

        Args:
            uri: File to write it to: a local path or ``s3://bucket/key``; None writes no file.
        Returns:
            The page's HTML.
        Raises:
            InputError: The file can't be written.
        Example:
            >>> import driftloop as dl
            >>> page = dl.performance([0.1, 0.8], [0, 1]).to_html("performance.html")
            >>> page[:15]
            '<!doctype html>'
        """
        page = render_performance(self)
        if uri is not None:
            write_bytes(uri_text(uri), page.encode())
        return page

    def save(self, uri: Uri) -> None:
        """Write the report as JSON, as ``driftloop performance --out`` does.

        Args:
            uri: Local path or ``s3://bucket/key``; folders are created where needed.
        Raises:
            InputError: The file can't be written.
        Example:
            >>> import driftloop as dl
            >>> dl.performance([0.1, 0.8], [0, 1]).save("performance.json")
            >>> dl.PerformanceReport.load("performance.json").known
            2
        """
        write_bytes(uri_text(uri), self.to_json(indent=2))

    @classmethod
    def load(cls, uri: Uri) -> Self:
        """Load a report that ``save`` or ``driftloop performance`` wrote.

        Args:
            uri: Local path or ``s3://bucket/key`` of the JSON file.
        Returns:
            The report.
        Raises:
            InputError: The file is missing or can't be read.
            FormatError: The file is no report on performance, or has another format version.
        Example:
            >>> import driftloop as dl
            >>> dl.performance([0.1, 0.8], [0, 1]).save("performance.json")
            >>> print(dl.PerformanceReport.load("performance.json").verdict)
            insufficient_data
        """
        data = read_bytes(uri_text(uri))
        with named(uri):
            return cls.from_json(data)

    @classmethod
    def from_performance_report(cls, report: performance_report.PerformanceReport) -> Self:
        """The same report with the methods of this class.

        Args:
            report: A report of the library's core.
        Returns:
            The report.
        Example:
            >>> import driftloop as dl
            >>> report = dl.performance([0.1, 0.8], [0, 1])
            >>> dl.PerformanceReport.from_performance_report(report) == report
            True
        """
        return cls(**{name: getattr(report, name) for name in report.__struct_fields__})

    def _repr_html_(self) -> str:
        return FRAME.format(page=html.escape(self.to_html()))

    def __repr__(self) -> str:
        return f"<PerformanceReport {self.verdict}: {self.known:,} of {self.expected:,} labels>"
