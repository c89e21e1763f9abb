"""A report in a few lines, for a terminal or a log."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from driftloop.capture.tally import REJECT_REASON_MEANINGS, RejectReason
from driftloop.report.advice import next_steps
from driftloop.report.features import ranked
from driftloop.report.numbers import format_p_value
from driftloop.report.words import drift_duration, headline

if TYPE_CHECKING:
    from driftloop.cli.analyze import AnalyzeOptions

MAX_LINES = 8

Ranked = Sequence[tuple[str, Mapping[str, Any]]]


def summary(
    report: Mapping[str, Any],
    request: "AnalyzeOptions",
    *,
    files: int,
    history: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """The verdict in a sentence, its reasons, what is next; then features and lines."""
    window = report["window"]
    when = f"{window['start']} to {window['end']}" if window["start"] else "no records"
    order = ranked(report["features"], report["policy"]["feature_weights"])
    return [
        f"{report['model']}: {report['verdict']} ({when})",
        " ".join(filter(None, (headline(report, order), drift_duration(report)))),
        *_listed("why:", report["reasons"]),
        *_listed("what next:", next_steps(report, order, history)),
        *_features(order),
        *_records(report["records"], files),
        *_listed("data quality:", [v["message"] for v in report["data_quality"]["violations"]]),
        *(f"note: {note}" for note in report["notes"]),
        f"report: {', '.join(filter(None, (request.out, request.html)))}",
    ]


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    """A title and its first lines; nothing where there is none."""
    if lines:
        yield title
        yield from (f"  {line}" for line in lines[:MAX_LINES])
    if len(lines) > MAX_LINES:
        yield f"  and {len(lines) - MAX_LINES} more"


def _features(order: Ranked) -> Iterator[str]:
    shown = order[:MAX_LINES]
    names = max(len(name) for name, _ in shown)
    statuses = max(len(entry["status"]) for _, entry in shown)
    yield "features, largest change first:"
    for name, entry in shown:
        numbers = f"effect {_number(entry['effect'])}  psi {_number(entry['metrics']['psi'])}"
        q_value = format_p_value(entry["q_value"])
        yield f"  {name:<{names}}  {entry['status']:<{statuses}}  {numbers}  q {q_value}"
    if len(order) > MAX_LINES:
        yield f"  and {len(order) - MAX_LINES} with a smaller change"


def _records(records: Mapping[str, Any], files: int) -> list[str]:
    counts = [f"{records['read']:,} lines read", f"{records['rows']:,} records used"]
    counts += [f"{n:,} {name}" for name, n in records["filtered"].items()]
    lines = [f"records: {files:,} files, {', '.join(counts)}"]
    for name, n in records["rejected"].items():
        lines.append(
            f"  rejected {n:,}: {name} ({REJECT_REASON_MEANINGS[RejectReason(name)].rstrip('.')})"
        )
    return lines


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
