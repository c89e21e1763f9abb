"""The public report: a window report that writes its page and shows itself in a notebook."""

import html
import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Self

from driftloop.html import render_report
from driftloop.report import window_report
from driftloop.storage import Uri, named, read_bytes, uri_text, write_bytes

MAX_NAMED = 5
"""Drifted features that a report's one-line form names."""

FRAME = (
    '<iframe srcdoc="{page}" title="driftloop report" sandbox="allow-popups"'
    ' style="width: 100%; height: 720px; border: 1px solid #8888"></iframe>'
)
"""A frame of its own: the page's style and the notebook's don't meet, and no script runs."""


class WindowReport(window_report.WindowReport, frozen=True, kw_only=True):
    """The result of a comparison: the verdict, its reasons, and every column in detail.

    In a notebook a report that ends a cell shows itself as a page. ``report["temp"]`` is the
    result of one feature. Reports are immutable and have the format of ``driftloop analyze``
    (docs/report.md, docs/report.schema.json).

    Attributes:
        verdict: ``stable``, ``drifted``, ``insufficient_data`` or ``invalid_data``.
        reasons: Why, in sentences; the largest effect first.
        drifted_features: Names of the features that have drifted, in payload order.
        features: Result by feature: ``status``, ``effect_size``, ``p_value``, ``q_value``,
            ``metrics``, both summaries, and more.
        prediction: The same for the model's predictions, None without them.
        multivariate: The pair of features whose correlation changed most, None without one.
        associations: Pairs of features of any kinds whose association changed, largest effect
            first.
        data_quality: Violations of what the baseline requires of the data.
        window: Span of the records' times in UTC, None where they have no times.
        counts: Numbers of lines and records.
        notes: What a reader must know beside the verdict.
    Example:
        >>> import driftloop as dl
        >>> report = dl.compare(*dl.load_example())
        >>> report
        <WindowReport drifted: temp, station>
        >>> round(report["temp"].effect_size, 1), report["temp"].q_value < 0.01
        (2.0, True)
    """

    def to_html(self, uri: Uri | None = None, *, history: Sequence[Self] = ()) -> str:
        """The report as one HTML page without scripts or external files.

        Args:
            uri: File to write it to: a local path or ``s3://bucket/key``; None writes no file.
            history: Reports of earlier windows, oldest first, for the trend.
        Returns:
            The page's HTML.
        Raises:
            InputError: The file can't be written.
        Example:
            >>> import driftloop as dl
            >>> report = dl.compare(*dl.load_example())
            >>> page = report.to_html("drift.html")
            >>> page[:15]
            '<!doctype html>'
        """
        outcomes = [outcome for report in history if (outcome := report.outcome) is not None]
        page = render_report(self, outcomes)
        if uri is not None:
            write_bytes(uri_text(uri), page.encode())
        return page

    def save(self, uri: Uri) -> None:
        """Write the report as JSON, as ``driftloop analyze --out`` does.

        Args:
            uri: Local path or ``s3://bucket/key``; folders are created where needed.
        Raises:
            InputError: The file can't be written.
        Example:
            >>> import driftloop as dl
            >>> dl.compare(*dl.load_example()).save("drift.json")
            >>> dl.WindowReport.load("drift.json").verdict == "drifted"
            True
        """
        write_bytes(uri_text(uri), self.to_json(indent=2))

    @classmethod
    def load(cls, uri: Uri) -> Self:
        """Load a report that ``save``, ``driftloop analyze`` or the deployed analysis wrote.

        Args:
            uri: Local path or ``s3://bucket/key`` of the JSON file.
        Returns:
            The report.
        Raises:
            InputError: The file is missing or can't be read.
            FormatError: The file is no report, is damaged, or has another format version.
        Example:
            >>> import driftloop as dl
            >>> dl.compare(*dl.load_example()).save("drift.json")
            >>> dl.WindowReport.load("drift.json").drifted_features[0]
            'temp'
        """
        data = read_bytes(uri_text(uri))
        with named(uri):
            return cls.from_json(data)

    def show(self) -> None:
        """Show the report: below the cell in a notebook, else in the web browser.

        Raises:
            InputError: The page can't be written to the folder for temporary files.
        Example:
            >>> import driftloop as dl
            >>> report = dl.compare(*dl.load_example())
            >>> report.show()  # doctest: +SKIP
        """
        if _is_notebook():
            import_module("IPython.display").display(self)
            return
        path = Path(tempfile.mkdtemp(prefix="driftloop-"), "report.html")
        self.to_html(str(path))
        webbrowser.open(path.as_uri())

    @classmethod
    def from_window_report(cls, report: window_report.WindowReport) -> Self:
        """The same report with the methods of this class.

        Args:
            report: A report of the library's core.
        Returns:
            The report.
        Example:
            >>> import driftloop as dl
            >>> report = dl.compare(*dl.load_example())
            >>> dl.WindowReport.from_window_report(report) == report
            True
        """
        return cls(**{name: getattr(report, name) for name in report.__struct_fields__})

    def _repr_html_(self) -> str:
        return FRAME.format(page=html.escape(self.to_html()))

    def __repr__(self) -> str:
        names = [*self.drifted_features, *(["prediction"] if self.prediction_drifted else [])]
        rest = len(names) - MAX_NAMED
        shown = ", ".join(names[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")
        drifted = f": {shown}" if names else ""
        return f"<WindowReport {self.verdict}{drifted}>"


def _is_notebook() -> bool:
    """Whether a notebook's kernel runs this code; a terminal's IPython shows no page."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and type(ipython.get_ipython()).__name__ == "ZMQInteractiveShell"
