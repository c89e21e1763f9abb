"""The verdict and what follows from it, in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftloop.report.change_text import short_change
from driftloop.report.formatting import format_count, long_time, plural

STATUS_WORDS: Mapping[str, str] = {
    "drifted": "drifted",
    "minor_change": "shifted, below the floor",
    "stable": "stable",
    "insufficient_data": "too few records",
    "invalid_data": "not judged",
    "excluded": "left out",
}

VERDICT_WORDS: Mapping[str, str] = {
    "stable": "Stable",
    "drifted": "Drifted",
    "insufficient_data": "Too few records",
    "invalid_data": "Broken data",
}


def headline(report: Mapping[str, Any], ranked: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """The verdict in one sentence."""
    compared = sum(entry.get("status") != "excluded" for _, entry in ranked)
    total = plural(compared, "feature")
    drifted = [(name, entry) for name, entry in ranked if entry.get("status") == "drifted"]
    verdict = report["verdict"]
    if verdict == "drifted":
        return _drifted(drifted, total, prediction_drifted(report))
    if verdict == "stable":
        shifted = sum(entry.get("status") == "minor_change" for _, entry in ranked)
        small = f"; {format_count(shifted)} shifted by less than the floor" if shifted else ""
        return f"Stable: none of {total} has drifted{small}."
    span = period_name(report)
    if verdict == "insufficient_data":
        return f"Too few records to judge this {span}."
    return _broken(span, [str(reason) for reason in report.get("reasons", ())])


def _broken(span: str, reasons: Sequence[str]) -> str:
    if not reasons:
        return f"The data of this {span} is broken."
    more = f", and {plural(len(reasons) - 1, 'more finding')}" if len(reasons) > 1 else ""
    return f"The data of this {span} is broken: {reasons[0]}{more}."


def drift_duration(report: Mapping[str, Any]) -> str:
    """When the drift began, where that was before this window; else empty."""
    since = report.get("since")
    if since is None or since["start"] >= report["window"]["start"]:
        return ""
    began = f"It began in the {period_name(report)} from {long_time(since['start'])}"
    return f"{began}, and has lasted since."


def period_name(report: Mapping[str, Any]) -> str:
    """What is judged: a window, or the day that sums up its windows."""
    return "day" if report.get("windows") else "window"


def prediction_drifted(report: Mapping[str, Any]) -> bool:
    """Whether the model's answers drifted."""
    prediction = report.get("prediction") or {}
    return bool(prediction.get("drifted"))


def _drifted(drifted: Sequence[tuple[str, Mapping[str, Any]]], total: str, prediction: bool) -> str:
    if not drifted and not prediction:
        return f"Drifted: two features go together in another way, though none of {total} has."
    if not drifted:
        return f"Drifted: the predictions have moved, though none of {total} has."
    also = ", and so have the predictions" if prediction else ""
    name, entry = drifted[0]
    brief = short_change(entry)
    first = f"{name} ({brief})" if brief else name
    if len(drifted) == 1:
        return f"Drifted: {first}, one of {total}{also}."
    return f"Drifted: {format_count(len(drifted))} of {total}, above all {first}{also}."
