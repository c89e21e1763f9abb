"""``driftloop analyze``: captured files to a report, the way the deployed analysis goes.

A report in a few lines, for a terminal or a log.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from driftloop.capture import ReadBatch, deduplicate_entities, read_capture
from driftloop.capture.line_counts import REJECT_REASON_MEANINGS, RejectReason
from driftloop.capture_files import distinct, opened, select_variant
from driftloop.cli.config_file import get_model, read_config
from driftloop.cli.report_history import History, read_history
from driftloop.cli.window_option import NO_DATA, ObservedSpan, window_from_options
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.html.feature_rows import ranked
from driftloop.profile import Baseline, Profile, profile_batch
from driftloop.report import build_report
from driftloop.report.advice import next_steps
from driftloop.report.formatting import format_p_value
from driftloop.report.headline import drift_duration, headline
from driftloop.schema import Schema
from driftloop.storage import FileEntry, list_files, read_bytes, write_bytes
from driftloop.window import Window


class AnalyzeOptions(NamedTuple):
    """What was asked for, as it was written on the command line."""

    config: str
    model: str
    baseline: str
    capture: str
    out: str
    html: str | None
    start: str | None
    end: str | None
    variant: str | None
    history: str | None


def analyze(request: AnalyzeOptions) -> list[str]:
    """Write the report; returns lines to print. Everything asked is checked before it is read."""
    model = get_model(read_config(request.config), request.model, request.config)
    asked = window_from_options(request.start, request.end)
    baseline = read_baseline(request.baseline, model.schema_)
    found = select_variant(list_files(request.capture), request.variant, request.capture)
    files, copies = distinct(found)
    span, profile = ObservedSpan(), Profile.empty(baseline)
    entity = model.entity_

    def read(_ahead: bool) -> Iterator[ReadBatch]:
        return read_capture(
            opened(files),
            model.schema_,
            window=asked,
            prediction_key=model.prediction_key,
            attribute=entity.name if entity and entity.attribute else None,
        )

    for batch, line_counts in deduplicate_entities(entity, read):
        span.add(batch)
        profile = profile + profile_batch(baseline, batch, line_counts)
    window = span.window(asked, request.start, request.end)
    past = _history(request, baseline, window)
    report = build_report(
        baseline,
        profile,
        window=window or NO_DATA,
        policy=DriftPolicy.from_settings(model),
        model=request.model,
        history=past.windows,
    )
    if window is None:
        report["window"] = {"start": None, "end": None}
    report["notes"] = [*report["notes"], *past.notes, *_told(copies)]
    _write(report, request, past)
    return summary(report, request, files=len(files), history=past.windows)


def read_baseline(place: str, schema: Schema) -> Baseline:
    """A stored baseline; raises InputError where it is none, or was made for other features."""
    try:
        baseline = Baseline.from_bytes(read_bytes(place))
    except InputError as error:
        raise InputError(_about(place, error)) from error
    if (
        baseline.schema.features != schema.features
        or baseline.schema.problem_type != schema.problem_type
    ):
        raise InputError(
            f"{place}: this baseline was made for other features than the configuration names: "
            f"{_difference(baseline.schema, schema)}; make a new one with `driftloop baseline`"
        )
    return baseline


def _about(place: str, error: InputError) -> str:
    return str(error) if str(error).startswith(place) else f"{place}: {error}"


def _difference(stored: Schema, named: Schema) -> str:
    """The first few features that differ, or what else does."""
    before = {feature.name: str(feature.kind) for feature in stored.features}
    now = {feature.name: str(feature.kind) for feature in named.features}
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    told = [f"{name} ({before.get(name, 'none')} → {now.get(name, 'none')})" for name in names[:5]]
    if told:
        return ", ".join(told)
    if stored.problem_type != named.problem_type:
        return f"problem {stored.problem_type} → {named.problem_type}"
    return "the same ones in another order"


def _told(copies: list[FileEntry]) -> list[str]:
    if not copies:
        return []
    named = ", ".join(file.name for file in copies[:5])
    one = len(copies) == 1
    what = "1 file repeats" if one else f"{len(copies):,} files repeat"
    left = "it is" if one else "they are"
    return [f"{what} the content of another, so {left} left out: {named}."]


def _history(request: AnalyzeOptions, baseline: Baseline, window: Window | None) -> History:
    if request.history is None or window is None:
        return History([], [])
    return read_history(
        request.history, model=request.model, baseline=baseline.fingerprint, window=window
    )


def _write(report: dict[str, Any], request: AnalyzeOptions, past: History) -> None:
    text = json.dumps(report, sort_keys=True, indent=2, allow_nan=False, ensure_ascii=False)
    write_bytes(request.out, f"{text}\n".encode())
    if request.html is not None:
        from driftloop.html import render_report

        write_bytes(request.html, render_report(report, past.windows).encode())


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
