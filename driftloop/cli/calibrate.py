"""``driftloop calibrate``: what the rule would do on live traffic, from the baseline alone.

A calibration in words.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import Progress

from driftloop.calibration import calibrate
from driftloop.calibration.calibration import Step, steps
from driftloop.cli.analyze import read_baseline
from driftloop.cli.config_file import get_model, read_config
from driftloop.detection import DriftPolicy
from driftloop.errors import InputError
from driftloop.html import render_calibration
from driftloop.storage import write_bytes

_WRITTEN = (".json", ".html")


class CalibrateOptions(NamedTuple):
    """What was asked for, as it was written on the command line."""

    config: str
    model: str
    baseline: str
    rate: int
    months: int
    out: str | None


def run(request: CalibrateOptions) -> list[str]:
    """Calibrate, write it where asked; returns lines to print."""
    kind = None if request.out is None else PurePosixPath(request.out).suffix.lower()
    if kind is not None and kind not in _WRITTEN:
        raise InputError(f"{request.out}: name a file that ends in {' or '.join(_WRITTEN)}")
    model = get_model(read_config(request.config), request.model, request.config)
    baseline = read_baseline(request.baseline, model.schema_)
    policy = DriftPolicy.from_settings(model)
    with _told(steps(baseline, request.months)) as step:
        measured = calibrate(baseline, policy, rate=request.rate, months=request.months, step=step)
    found = {"model": request.model, "policy": policy.to_dict(), **measured.to_dict()}
    if request.out is not None:
        text = _json(found) if kind == ".json" else render_calibration(found)
        write_bytes(request.out, text.encode())
    return [*table(found), *([] if request.out is None else [f"written: {request.out}"])]


def _json(found: Mapping[str, Any]) -> str:
    return json.dumps(found, sort_keys=True, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


@contextmanager
def _told(total: int) -> Iterator[Step]:
    """A bar on standard error, where a person is looking."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("drawing", total=total)
        yield lambda done: progress.update(task, advance=1, description=done)


def table(found: Mapping[str, Any]) -> list[str]:
    """The calibration for a terminal."""
    rate, months = found["records_per_window"], found["months"]
    alarms = found["alarms_per_month"]
    low, high = alarms["interval"]
    rows = found["minimum_detectable_changes"]
    width = max([len(row["feature"]) for row in rows], default=0)
    return [
        f"{found['model']}: windows of {rate:,} records, without drift for {months} x 720 windows",
        f"  any column flagged  {_share(found['significant_windows'])}",
        f"  verdict drifted     {_share(found['drifted'])}",
        f"  alarms a month      {alarms['mean']:.2g} (95%: {low:.2g} to {high:.2g})",
        f"smallest change caught in {found['power']:.0%} of the windows:",
        *(f"  {row['feature']:<{width}}  {size_text(row)}" for row in rows),
        *(f"note: {note}" for note in found["notes"]),
        *_weeks(found["backtest"]),
    ]


def _weeks(found: Mapping[str, Any] | None) -> list[str]:
    """What the training weeks gave, where the baseline knows their hours."""
    if found is None:
        return []
    replay, rows = found["replay"], found["minimum_detectable_changes"]
    width = max([len(name) for name in found["columns"]], default=0)
    before, after = replay["alarms_before"], replay["alarms_after"]
    return [
        f"{replay['weeks']} training weeks, replayed ({replay['windows']:,} windows):",
        f"  windows drifted     {replay['drifted_before']:,} as if independent,"
        f" {replay['drifted_after']:,} with floors raised",
        f"  alarms              {before:,} as if independent, {after:,} with floors raised,"
        f" {replay['held_out_alarms']:,} with floors of the other weeks",
        "  design effects, and floors raised by, for windows and days:",
        *(
            f"    {name:<{width}}  {_granted(one['window'])}, {_granted(one['day'])}"
            for name, one in found["columns"].items()
        ),
        "  smallest change caught in 90% of these windows:",
        *(f"    {row['feature']:<{width}}  {size_text(row)}" for row in rows),
        *(f"note: {note}" for note in found["notes"]),
    ]


def _granted(one: Mapping[str, float]) -> str:
    return f"{one['design_effect']:.3g} and {one['min_effect_multiplier']:.3g}"


def size_text(row: Mapping[str, Any]) -> str:
    """``0.28 standard deviations (+3.1)``."""
    size = row["size"]
    if row["change"] == "shift":
        if size is None:
            return "no shift up to 4 standard deviations is caught so often"
        own = (
            ""
            if row["in_column_units"] is None
            else f" ({row['in_column_units']:+.3g} in its own units)"
        )
        return f"a shift of {size:.2f} standard deviations{own}"
    if row["change"] == "new_category":
        return "no new level is caught" if size is None else f"a new level of {_percent(size)}"
    before, after = row["categories"]
    where = f"moved from {before!r} to {after!r}"
    return f"no share {where} is caught" if size is None else f"{_percent(size)} {where}"


def _share(item: Mapping[str, Any]) -> str:
    low, high = item["interval"]
    return f"{_percent(item['share'])} (95%: {_percent(low)} to {_percent(high)})"


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"
