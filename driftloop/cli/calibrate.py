"""``driftloop calibrate``: false alarms and minimum detectable changes, from the baseline alone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import NamedTuple

from driftloop import calibration
from driftloop.calibration import Calibration, DetectableChange
from driftloop.calibration.calibration import OnProgress, count_steps
from driftloop.calibration.headline import headline
from driftloop.calibration.result import AlarmRate, WindowShare
from driftloop.cli.analyze import read_baseline
from driftloop.cli.config_file import get_model, read_config
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.html.calibration_page import render_calibration
from driftloop.report.formatting import plural
from driftloop.report.sensitivity_text import clock_lines, sensitivity_lines
from driftloop.storage import write_bytes

SUFFIXES = (".json", ".html")
"""Formats that a calibration is written in."""


class CalibrateOptions(NamedTuple):
    """The options of the command, as given."""

    config: str
    model: str
    baseline: str
    rate: int
    months: int = 3
    out: str | None = None


def calibrate(options: CalibrateOptions) -> list[str]:
    """Calibrate a model's policy on its baseline, and write the result where requested.

    Args:
        options: The command's options, as given.
    Returns:
        Lines to print: false alarms, and the smallest changes that are found.
    Raises:
        ConfigError: driftloop.yaml is invalid.
        InputError: A file is missing or can't be read, ``out`` has another suffix than .json and
            .html, or ``rate`` is below ``monitoring.min_records`` where windows are simulated.
    Example:
        >>> calibrate(CalibrateOptions("driftloop.yaml", "rentals", "rentals.baseline", 1000))
        ... # doctest: +SKIP
        ['rentals: windows of 1,000 records, without drift for 3 x 720 windows', ...]
    """
    suffix = None if options.out is None else PurePosixPath(options.out).suffix.lower()
    if suffix is not None and suffix not in SUFFIXES:
        raise InputError(f"{options.out}: name a file that ends in {' or '.join(SUFFIXES)}")
    model = get_model(read_config(options.config), options.model, options.config)
    baseline = read_baseline(options.baseline, model.schema_)
    policy = DriftPolicy.from_settings(model)
    with show_progress(count_steps(baseline, options.months)) as on_progress:
        result = calibration.calibrate(
            baseline,
            policy,
            rate=options.rate,
            months=options.months,
            window_hours=model.monitoring.window_hours,
            model=options.model,
            on_progress=on_progress,
        )
    lines = calibration_text(result)
    if options.out is None:
        return lines
    is_json = suffix == ".json"
    page = result.to_json(indent=2) if is_json else render_calibration(result).encode()
    write_bytes(options.out, page)
    return [*lines, f"written: {options.out}"]


@contextmanager
def show_progress(total: int) -> Iterator[OnProgress]:
    """Progress on standard error: a bar on a terminal, else one line for each step."""
    if not sys.stderr.isatty():
        done = 0

        def write_line(what: str) -> None:
            nonlocal done
            done += 1
            sys.stderr.write(f"{done} of {total}: {what}\n")
            sys.stderr.flush()

        yield write_line
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("calibrating", total=total)
        yield lambda what: progress.update(task, advance=1, description=what)


def calibration_text(result: Calibration) -> list[str]:
    """The calibration for a terminal."""
    return list(_daily_text(result) if result.is_daily else _simulated_text(result))


def _daily_text(result: Calibration) -> Iterator[str]:
    """The training days, replayed by the daily rule, and the smallest changes that are found."""
    yield f"{result.model}: {headline(result)}"
    replay, rate = result.replay, result.alarms_per_month
    if replay is not None and rate is not None:
        yield f"{replay.days} training days, each held against the days before it:"
        yield f"  days in alarm           {replay.alarm_days.count} ({_share(replay.alarm_days)})"
        yield f"  changes into alarm      {rate.count}"
        yield f"  alarms per month        {_rate(rate)}"
        named = ", ".join(f"{name} {plural(n, 'day')}" for name, n in replay.columns.items())
        if named:
            yield f"  columns in alarm        {named}"
    yield from clock_lines(result.time_zone, result.clock_features)
    yield from sensitivity_lines(result.sensitivity)
    yield from (f"note: {note}" for note in result.notes)


def _simulated_text(result: Calibration) -> list[str]:
    """Simulated windows of independent records."""
    changes = result.minimum_detectable_changes
    width = max([len(change.feature) for change in changes], default=0)
    return [
        f"{result.model}: windows of {result.records_per_window:,} records, without drift for"
        f" {result.simulated_months} x 720 windows",
        f"  any column significant  {_share(result.significant_windows)}",
        f"  verdict drifted         {_share(result.drifted_windows)}",
        f"  windows in alarm        {_share(result.windows_in_alarm)}",
        f"  alarms per month        {_rate(result.alarms_per_month)}",
        f"minimum detectable change, in {result.power:.0%} of the windows:",
        *(f"  {change.feature:<{width}}  {size_text(change)}" for change in changes),
        *(f"note: {note}" for note in result.notes),
    ]


def size_text(change: DetectableChange) -> str:
    """A minimum detectable change: ``a shift of 0.28 standard deviations (+3.1 in its units)``."""
    size = change.size
    if change.change == "shift":
        if size is None:
            return "no shift up to 4 standard deviations is detected so often"
        own_units = change.in_column_units
        own = "" if own_units is None else f" ({own_units:+.3g} in its own units)"
        return f"a shift of {size:.2f} standard deviations{own}"
    if change.categories is None:
        if size is None:
            return "no new category is detected"
        return f"a new category of {_percent(size)}"
    first, second = change.categories
    move = f"moved from {first!r} to {second!r}"
    return f"no share {move} is detected" if size is None else f"{_percent(size)} {move}"


def _rate(rate: AlarmRate | None) -> str:
    if rate is None:
        return "–"
    low, high = rate.interval
    return f"{rate.mean:.2g} (95%: {low:.2g} to {high:.2g})"


def _share(windows: WindowShare | None) -> str:
    if windows is None:
        return "–"
    low, high = windows.interval
    return f"{_percent(windows.share)} (95%: {_percent(low)} to {_percent(high)})"


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"
