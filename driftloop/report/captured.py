"""What became of the captured lines, and which of a day's windows its report sums up."""

from collections.abc import Iterator, Mapping
from typing import Any

from driftloop.capture.tally import REJECT_REASON_MEANINGS, SKIP_REASON_MEANINGS
from driftloop.report.numbers import format_count, format_share


def records(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Lines read, and where they went; records, and what is known of them."""
    line_counts = report["records"]
    return [
        ("lines read", format_count(line_counts["read"])),
        ("lines used", format_count(line_counts["used"])),
        ("set apart, in order", format_count(sum((line_counts.get("filtered") or {}).values()))),
        ("rejected", format_count(sum(line_counts["rejected"].values()))),
        ("records in the used lines", format_count(line_counts["rows"])),
        *_more(report),
    ]


def apart(line_counts: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was not used and why, rejected lines first."""
    meanings = {
        str(kind): text
        for kind, text in (*SKIP_REASON_MEANINGS.items(), *REJECT_REASON_MEANINGS.items())
    }
    return [
        {"reason": reason, "lines": format_count(lines), "meaning": meanings.get(reason, "")}
        for kind in (line_counts["rejected"], line_counts.get("filtered") or {})
        for reason, lines in sorted(kind.items(), key=lambda item: (-item[1], item[0]))
        if lines
    ]


def _more(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    line_counts = report["records"]
    if line_counts.get("missing_predictions"):
        yield "requests without a captured answer", format_count(line_counts["missing_predictions"])
    repeated = line_counts.get("duplicate_share")
    if repeated is not None:
        yield "records that repeat an event of another file", _estimate(repeated)
    late = sum((report.get("late_records") or {}).values())
    if late:
        yield "records that came late", format_count(late)
    windows = report.get("windows") or {}
    if windows:
        yield "windows summed up", format_count(len(windows["summed"]))
        yield "windows that are missing", format_count(len(windows["missing"]))


def _estimate(found: Mapping[str, Any]) -> str:
    """A share, with its interval where it was estimated."""
    low, high = found["interval"]
    exact = low == high
    return format_share(found["share"]) if exact else f"{format_share(low)} to {format_share(high)}"
