"""What became of the captured lines, and which of a day's windows its report sums up."""

from collections.abc import Iterator, Mapping
from typing import Any

from driftloop.capture.tally import FILTERED_MEANINGS, MEANINGS
from driftloop.report.numbers import count, share


def records(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Lines read, and where they went; records, and what is known of them."""
    tally = report["records"]
    return [
        ("lines read", count(tally["read"])),
        ("lines used", count(tally["used"])),
        ("set apart, in order", count(sum((tally.get("filtered") or {}).values()))),
        ("rejected", count(sum(tally["rejected"].values()))),
        ("records in the used lines", count(tally["rows"])),
        *_more(report),
    ]


def apart(tally: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was not used and why, rejected lines first."""
    meanings = {str(kind): text for kind, text in (*FILTERED_MEANINGS.items(), *MEANINGS.items())}
    return [
        {"reason": reason, "lines": count(lines), "meaning": meanings.get(reason, "")}
        for kind in (tally["rejected"], tally.get("filtered") or {})
        for reason, lines in sorted(kind.items(), key=lambda item: (-item[1], item[0]))
        if lines
    ]


def _more(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    tally = report["records"]
    if tally.get("missing_outputs"):
        yield "requests without a captured answer", count(tally["missing_outputs"])
    repeated = tally.get("repeated_share")
    if repeated is not None:
        yield "records that repeat an event of another file", _estimate(repeated)
    late = sum((report.get("late_records") or {}).values())
    if late:
        yield "records that came late", count(late)
    windows = report.get("windows") or {}
    if windows:
        yield "windows summed up", count(len(windows["summed"]))
        yield "windows that are missing", count(len(windows["missing"]))


def _estimate(found: Mapping[str, Any]) -> str:
    """A share, with its interval where it was estimated."""
    low, high = found["interval"]
    exact = low == high
    return share(found["share"]) if exact else f"{share(low)} to {share(high)}"
