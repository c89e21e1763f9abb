"""The first line that could not be read, with the settings that would read it, for a terminal."""

from collections.abc import Iterator

from driftloop.capture.line_examples import payload_of, payload_text
from driftloop.capture_files import CapturedBatches
from driftloop.html.window_page import UNREAD_PROBLEMS
from driftloop.report.window_report import Counts, UnreadLine
from driftloop.untrusted_text import MAX_LENGTH, unlinked


def describe_unread_lines(counts: Counts, captured: CapturedBatches) -> Iterator[str]:
    """Where the first line of each reason is, its beginning, and the settings that would read it.

    The line itself is read again from the captured files: a report has only its shape.
    """
    for item in counts.first_unread:
        reason = f" ({item.reason})" if item.reason else ""
        yield f"  {UNREAD_PROBLEMS[item.problem]}{reason}: {item.object}, line {item.line}"
        yield f"    {unlinked(_text(item, captured))}"
        if item.suggested_settings:
            yield "    what would read it, as settings of the model in driftloop.yaml:"
            yield from (f"      {line}" for line in item.suggested_settings.splitlines())


def _text(item: UnreadLine, captured: CapturedBatches) -> str:
    """The beginning of the payload, or of the line if it has none; else the shape."""
    line = captured.find_line(item.object, item.line)
    if line is None:
        return item.shape
    payload = payload_of(line, item.problem)
    if payload is None:
        return line.data[: 4 * MAX_LENGTH].decode("utf-8", "replace")
    return payload_text(payload)
