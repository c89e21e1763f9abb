"""``driftloop analyze``: a report on captured files, made as in the deployed analysis."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from driftloop.api.captured import build_profile
from driftloop.capture.line_counts import REJECT_REASON_MEANINGS, RejectReason
from driftloop.capture_files import open_capture
from driftloop.cli.config_file import get_model, read_config
from driftloop.cli.report_history import History, read_history
from driftloop.cli.window_option import window_from_options
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.html.feature_rows import ranked
from driftloop.profile import Baseline
from driftloop.report import build_report
from driftloop.report.advice import next_steps
from driftloop.report.formatting import format_p_value
from driftloop.report.headline import drift_duration, headline
from driftloop.schema import Schema
from driftloop.storage import read_bytes, write_bytes
from driftloop.window import Window
from driftloop.window_bounds import UNKNOWN_WINDOW, observed_window

MAX_LINES = 8
"""Reasons, features and violations that are printed of each."""

MAX_NAMED = 5
"""Features that an error message names."""

Ranked = Sequence[tuple[str, Mapping[str, Any]]]


class AnalyzeOptions(NamedTuple):
    """The options of the command, as given."""

    config: str
    model: str
    baseline: str
    capture: str
    out: str
    html: str | None = None
    start: str | None = None
    end: str | None = None
    variant: str | None = None
    history: str | None = None


def analyze(options: AnalyzeOptions) -> list[str]:
    """Analyze captured records, and write the report.

    All options are checked before captured files are read.

    Args:
        options: The command's options, as given.
    Returns:
        Lines to print: the verdict, its reasons, what to do next, columns, counts, notes.
    Raises:
        ConfigError: driftloop.yaml is invalid.
        InputError: A file is missing or can't be read, an option has a wrong value, the baseline
            was made for other features, or the folder holds several variants.
    Example:
        >>> analyze(AnalyzeOptions("driftloop.yaml", "churn", "churn.baseline", "captured",
        ...     "report.json", html="report.html"))  # doctest: +SKIP
        ['churn: stable (2026-04-18T00:21:48Z to 2026-04-18T02:21:49Z)', ...]
    """
    model = get_model(read_config(options.config), options.model, options.config)
    optionsed = window_from_options(options.start, options.end)
    baseline = read_baseline(options.baseline, model.schema_)
    captured = open_capture(
        options.capture,
        model.schema_,
        window=optionsed,
        variant=options.variant,
        prediction_key=model.prediction_key,
        entity=model.entity_,
    )
    profile = build_profile(baseline, captured)
    window = observed_window(profile, optionsed)
    past = _read_history(options, baseline, window)
    report = build_report(
        baseline,
        profile,
        window=window or UNKNOWN_WINDOW,
        policy=DriftPolicy.from_settings(model),
        model=options.model,
        history=past.windows,
    )
    if window is None:
        report["window"] = {"start": None, "end": None}
    report["notes"] = [*report["notes"], *past.notes, *captured.notes]
    _write(report, options, past)
    return summary(report, options, files=len(captured.files), history=past.windows)


def read_baseline(uri: str, schema: Schema) -> Baseline:
    """A stored baseline; raises InputError if it was made for other features than ``schema``."""
    try:
        baseline = Baseline.from_bytes(read_bytes(uri))
    except InputError as error:
        raise InputError(_with_uri(uri, error)) from error
    if (
        baseline.schema.features != schema.features
        or baseline.schema.problem_type != schema.problem_type
    ):
        raise InputError(
            f"{uri}: this baseline was made for other features than driftloop.yaml names: "
            f"{_difference(baseline.schema, schema)}; make a new one with `driftloop baseline`"
        )
    return baseline


def _with_uri(uri: str, error: InputError) -> str:
    return str(error) if str(error).startswith(uri) else f"{uri}: {error}"


def _difference(baseline: Schema, settings: Schema) -> str:
    """The first features that differ, or what else does."""
    old = {feature.name: str(feature.kind) for feature in baseline.features}
    new = {feature.name: str(feature.kind) for feature in settings.features}
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if names:
        return ", ".join(
            f"{name} ({old.get(name, 'none')} → {new.get(name, 'none')})"
            for name in names[:MAX_NAMED]
        )
    if baseline.problem_type != settings.problem_type:
        return f"problem_type {baseline.problem_type} → {settings.problem_type}"
    return "the same features in another order"


def _read_history(options: AnalyzeOptions, baseline: Baseline, window: Window | None) -> History:
    if options.history is None or window is None:
        return History([], [])
    return read_history(
        options.history, model=options.model, baseline=baseline.fingerprint, window=window
    )


def _write(report: dict[str, Any], options: AnalyzeOptions, past: History) -> None:
    text = json.dumps(report, sort_keys=True, indent=2, allow_nan=False, ensure_ascii=False)
    write_bytes(options.out, f"{text}\n".encode())
    if options.html is not None:
        from driftloop.html import render_report

        write_bytes(options.html, render_report(report, past.windows).encode())


def summary(
    report: Mapping[str, Any],
    options: "AnalyzeOptions",
    *,
    files: int,
    history: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """A report for a terminal: verdict, reasons, next steps, features, counts, notes."""
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
        f"report: {', '.join(filter(None, (options.out, options.html)))}",
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
