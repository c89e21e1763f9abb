"""Reports of earlier analyses: what tells since when a drift lasts, and draws the trend."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from driftloop.report.build import FORMAT
from driftloop.storage import list_files, read_bytes
from driftloop.window import Window, parse_time

MAX_NAMED = 3
_REPORT = ".json"


class History(NamedTuple):
    """Earlier windows, oldest first, and notes on the files that were of no use."""

    windows: list[dict[str, Any]]
    notes: list[str]


class _Feature(msgspec.Struct):
    effect: float | None


class _Drifted(msgspec.Struct):
    drifted: bool
    pair: list[str] = []


class _Baseline(msgspec.Struct):
    fingerprint: str


class _Report(msgspec.Struct):
    """What is needed of a report; the rest of it is never held in memory."""

    format: int
    model: str
    verdict: str
    window: dict[str, str | None]
    baseline: _Baseline
    features: dict[str, _Feature]
    drifted_features: list[str]
    prediction: _Drifted | None
    multivariate: _Drifted | None
    revision: int = 0


def read_history(place: str, *, model: str, baseline: str, window: Window) -> History:
    """Reports of ``model`` on the ``baseline`` of that fingerprint, of windows before ``window``.

    Of several reports on one window the one of the highest revision counts. A JSON file that is no
    such report is named in a note; raises InputError where the folder can't be read.
    """
    kept: dict[tuple[str, str], _Report] = {}
    others: list[str] = []
    for file in list_files(place):
        if not file.name.endswith(_REPORT):
            continue
        report = _read(read_bytes(file.uri))
        if report is None or (report.model, report.baseline.fingerprint) != (model, baseline):
            others.append(file.name)
            continue
        key = _before(report, window)
        if key is not None and (key not in kept or kept[key].revision <= report.revision):
            kept[key] = report
    return History([_plain(kept[key]) for key in sorted(kept)], _notes(place, kept, others, model))


def _read(data: bytes) -> _Report | None:
    try:
        report = msgspec.json.decode(data, type=_Report)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return report if report.format == FORMAT else None


def _before(report: _Report, window: Window) -> tuple[str, str] | None:
    """Start and end of the report's window; None where it has none, or it is not over by then."""
    start, end = report.window.get("start"), report.window.get("end")
    if start is None or end is None or parse_time(end) > window.start:
        return None
    return start, end


def _plain(report: _Report) -> dict[str, Any]:
    """The form in which the rule and the page take earlier windows."""
    plain: dict[str, Any] = msgspec.to_builtins(report)
    effects = {name: feature["effect"] for name, feature in plain.pop("features").items()}
    return {**plain, "effects": effects}


def _notes(
    place: str, kept: Mapping[tuple[str, str], _Report], others: list[str], model: str
) -> list[str]:
    notes = []
    if not kept:
        notes.append(f"{place} holds no report of {model} on this baseline from before the window.")
    if others:
        rest = len(others) - MAX_NAMED
        named = ", ".join(others[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")
        notes.append(
            f"Not part of the history, being no reports of {model} on this baseline: {named}."
        )
    return notes
