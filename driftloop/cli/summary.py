"""A report in a few lines, for a terminal or a log."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from driftloop.capture.tally import MEANINGS, Reason

if TYPE_CHECKING:
    from driftloop.cli.analyze import Request

MOST_LINES = 8


def summary(report: Mapping[str, Any], request: "Request", *, files: int) -> list[str]:
    """The verdict and its reasons, features that changed, lines that could not be used."""
    window = report["window"]
    when = f"{window['start']} to {window['end']}" if window["start"] else "no records"
    lines = [f"{report['model']}: {report['verdict']} ({when})"]
    lines += [f"  {reason}" for reason in _few(report["reasons"])]
    lines += ["features:", *_features(report)]
    lines += _records(report["records"], files)
    lines += [f"  {violation['message']}" for violation in _violations(report)]
    lines += [f"note: {note}" for note in report["notes"]]
    return [*lines, f"report: {', '.join(filter(None, (request.out, request.html)))}"]


def _features(report: Mapping[str, Any]) -> list[str]:
    features = report["features"]
    ranked = sorted(features, key=lambda name: (-(features[name]["effect"] or 0.0), name))
    width = max(map(len, ranked[:MOST_LINES]))
    lines = [
        f"  {name:<{width}}  {entry['status']:<9}  effect {_number(entry['effect'])}"
        f"  psi {_number(entry['metrics']['psi'])}  js {_number(entry['metrics']['js'])}"
        f"  q {_number(entry['q_value'], 'g')}"
        for name in ranked[:MOST_LINES]
        for entry in [features[name]]
    ]
    if len(ranked) > MOST_LINES:
        lines.append(f"  and {len(ranked) - MOST_LINES} with a smaller effect")
    return lines


def _records(records: Mapping[str, Any], files: int) -> list[str]:
    counts = [f"{records['read']:,} lines read", f"{records['rows']:,} records used"]
    counts += [f"{n:,} {name}" for name, n in records["filtered"].items()]
    lines = [f"records: {files:,} files, {', '.join(counts)}"]
    for name, n in records["rejected"].items():
        lines.append(f"  rejected {n:,}: {name} ({MEANINGS[Reason(name)].rstrip('.')})")
    return lines


def _violations(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(report["data_quality"]["violations"])[:MOST_LINES]


def _few(reasons: list[str]) -> list[str]:
    rest = len(reasons) - MOST_LINES
    return reasons if rest <= 0 else [*reasons[:MOST_LINES], f"and {rest} more"]


def _number(value: float | None, form: str = "f") -> str:
    return "–" if value is None else f"{value:.3{form}}"
