"""``driftloop analyze``: a report on captured files, made as in the deployed analysis."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from driftloop.api.captured import build_profile
from driftloop.capture.line_counts import REJECT_REASON_MEANINGS, RejectReason
from driftloop.capture_files import open_capture
from driftloop.cli.captured_days import CapturedDays, count_window, first_records
from driftloop.cli.config_file import get_model, read_config
from driftloop.cli.report_history import History, hours_name, read_history
from driftloop.cli.unread_lines import describe_unread_lines
from driftloop.cli.window_option import window_from_options
from driftloop.daily.accepted_change import FILE
from driftloop.daily.first_days import first_day_account
from driftloop.daily.stored import training_days
from driftloop.detection import DriftPolicy, WindowOutcome
from driftloop.detection.first_days import check_first_day
from driftloop.errors import InputError
from driftloop.html.feature_rows import ranked_features
from driftloop.profile import Baseline
from driftloop.report import WindowReport, build_report
from driftloop.report.advice import next_steps
from driftloop.report.drift_from_training_text import drift_from_training_text
from driftloop.report.formatting import format_p_value
from driftloop.report.headline import RankedColumns, drift_duration, headline
from driftloop.report.notes import first_days_notes
from driftloop.report.window_report import Counts
from driftloop.schema import Schema
from driftloop.storage import named, read_bytes, write_bytes
from driftloop.window import Window
from driftloop.window_bounds import observed_window

MAX_LINES = 8
"""Reasons, features and violations that are printed of each."""

NO_DAY = (
    "The days before it take no part in the verdict: for that a window has 24 hours, or 1, 2, 3, 4,"
    " 6, 8 or 12 hours and begins at a multiple of them from midnight UTC."
)

MAX_NAMED = 5
"""Features that an error message names."""


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
    if PurePosixPath(options.out).name == FILE:
        raise InputError(
            f"--out {options.out}: {FILE} is the name of what `driftloop accept` writes; give the"
            " report another name"
        )
    requested = window_from_options(options.start, options.end)
    baseline = read_baseline(options.baseline, model.schema_)
    captured = open_capture(
        options.capture,
        model.schema_,
        window=requested,
        variant=options.variant,
        mapping=model.payload_mapping,
        entity=model.entity_,
    )
    profile = build_profile(baseline, captured)
    window = observed_window(profile, requested)
    past = _read_history(options, baseline, window)
    policy = DriftPolicy.from_settings(model)
    daily = checked = None
    if options.history is not None and window is not None and baseline.layout is not None:
        hours = count_window(baseline, profile, window)
        if hours is None:
            past.notes.append(NO_DAY)
        else:
            source = CapturedDays(options.capture, model, baseline, policy, options.variant)
            training = training_days(baseline) or source.first_days(hours, past)
            if training is None:
                checked = check_first_day(baseline, profile, hours.end, policy)
                account = first_day_account([*first_records(hours, past), checked], past.changes)
                past.notes.extend(first_days_notes(baseline, account, policy))
            else:
                daily = source.decide(training, hours, past)
            write_bytes(hours_name(options.out), hours.to_bytes())
    report = build_report(
        baseline,
        profile,
        window=window,
        policy=policy,
        model=options.model,
        history=past.windows,
        daily=daily,
    )
    if checked is not None:
        report = report.with_day(checked, None)
    report = report.with_notes(
        [*past.notes, *captured.notes, *_zone_notes(baseline, model.time_zone)]
    )
    _write(report, options, past)
    unread = list(describe_unread_lines(report.counts, captured))
    return summary(report, options, files=len(captured.files), unread=unread, history=past.windows)


def _zone_notes(baseline: Baseline, zone: str) -> list[str]:
    """A note where driftloop.yaml has another time zone than the baseline was made with."""
    layout = baseline.layout
    if layout is None or layout.zone == zone:
        return []
    return [
        f"Local hours are those of {layout.zone}, with which the baseline was made; driftloop.yaml"
        f" has time_zone {zone}. Make the baseline again with `driftloop baseline` to change it."
    ]


def read_baseline(uri: str, schema: Schema) -> Baseline:
    """A stored baseline.

    Raises InputError if a part of it is damaged or of another version, or if it was made for other
    features than ``schema``.
    """
    data = read_bytes(uri)
    with named(uri):
        baseline = Baseline.from_bytes(data)
        training_days(baseline)
        _ = baseline.seasonality
    if (
        baseline.schema.features != schema.features
        or baseline.schema.problem_type != schema.problem_type
        or baseline.schema.keep_na_texts != schema.keep_na_texts
    ):
        raise InputError(
            f"{uri}: this baseline was made for other features than driftloop.yaml names: "
            f"{_difference(baseline.schema, schema)}; make a new one with `driftloop baseline`"
        )
    return baseline


def _difference(baseline: Schema, settings: Schema) -> str:
    """The first features that differ, or what else does."""
    expected = {feature.name: str(feature.kind) for feature in baseline.features}
    configured = {feature.name: str(feature.kind) for feature in settings.features}
    names = [
        name for name in {**expected, **configured} if expected.get(name) != configured.get(name)
    ]
    if names:
        return ", ".join(
            f"{name} ({expected.get(name, 'none')} → {configured.get(name, 'none')})"
            for name in names[:MAX_NAMED]
        )
    if baseline.problem_type != settings.problem_type:
        return f"problem_type {baseline.problem_type} → {settings.problem_type}"
    if baseline.keep_na_texts != settings.keep_na_texts:
        sides = [", ".join(side.keep_na_texts) or "none" for side in (baseline, settings)]
        return f"keep_na_texts {sides[0]} → {sides[1]}"
    return "the same features in another order"


def _read_history(options: AnalyzeOptions, baseline: Baseline, window: Window | None) -> History:
    if options.history is None or window is None:
        return History([], [])
    return read_history(
        options.history, model=options.model, baseline=baseline.fingerprint, window=window
    )


def _write(report: WindowReport, options: AnalyzeOptions, past: History) -> None:
    write_bytes(options.out, report.to_json(indent=2))
    if options.html is not None:
        from driftloop.html import render_report

        write_bytes(options.html, render_report(report, past.windows).encode())


def summary(
    report: WindowReport,
    options: AnalyzeOptions,
    *,
    files: int,
    unread: Sequence[str] = (),
    history: Sequence[WindowOutcome] = (),
) -> list[str]:
    """A report for a terminal: verdict, reasons, next steps, features, counts, notes."""
    period = " to ".join(report.window.to_dict().values()) if report.window else "no records"
    ranked = ranked_features(report.features, report.policy.feature_weights)
    return [
        f"{report.model}: {report.verdict} ({period})",
        " ".join(filter(None, (headline(report, ranked), drift_duration(report)))),
        *_listed("reasons:", report.reasons),
        *_listed("next steps:", next_steps(report, ranked, history)),
        *_features(ranked),
        *_drift_from_training(report),
        *_counts(report.counts, files),
        *unread,
        *_listed("data quality:", [item.message for item in report.data_quality.violations]),
        *(f"note: {note}" for note in report.notes),
        f"report: {', '.join(filter(None, (options.out, options.html)))}",
    ]


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    """A title and its first lines; nothing where there is none."""
    if lines:
        yield title
        yield from (f"  {line}" for line in lines[:MAX_LINES])
    if len(lines) > MAX_LINES:
        yield f"  and {len(lines) - MAX_LINES} more"


def _features(ranked: RankedColumns) -> Iterator[str]:
    shown = ranked[:MAX_LINES]
    names = max(len(name) for name, _ in shown)
    statuses = max(len(column.status) for _, column in shown)
    yield "features, largest change first:"
    for name, column in shown:
        numbers = f"effect size {_number(column.effect_size)}  psi {_number(column.metrics['psi'])}"
        q_value = format_p_value(column.q_value)
        yield f"  {name:<{names}}  {column.status:<{statuses}}  {numbers}  q {q_value}"
    if len(ranked) > MAX_LINES:
        yield f"  and {len(ranked) - MAX_LINES} with a smaller change"


def _drift_from_training(report: WindowReport) -> Iterator[str]:
    if report.drift_from_training is not None:
        text = drift_from_training_text(report.drift_from_training, report.policy)
        yield f"drift from training: {text}"


def _counts(counts: Counts, files: int) -> list[str]:
    parts = [f"{counts.lines_read:,} lines read", f"{counts.records:,} records used"]
    parts += [f"{n:,} {reason}" for reason, n in counts.lines_skipped.items()]
    lines = [f"records: {files:,} files, {', '.join(parts)}"]
    for reason, n in counts.lines_rejected.items():
        meaning = REJECT_REASON_MEANINGS[RejectReason(reason)].rstrip(".")
        lines.append(f"  rejected {n:,}: {reason} ({meaning})")
    for reason, n in counts.responses_unreadable.items():
        meaning = REJECT_REASON_MEANINGS[RejectReason(reason)].rstrip(".")
        lines.append(f"  without a prediction {n:,}: {reason} ({meaning})")
    return lines


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
